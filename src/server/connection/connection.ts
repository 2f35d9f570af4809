import { ErrorCode, type HTTP2Error } from '../../common/errors.ts'
import { Session } from '../../engine/http2/session.ts'
import { connectionClosed, connectionFailed, connectionTerminated } from './connection-errors.ts'
import { ConnectionCounts } from '../stats/connection-counts.ts'
import { ConnectionEnd } from './connection-end.ts'
import type { ConnectionOwner } from './connection-owner.ts'
import type { Application } from '../../exchange/exchange.ts'
import { EarlyAnswers } from '../http2/early-answers.ts'
import { FirstBytes } from '../http1/first-bytes.ts'
import { Inbox } from '../http2/stream-event-queue.ts'
import { Journal } from './reporter.ts'
import { PingBoard } from '../http2/ping-tracker.ts'
import { PushPromises } from '../http2/push-promises.ts'
import { mostOfConnection, ReadAhead } from '../../exchange/read-ahead.ts'
import { ReceiveWindow } from '../http2/receive-window.ts'
import { ServerSession } from '../http2/server-session.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'
import { type SessionStats, readStats } from '../stats/session-stats.ts'
import { ShutdownNotice } from '../http2/shutdown-notice.ts'
import type { Transport, TransportSink } from '../../transport/transport.ts'
import { TransportOutput } from './transport-output.ts'

/** After so many requests come their answers, so that the client has something to do while the next are read. */
const requestsAtATime = 48

/**
 * A session on a transport. A byte's way in: `onData`, the session, the inbox, a stream's handler. Out: a stream's verbs,
 * the session, `flush`, one write per turn.
 */
export class Connection implements TransportSink {
  readonly transport: Transport
  readonly session: Session
  readonly application: Application
  readonly journal: Journal
  readonly reusesReadBuffer: boolean
  /** Responses have a `date` field. */
  readonly sendsDate: boolean
  readonly maxRequestBodySize: number
  readonly counts: ConnectionCounts = new ConnectionCounts()
  readonly readAhead: ReadAhead
  /** The time of the turn, in milliseconds. */
  now: number
  /** GOAWAY went one way or the other: the connection ends with its last stream. */
  isLeaving = false
  readonly #owner: ConnectionOwner
  readonly #inbox: Inbox = new Inbox(this)
  readonly promises: PushPromises = new PushPromises(this, this.#inbox.streams)
  readonly earlyAnswers: EarlyAnswers = new EarlyAnswers()
  readonly #pings: PingBoard = new PingBoard()
  readonly #output: TransportOutput
  readonly #receiveWindow: ReceiveWindow
  readonly #shutdown: ShutdownNotice = new ShutdownNotice(this)
  readonly fin: ConnectionEnd = new ConnectionEnd(this)
  readonly #firstBytes: FirstBytes = new FirstBytes(this, this.#inbox)
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
  /** Input is discarded from now on. */
  #isDeaf = false
  #hasBegun = false
  #hasFailed = false
  #isClosed = false
  #idleSince: number

  constructor(owner: ConnectionOwner, transport: Transport) {
    const { settings, limits, timeouts, padding, engine } = owner.options
    this.#owner = owner
    this.application = owner.application
    this.reusesReadBuffer = owner.reusesReadBuffer
    this.sendsDate = owner.options.date
    this.maxRequestBodySize = owner.options.maxRequestBodySize
    this.readAhead = new ReadAhead(mostOfConnection, owner.readAhead)
    this.transport = transport
    this.journal = new Journal(owner.options, transport.remoteAddress)
    this.now = this.#idleSince = owner.now()
    this.#output = new TransportOutput(transport, this.counts, this)
    this.session = Session.server({
      settings,
      ...(engine ? { engine } : {}),
      limits,
      padding,
      settingsTimeout: timeouts.settings,
      now: this.now,
      seed: [...crypto.getRandomValues(new Uint32Array(2))] as [number, number],
      unknownFrames: false,
      view: transport.view,
      quiet: true,
    })
    const { connectionWindowSize } = owner.options
    this.#receiveWindow = new ReceiveWindow(this.session, owner.unread, connectionWindowSize)
    this.#stopWatchingEngine = this.session.engine.onFailure((error) => this.#fail(error))
  }

  /** It could not go on, and has said so. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  get streamCount(): number {
    return this.#inbox.streams.size
  }

  /** Those that are open now. */
  get streams(): ServerStream[] {
    return this.#inbox.streams.values()
  }

  /** This connection as applications see it. */
  get facade(): ServerSession {
    this.#facade ??= new ServerSession(this)
    return this.#facade
  }

  // ---- what the transport tells ---------------------------------------------------------------

  onData(chunk: Uint8Array): void {
    if (this.#isDeaf) return
    try {
      this.#receive(chunk)
    } catch (error) {
      this.#isBusy = false
      this.#fail(error)
    }
  }

  #receive(chunk: Uint8Array): void {
    if (!this.#hasBegun) {
      const first = this.#firstBytes.read(chunk)
      if (first === 'partial') return
      this.#hasBegun = true
      if (first === 'refused') {
        this.#isDeaf = true
        this.#end()
        return
      }
      chunk = first
      if (this.#shutdown.isDue) queueMicrotask(() => this.#shutdown.send())
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
    const { failure, endingCode } = this.session
    if (failure) this.#fail(failure)
    else if (endingCode !== ErrorCode.NO_ERROR && !this.#isClosed) this.terminated(endingCode)
  }

  onDrain(): void {
    this.now = this.#owner.now()
    this.#output.drained()
    this.flush()
  }

  /** Unless the client is gone, what it has asked for in full is answered; then the connection ends. */
  onEnd(): void {
    this.#isDeaf = true
    if (this.fin.received()) return
    this.#end()
    this.#closeStreams(ErrorCode.CANCEL)
  }

  onClose(error: Error | null): void {
    // A client that had ended its side is told from one that is gone by this error.
    if (error && !this.fin.isHalfClosed) this.journal.connectionError(error)
    this.#isClosed = this.#isDeaf = true
    this.fin.cancel()
    this.#closeStreams(ErrorCode.CANCEL)
    this.#shutdown.cancel()
    this.earlyAnswers.cancel()
    this.#receiveWindow.release()
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
    try {
      const error = this.#drain()
      this.#isBusy = false
      if (error) this.#fail(error)
      else if (this.#isOver) this.#end()
    } catch (error) {
      this.#isBusy = false
      this.#fail(error)
    }
  }

  #drain(): HTTP2Error | undefined {
    let error: HTTP2Error | undefined
    do {
      if (!this.#output.hasRoom) break
      this.#hasMore = false
      error = this.session.drain(this.#output, this.#inbox, this.#output.writeSize, this.now)
      // Streams that closed, bodies that were sent: handlers may have more to say.
      this.#inbox.dispatch()
      if (!error) this.promises.answer()
    } while (this.#hasMore && !error)
    return error
  }

  /** The first bytes of a request's body are there. */
  bodyBegins(): void {
    this.say(() => this.#receiveWindow.grow())
  }

  /** Gives bytes of a body back to the client's windows. Does not throw: where that fails, the connection ends. */
  consume(streamId: number, length: number): void {
    if (!this.#canSpeak) return
    try {
      this.session.consume(streamId, length)
      this.#receiveWindow.consumed(length)
      this.flushSoon()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Gives dropped bytes of a body back to the connection's window, and not to their stream's. */
  discard(streamId: number, length: number): void {
    this.say(() => this.session.discard(streamId, length))
  }

  /** Ends a stream with RST_STREAM. Does not throw: where that fails, the connection ends. */
  reset(streamId: number, errorCode: number): void {
    this.say(() => this.session.submitRstStream(streamId, errorCode))
  }

  /** Says something of its own to the client, where it still can; what fails then is the connection. */
  say(what: () => void): void {
    if (!this.#canSpeak) return
    try {
      what()
      this.flushSoon()
    } catch (error) {
      this.#fail(error)
    }
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
    const answer = this.#pings.send(this.session, this.#owner.now())
    this.flushSoon()
    return answer
  }

  stats(): SessionStats {
    return readStats(this.counts, this.session, this.streamCount)
  }

  /** Says that no more requests are welcome; those on their way are still served, then none (RFC 9113 §6.8). */
  announceShutdown(): void {
    if (!this.#canSpeak) return
    this.#shutdown.announce(this.#hasBegun)
  }

  /** Takes no more requests; the connection ends with its last stream. */
  finish(): void {
    this.say(() => {
      this.session.submitGoaway()
      this.isLeaving = true
    })
  }

  /** GOAWAY, and the connection is over. */
  terminate(): void {
    if (this.#isClosed) return
    this.isLeaving = true
    if (this.#output.hasRoom) {
      this.say(() => this.session.terminate())
      this.flush()
    } else {
      this.#abandon(connectionClosed())
    }
    // In the middle of a turn, the end comes with what the turn sends.
    if (!this.#isBusy || !this.#canSpeak) this.#end()
  }

  /** nghttp2 has ended the session with this GOAWAY: it takes and sends nothing more. */
  terminated(errorCode: number): void {
    const error = connectionTerminated(errorCode)
    this.journal.connectionError(error)
    this.#closeStreams(errorCode)
    // A client that reads nothing is not waited for.
    if (!this.#output.hasRoom) this.#fail(error)
  }

  destroy(): void {
    this.transport.destroy()
  }

  /** Looks whether something has taken too long; called every second or so. */
  tick(now: number): void {
    const { timeouts } = this.#owner.options
    const isLingering = this.fin.isLate(now, timeouts.shutdown, this.#hasBegun)
    const isStuck = timeouts.stream > 0 && this.#output.isStuck(timeouts.stream, now)
    if (isLingering || isStuck) this.destroy()
    if (!this.#canSpeak) return
    this.now = now
    if (!this.fin.isHalfClosed && now >= (this.session.nextTimeout() ?? Infinity)) {
      this.say(() => this.session.handleTimeout(now))
      this.flush()
    }
    if (this.streamCount === 0) {
      if (timeouts.idle > 0 && now - this.#idleSince >= timeouts.idle) this.terminate()
    } else if (timeouts.stream > 0) {
      for (const stream of this.streams) {
        if (now - stream.movedAt >= timeouts.stream && stream.isStalled) stream.reset()
      }
    }
  }

  // ---- inside ---------------------------------------------------------------------------------

  get #canSpeak(): boolean {
    return !this.#isClosed && !this.session.failure
  }

  /** Nothing more will be asked, and all is answered. */
  get #isOver(): boolean {
    if (this.fin.isHalfClosed) return this.streamCount === 0
    return this.isLeaving && !this.session.wantRead && !this.session.wantWrite
  }

  /** FIN, after what was written. */
  #end(): void {
    this.fin.sent(this.#owner.now())
    this.transport.end()
  }

  #closeStreams(errorCode: number): void {
    const { streams } = this
    this.#inbox.streams.clear()
    for (const stream of streams) stream.closed(errorCode)
  }

  /** The session cannot go on: one report, a GOAWAY, FIN. */
  #fail(cause: unknown): void {
    if (this.#hasFailed || this.#isClosed) return
    this.#hasFailed = this.#isDeaf = true
    const error = connectionFailed(cause)
    // Where FIN was sent already, the end is no news.
    if (!this.fin.isSent) this.journal.connectionError(error)
    this.#abandon(error)
    this.#end()
    this.#closeStreams(error.errorCode ?? ErrorCode.INTERNAL_ERROR)
  }

  /** Gives the session up. Its GOAWAY goes behind what waits in the transport, whether there is room or not. */
  #abandon(error: HTTP2Error): void {
    if (!this.session.failure) this.counts.keep(this.session.counters)
    this.session.abandon(error)
    try {
      this.session.drain(this.#output, this.#inbox)
    } catch {
      // The transport has failed as well, and will say so.
    }
  }
}
