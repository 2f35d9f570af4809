import { Category, Flag } from '../engine/abi.ts'
import { ErrorCode, type HTTP2Error } from '../engine/errors.ts'
import { type FlatFields, toPairs } from '../engine/fields.ts'
import { IgnoringSink } from '../engine/ignoring-sink.ts'
import { Session } from '../engine/session.ts'
import { ConnectionCounts } from './connection-counts.ts'
import type { Application } from './exchange.ts'
import { refuseHttp1 } from './http1-refusal.ts'
import type { ResolvedOptions } from './options.ts'
import { PingBoard } from './ping-board.ts'
import { RequestHead } from './request-head.ts'
import { ServerSession } from './server-session.ts'
import { type SessionStats, readStats } from './session-stats.ts'
import { ServerStream } from './server-stream.ts'
import type { Transport, TransportSink } from './transport.ts'

/** What a connection needs of its server. */
export interface ConnectionOwner {
  readonly options: ResolvedOptions
  readonly application: Application
  readonly reusesReadBuffer: boolean
  /** Milliseconds of a clock that does not run backwards. */
  now(): number
  /** The connection is gone. */
  forget(connection: Connection): void
}

/** A fact that waits until the records have been read: handlers may then call the session. */
type Delivery = () => void

const settled = Promise.resolve()
/** Bytes gathered for one write. */
const writeSize = 256 * 1024

/**
 * A session on a transport. A byte's way in: `onData`, the session, the sink's methods below (which only note), then
 * `#dispatch`, which calls handlers. Out: a stream's verbs, the session, `flush`, one write per turn.
 */
export class Connection extends IgnoringSink implements TransportSink {
  readonly transport: Transport
  readonly session: Session
  readonly counts: ConnectionCounts = new ConnectionCounts()
  now: number
  readonly #owner: ConnectionOwner
  readonly #streams: Map<number, ServerStream> = new Map()
  readonly #flushNow: () => void = () => this.flush()
  readonly #pings: PingBoard = new PingBoard()
  #facade: ServerSession | undefined
  #deliveries: Delivery[] = []
  /** Bytes are being taken in: the flush comes at the end of it. */
  #isBusy = false
  #isFlushPlanned = false
  /** The transport takes more. */
  #hasRoom = true
  /** GOAWAY went one way or the other: the connection ends with its last stream. */
  #isLeaving = false
  #isClosed = false
  #hasBegun = false
  /** When the connection last had a stream. */
  #idleSince: number
  #stopWatchingEngine: () => void

  constructor(owner: ConnectionOwner, transport: Transport) {
    super()
    const { settings, connectionWindowSize, limits, timeouts, padding } = owner.options
    this.#owner = owner
    this.transport = transport
    this.now = this.#idleSince = owner.now()
    this.session = Session.server({
      settings,
      connectionWindowSize,
      limits,
      padding,
      settingsTimeout: timeouts.settings,
      now: this.now,
      seed: randomSeed(),
      unknownFrames: false,
      quiet: true,
    })
    this.#stopWatchingEngine = this.session.engine.onFailure((error) => this.#fail(error))
  }

  get streamCount(): number {
    return this.#streams.size
  }

  get streams(): Iterable<ServerStream> {
    return this.#streams.values()
  }

  /** This connection as applications see it. */
  get facade(): ServerSession {
    this.#facade ??= new ServerSession(this)
    return this.#facade
  }

  // ---- what the transport tells ---------------------------------------------------------------

  onData(chunk: Uint8Array): void {
    if (this.#isClosed) return
    if (!this.#hasBegun) {
      this.#hasBegun = true
      if (refuseHttp1(chunk, this.transport)) {
        this.transport.end()
        return
      }
    }
    this.now = this.#owner.now()
    this.counts.bytesReceived += chunk.length
    this.#isBusy = true
    const error = this.session.feed(chunk, this, this.now)
    this.#dispatch()
    this.#isBusy = false
    this.flush()
    if (error) this.#fail(error)
  }

  onDrain(): void {
    this.#hasRoom = true
    this.flush()
  }

  /** No HTTP/2 client half-closes its connection: it is gone. */
  onEnd(): void {
    this.transport.end()
    this.#closeStreams(ErrorCode.CANCEL)
  }

  onClose(error: Error | null): void {
    if (error) this.report(error, 'connection')
    this.#isClosed = true
    this.#closeStreams(ErrorCode.CANCEL)
    this.#stopWatchingEngine()
    this.#pings.fail()
    this.session.dispose()
    this.#owner.forget(this)
  }

  // ---- what the streams ask -------------------------------------------------------------------

  /** Sends what there is, at the end of this turn. */
  flushSoon(): void {
    if (this.#isBusy || this.#isFlushPlanned) return
    this.#isFlushPlanned = true
    // A settled promise's `then`: unlike queueMicrotask it costs Node no AsyncResource.
    settled.then(this.#flushNow)
  }

  /** Sends what there is. */
  flush(): void {
    this.#isFlushPlanned = false
    if (this.#isClosed || this.#isBusy) return
    this.#isBusy = true
    let error: HTTP2Error | undefined
    do {
      if (!this.#hasRoom) break
      this.#deliveries = []
      error = this.session.drain(this, this, writeSize, this.now)
    } while (this.#dispatch() && !error)
    this.#isBusy = false
    if (error) this.#fail(error)
    else if (this.#isLeaving) this.#leave()
  }

  write(bytes: Uint8Array): boolean {
    this.counts.bytesSent += bytes.length
    return (this.#hasRoom = this.transport.write(bytes))
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.counts.bytesSent += chunk.length
    return (this.#hasRoom = this.transport.writev(chunks))
  }

  /** Gives bytes of a body back to the client's windows. */
  consume(streamId: number, length: number): void {
    if (this.#isClosed || this.session.failure) return
    this.session.consume(streamId, length)
    this.flushSoon()
  }

  /** Promises a response on `parent`; `undefined` when the client takes none. */
  promise(parent: ServerStream, fields: FlatFields): ServerStream | undefined {
    if (this.session.setting('remote', 'enablePush') === 0) return undefined
    const id = this.session.submitPushPromise(parent.id, toPairs(fields))
    const stream = new ServerStream(this, id, new RequestHead(fields), true)
    stream.requestBody.isComplete = true
    this.#streams.set(id, stream)
    return stream
  }

  /** Measures a round trip, in milliseconds. */
  measureRoundTrip(): Promise<number> {
    const { opaqueData, answer } = this.#pings.add(this.#owner.now())
    this.session.submitPing(opaqueData)
    this.flushSoon()
    return answer
  }

  stats(): SessionStats {
    return readStats(this.counts, this.session, this.#streams.size)
  }

  report(error: unknown, source: 'handler' | 'connection', streamId?: number): void {
    const { remoteAddress } = this.transport
    this.#owner.options.onError(error, {
      source,
      remoteAddress,
      ...(streamId === undefined ? {} : { streamId }),
    })
  }

  logResponse(stream: ServerStream, status: number): void {
    const { log } = this.#owner.options
    if (!log) return
    const { method, path } = stream.request
    const { remoteAddress } = this.transport
    log({ remoteAddress, streamId: stream.id, method, path, status, pushed: stream.isPushed })
  }

  // ---- what the server asks -------------------------------------------------------------------

  /** Says that no more requests are welcome; those on their way are still served (RFC 9113 §6.8). */
  announceShutdown(): void {
    if (this.#isClosed || this.session.failure) return
    this.session.submitShutdownNotice()
    this.flushSoon()
  }

  /** Takes no more requests; the connection ends with its last stream. */
  finish(): void {
    if (this.#isClosed || this.session.failure) return
    this.session.submitGoaway()
    this.#isLeaving = true
    this.flush()
  }

  /** GOAWAY, and the connection is over. */
  terminate(errorCode: number = ErrorCode.NO_ERROR): void {
    if (this.#isClosed) return
    if (!this.session.failure) this.session.terminate(errorCode)
    this.flush()
    this.transport.end()
  }

  destroy(): void {
    this.transport.destroy()
  }

  /** Looks whether something has taken too long; called every second or so. */
  tick(now: number): void {
    const { timeouts } = this.#owner.options
    this.now = now
    if (this.#isClosed || this.session.failure) return
    if (now >= (this.session.nextTimeout() ?? Infinity)) {
      this.session.handleTimeout(now)
      this.flush()
    }
    if (this.#streams.size === 0) {
      if (timeouts.idle > 0 && now - this.#idleSince >= timeouts.idle) this.terminate()
    } else if (timeouts.stream > 0) {
      for (const stream of this.#streams.values()) {
        if (now - stream.movedAt >= timeouts.stream && stream.isStalled) {
          stream.reset(ErrorCode.CANCEL)
        }
      }
    }
  }

  // ---- what the session tells: noted here, acted on in #dispatch --------------------------------

  override headers(streamId: number, category: number, flags: number, fields: FlatFields): void {
    if (category === Category.request) this.#request(streamId, flags, fields)
    else this.#trailers(streamId, flags, fields)
  }

  override data(streamId: number, chunk: Uint8Array): void {
    const stream = this.#streams.get(streamId)
    if (!stream) {
      this.#deliveries.push(() => this.consume(streamId, chunk.length))
      return
    }
    stream.movedAt = this.now
    const kept = this.#owner.reusesReadBuffer ? chunk.slice() : chunk
    this.#deliveries.push(() => stream.requestBody.data(kept))
  }

  override streamEnded(streamId: number): void {
    const stream = this.#streams.get(streamId)
    if (stream) this.#deliveries.push(() => stream.requestBody.end())
  }

  override streamClosed(streamId: number, errorCode: number): void {
    this.session.forgetBody(streamId)
    const stream = this.#streams.get(streamId)
    if (!stream) return
    this.#streams.delete(streamId)
    if (errorCode !== 0) this.counts.reset(errorCode)
    if (this.#streams.size === 0) this.#idleSince = this.now
    this.#deliveries.push(() => stream.closed(errorCode))
  }

  override settings(isAck: boolean): void {
    if (isAck) this.session.settingsAcknowledged()
  }

  override ping(isAck: boolean, opaque: Uint8Array): void {
    if (isAck) this.counts.roundTripTime = this.#pings.answer(opaque, this.now) ?? this.counts.roundTripTime
  }

  override goaway(): void {
    this.#isLeaving = true
  }

  override goawaySent(_lastStreamId: number, errorCode: number): void {
    if (errorCode !== ErrorCode.NO_ERROR) this.#isLeaving = true
  }

  override frameNotSent(_type: number, streamId: number, promisedId: number, errno: number): void {
    const stream = this.#streams.get(promisedId || streamId)
    if (!stream || stream.isClosed) return
    const reason = this.session.engine.error(errno, 'a frame could not be sent', { streamId })
    this.#deliveries.push(() => stream.fail(reason))
  }

  override dataSent(streamId: number, _length: number, buffered: number): void {
    const stream = this.#streams.get(streamId)
    if (stream?.sent(buffered)) this.#deliveries.push(() => stream.pull())
  }

  #request(streamId: number, flags: number, fields: FlatFields): void {
    this.counts.streams++
    const stream = new ServerStream(this, streamId, new RequestHead(fields), false)
    this.#streams.set(streamId, stream)
    if (flags & Flag.endStream) stream.requestBody.isComplete = true
    this.#deliveries.push(flags & Flag.truncated ? () => this.#refuse(stream) : () => this.#begin(stream))
  }

  #trailers(streamId: number, flags: number, fields: FlatFields): void {
    const stream = this.#streams.get(streamId)
    if (!stream) return
    this.#deliveries.push(() => {
      if (flags & Flag.truncated) stream.reset(ErrorCode.ENHANCE_YOUR_CALM)
      stream.trailers = fields
      stream.requestBody.end()
    })
  }

  // ---- inside ---------------------------------------------------------------------------------

  #begin(stream: ServerStream): void {
    try {
      stream.exchange = this.#owner.application(stream)
    } catch (error) {
      stream.exchange = nobody
      stream.fail(error)
      return
    }
    stream.requestBody.begin()
    if (stream.requestBody.isComplete) stream.requestBody.end()
  }

  /** More header fields than we take: RFC 6585 §5. */
  #refuse(stream: ServerStream): void {
    stream.exchange = nobody
    stream.respond({ status: 431 })
  }

  /** Acts on what was noted. True when there was something. */
  #dispatch(): boolean {
    if (this.#deliveries.length === 0) return false
    const deliveries = this.#deliveries
    this.#deliveries = []
    for (const deliver of deliveries) deliver()
    return true
  }

  #leave(): void {
    if (!this.session.wantRead && !this.session.wantWrite) this.transport.end()
  }

  #closeStreams(errorCode: number): void {
    const streams = [...this.#streams.values()]
    this.#streams.clear()
    for (const stream of streams) stream.closed(errorCode)
  }

  #fail(error: HTTP2Error): void {
    if (this.#isClosed) return
    this.report(error, 'connection')
    this.transport.end()
    this.#closeStreams(error.errorCode ?? ErrorCode.INTERNAL_ERROR)
  }
}

/** The exchange of a request that no handler saw. */
const nobody = { onHeaders() {}, onData() {}, onRequestDone() {}, onClose() {} }

function randomSeed(): [number, number] {
  const words = crypto.getRandomValues(new Uint32Array(2))
  return [words[0]!, words[1]!]
}
