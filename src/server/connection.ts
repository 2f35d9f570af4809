import { Category, Flag } from '../engine/abi.ts'
import { concat } from '../engine/bytes.ts'
import { ErrorCode, type HTTP2Error } from '../engine/errors.ts'
import { type FlatFields, toPairs } from '../engine/fields.ts'
import type { ByteOutput } from '../engine/session-core.ts'
import { Session } from '../engine/session.ts'
import { ConnectionCounts } from './connection-counts.ts'
import type { Application } from './exchange.ts'
import { readGreeting, refusal } from './http1-greeting.ts'
import { Inbox } from './inbox.ts'
import { Journal } from './journal.ts'
import type { ResolvedOptions } from './options.ts'
import { PingBoard } from './ping-board.ts'
import { RequestHead } from './request-head.ts'
import { ServerSession } from './server-session.ts'
import { ServerStream } from './server-stream.ts'
import { type SessionStats, readStats } from './session-stats.ts'
import type { Transport, TransportSink } from './transport.ts'
import { WriteSize } from './write-size.ts'

/** What a connection needs of its server. */
export interface ConnectionOwner {
  readonly options: ResolvedOptions
  readonly application: Application
  readonly reusesReadBuffer: boolean
  /** Milliseconds of a clock that does not run backwards. */
  now(): number
  /** As `Runtime.atEndOfTurn`. */
  atEndOfTurn(action: () => void): void
  /** The connection is gone. */
  forget(connection: Connection): void
}

/** After so many requests come their answers, so that the client has something to do while the next are read. */
const requestsAtATime = 48
/** Milliseconds for the peer to close its side once we have closed ours. */
const lingerPeriod = 5000
/** Milliseconds between the notice and the refusal of further requests: time for those on their way to arrive. */
const noticePeriod = 250

/**
 * A session on a transport. A byte's way in: `onData`, the session, the inbox, a stream's handler. Out: a stream's verbs,
 * the session, `flush`, one write per turn.
 */
export class Connection implements TransportSink, ByteOutput {
  readonly transport: Transport
  readonly session: Session
  readonly application: Application
  readonly journal: Journal
  readonly reusesReadBuffer: boolean
  /** Responses have a `date` field. */
  readonly sendsDate: boolean
  readonly counts: ConnectionCounts = new ConnectionCounts()
  /** The time of the turn, in milliseconds. */
  now: number
  /** When the transport last took bytes. */
  #movedAt = 0
  /** GOAWAY went one way or the other: the connection ends with its last stream. */
  isLeaving = false
  readonly #owner: ConnectionOwner
  readonly #inbox: Inbox = new Inbox(this)
  readonly #pings: PingBoard = new PingBoard()
  readonly #flushNow: () => void = () => {
    this.#isFlushPlanned = false
    this.flush()
  }
  readonly #stopWatchingEngine: () => void
  #facade: ServerSession | undefined
  /** Bytes are being taken in or sent: what handlers do meanwhile goes out at the end of it. */
  #isBusy = false
  #isFlushPlanned = false
  /** Something was said since bytes were last taken from the session. */
  #hasMore = false
  /** The transport takes more. */
  #hasRoom = true
  readonly #writeSize: WriteSize = new WriteSize()
  /** When we said that we are done. */
  #endedAt: number | undefined
  /** What still comes is not looked at. */
  #isDeaf = false
  #hasBegun = false
  /** The first bytes, while they are too few. */
  #head: Uint8Array | undefined
  /** Pushed streams whose promise has not been sent yet. */
  #promised: ServerStream[] = []
  #isClosed = false
  /** After the notice of a shutdown. */
  #refusal: ReturnType<typeof setTimeout> | undefined
  #idleSince: number

  constructor(owner: ConnectionOwner, transport: Transport) {
    const { settings, connectionWindowSize, limits, timeouts, padding } = owner.options
    this.#owner = owner
    this.application = owner.application
    this.reusesReadBuffer = owner.reusesReadBuffer
    this.sendsDate = owner.options.date
    this.transport = transport
    this.journal = new Journal(owner.options, transport.remoteAddress)
    this.now = this.#idleSince = owner.now()
    this.session = Session.server({
      settings,
      connectionWindowSize,
      limits,
      padding,
      settingsTimeout: timeouts.settings,
      now: this.now,
      seed: [...crypto.getRandomValues(new Uint32Array(2))] as [number, number],
      unknownFrames: false,
      view: transport.view,
      quiet: true,
    })
    this.#stopWatchingEngine = this.session.engine.onFailure((error) => this.#fail(error))
  }

  get streamCount(): number {
    return this.#inbox.streams.size
  }

  /** This connection as applications see it. */
  get facade(): ServerSession {
    this.#facade ??= new ServerSession(this)
    return this.#facade
  }

  // ---- what the transport tells ---------------------------------------------------------------

  onData(chunk: Uint8Array): void {
    if (this.#isDeaf) return
    if (!this.#hasBegun) {
      const rest = this.#greet(chunk)
      if (!rest) return
      chunk = rest
      if (this.#refusal !== undefined) queueMicrotask(() => this.#notifyOfShutdown())
    }
    this.now = this.#owner.now()
    this.counts.bytesReceived += chunk.length
    let rest: Uint8Array | undefined = chunk
    while (rest && !this.#isDeaf) {
      this.#isBusy = true
      rest = this.session.feed(rest, this.#inbox, this.now, requestsAtATime)
      this.#inbox.dispatch()
      this.#isBusy = false
      this.flush()
    }
    const { failure } = this.session
    if (failure) this.#fail(failure)
  }

  onDrain(): void {
    this.#hasRoom = true
    this.#movedAt = this.now = this.#owner.now()
    this.#writeSize.drained(this.now)
    this.flush()
  }

  /** No HTTP/2 client half-closes its connection: it is gone. */
  onEnd(): void {
    this.#isDeaf = true
    this.#end()
    this.#closeStreams(ErrorCode.CANCEL)
  }

  onClose(error: Error | null): void {
    if (error) this.journal.error(error, 'connection')
    this.#isClosed = this.#isDeaf = true
    this.#closeStreams(ErrorCode.CANCEL)
    clearTimeout(this.#refusal)
    this.#stopWatchingEngine()
    this.#pings.fail()
    if (!this.session.failure) this.counts.keep(this.session.counters)
    this.session.dispose()
    this.#owner.forget(this)
  }

  // ---- what the streams ask -------------------------------------------------------------------

  /** Sends what there is, at the end of this turn. */
  flushSoon(): void {
    this.#hasMore = true
    if (this.#isBusy || this.#isFlushPlanned) return
    this.#isFlushPlanned = true
    this.#owner.atEndOfTurn(this.#flushNow)
  }

  /** Sends what there is, as far as the transport takes it. */
  flush(): void {
    if (this.#isClosed || this.#isBusy) return
    this.#isBusy = true
    let error: HTTP2Error | undefined
    do {
      if (!this.#hasRoom) break
      this.#hasMore = false
      error = this.session.drain(this, this.#inbox, this.#writeSize.bytes, this.now)
      // Streams that closed, bodies that were sent: handlers may have more to say.
      this.#inbox.dispatch()
      if (this.#promised.length > 0) this.#answerPromised()
    } while (this.#hasMore && !error)
    this.#isBusy = false
    if (error) this.#fail(error)
    else if (this.isLeaving && !this.session.wantRead && !this.session.wantWrite) this.#end()
  }

  write(bytes: Uint8Array): boolean {
    this.counts.bytesSent += bytes.length
    return this.#handedOver(this.transport.write(bytes))
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.counts.bytesSent += chunk.length
    return this.#handedOver(this.transport.writev(chunks))
  }

  #handedOver(hasRoom: boolean): boolean {
    this.#hasRoom = hasRoom
    this.#movedAt = this.now
    if (!hasRoom) this.#writeSize.filled(this.now)
    return hasRoom
  }

  /** Gives bytes of a body back to the client's windows. */
  consume(streamId: number, length: number): void {
    if (!this.#canSpeak) return
    this.session.consume(streamId, length)
    this.flushSoon()
  }

  /** Promises a response on `parent`; `undefined` when the client takes none, or no more. */
  promise(parent: ServerStream, fields: FlatFields): ServerStream | undefined {
    if (this.isLeaving || this.session.setting('remote', 'enablePush') === 0) return undefined
    const id = this.session.submitPushPromise(parent.id, toPairs(fields))
    const stream = new ServerStream(this, id, new RequestHead(fields), true)
    stream.requestBody.isComplete = true
    this.#inbox.streams.set(id, stream)
    this.#promised.push(stream)
    this.flushSoon()
    return stream
  }

  // ---- what the inbox tells -------------------------------------------------------------------

  becameIdle(): void {
    this.#idleSince = this.now
  }

  pingAcknowledged(opaqueData: Uint8Array): void {
    const milliseconds = this.#pings.answer(opaqueData, this.now)
    if (milliseconds !== undefined) this.counts.roundTripTime = milliseconds
  }

  // ---- what the server asks -------------------------------------------------------------------

  /** Measures a round trip, in milliseconds. */
  ping(): Promise<number> {
    const { opaqueData, answer } = this.#pings.add(this.#owner.now())
    this.session.submitPing(opaqueData)
    this.flushSoon()
    return answer
  }

  stats(): SessionStats {
    return readStats(this.counts, this.session, this.streamCount)
  }

  /** Says that no more requests are welcome; those on their way are still served, then none (RFC 9113 §6.8). */
  announceShutdown(): void {
    if (!this.#canSpeak) return
    this.#refusal = setTimeout(() => this.finish(), noticePeriod)
    // A client that has only just connected first says what it came for.
    if (this.#hasBegun) this.#notifyOfShutdown()
  }

  /** Takes no more requests; the connection ends with its last stream. */
  finish(): void {
    if (!this.#canSpeak) return
    this.session.submitGoaway()
    this.isLeaving = true
    this.flushSoon()
  }

  /** GOAWAY, and the connection is over. */
  terminate(errorCode: number = ErrorCode.NO_ERROR): void {
    if (this.#isClosed) return
    if (this.#canSpeak) this.session.terminate(errorCode)
    this.flush()
    this.#end()
  }

  destroy(): void {
    this.transport.destroy()
  }

  /** Looks whether something has taken too long; called every second or so. */
  tick(now: number): void {
    const { timeouts } = this.#owner.options
    const linger = Math.min(timeouts.shutdown || lingerPeriod, lingerPeriod)
    const isLingering = this.#endedAt !== undefined && now - this.#endedAt >= linger
    const isStuck = !this.#hasRoom && timeouts.stream > 0 && now - this.#movedAt >= timeouts.stream
    if (isLingering || isStuck) this.destroy()
    if (!this.#canSpeak) return
    this.now = now
    if (now >= (this.session.nextTimeout() ?? Infinity)) {
      this.session.handleTimeout(now)
      this.flush()
    }
    if (this.streamCount === 0) {
      if (timeouts.idle > 0 && now - this.#idleSince >= timeouts.idle) this.terminate()
    } else if (timeouts.stream > 0) {
      for (const stream of this.#inbox.streams.values()) {
        if (now - stream.movedAt >= timeouts.stream && stream.isStalled) stream.reset()
      }
    }
  }

  // ---- inside ---------------------------------------------------------------------------------

  get #canSpeak(): boolean {
    return !this.#isClosed && !this.session.failure
  }

  /**
   * A response submitted before its promise has been sent would not count towards the streams that the client lets us
   * open.
   */
  #answerPromised(): void {
    this.#promised = this.#promised.filter((stream) => !stream.answerPromised())
  }

  /** Reads the first bytes. Gives those that are HTTP/2; `undefined`: there are none. */
  #greet(chunk: Uint8Array): Uint8Array | undefined {
    const bytes = this.#head ? concat([this.#head, chunk]) : chunk
    const greeting = readGreeting(bytes)
    this.#head = greeting.kind === 'partial' ? bytes.slice() : undefined
    this.#hasBegun = greeting.kind !== 'partial'
    switch (greeting.kind) {
      case 'http2':
        return bytes
      case 'upgrade':
        // Upgrades are for cleartext; with TLS, ALPN has spoken (RFC 7540 §3.3).
        if (this.transport.tls) break
        try {
          this.session.upgrade(greeting.settings, greeting.fields[1] === 'HEAD')
        } catch (error) {
          this.journal.error(error, 'connection')
          this.transport.writev([refusal])
          break
        }
        this.transport.writev([greeting.answer])
        this.#inbox.headers(1, Category.request, Flag.endStream, greeting.fields)
        return greeting.rest
      case 'refused':
        this.transport.writev([greeting.answer])
        break
      default:
        return undefined
    }
    this.#isDeaf = true
    this.#end()
    return undefined
  }

  #notifyOfShutdown(): void {
    if (!this.#canSpeak) return
    this.session.submitShutdownNotice()
    for (const stream of this.#inbox.streams.values()) stream.exchange.onShutdown?.()
    this.flushSoon()
  }

  /** FIN, after what was written. */
  #end(): void {
    this.#endedAt ??= this.#owner.now()
    this.transport.end()
  }

  #closeStreams(errorCode: number): void {
    const streams = this.#inbox.streams.values()
    this.#inbox.streams.clear()
    for (const stream of streams) stream.closed(errorCode)
  }

  #fail(error: HTTP2Error): void {
    if (this.#isDeaf) return
    this.#isDeaf = true
    this.journal.error(error, 'connection')
    this.#end()
    this.#closeStreams(error.errorCode ?? ErrorCode.INTERNAL_ERROR)
  }
}
