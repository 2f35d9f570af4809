import type { ByteOutput } from '../../common/byte-output.ts'
import { ErrorCode, type HTTPError } from '../../common/errors.ts'
import type { FlatFields } from '../../common/fields.ts'
import { BlockFlag, Category } from '../../engine/abi.ts'
import type { Protocol, ProtocolCounters, ProtocolHost } from '../connection/protocol.ts'
import { StreamTimes } from '../connection/stream-times.ts'
import { TransportInfo } from '../connection/transport-info.ts'
import { EarlyAnswers } from './early-answers.ts'
import { FrameTimes } from './frame-times.ts'
import { HalfClose } from './half-close.ts'
import { Http2Carrier } from './http2-carrier.ts'
import { Http2Core } from './http2-core.ts'
import { Http2ServerSession } from './http2-server-session.ts'
import { KeepAlivePing } from './keep-alive-ping.ts'
import { PingTracker } from './ping-tracker.ts'
import { PushPromises } from './push-promises.ts'
import { ShutdownNotice } from './shutdown-notice.ts'
import { StreamEventQueue } from './stream-event-queue.ts'

/**
 * After this many requests their responses are sent. The client of the only busy connection has work then, while the next
 * requests are read; among several connections, fewer and longer writes are better.
 */
const requestsAtATime = { alone: 48, amongOthers: 128 }

/** HTTP/2 on a connection (RFC 9113). */
export class Http2Protocol implements Protocol {
  readonly name = 'HTTP/2'
  readonly #host: ProtocolHost
  readonly #core: Http2Core
  readonly #pings: PingTracker = new PingTracker()
  readonly #pushes: PushPromises
  readonly #carrier: Http2Carrier
  readonly #earlyAnswers: EarlyAnswers = new EarlyAnswers()
  readonly #events: StreamEventQueue
  readonly #shutdown: ShutdownNotice
  readonly #halfClose: HalfClose
  readonly #streamTimes: StreamTimes
  readonly #frameTimes: FrameTimes
  readonly #keepAlive: KeepAlivePing
  readonly #ignoreEngine: () => void

  constructor(host: ProtocolHost) {
    const core = new Http2Core(host)
    const info = new TransportInfo(
      'HTTP/2',
      host.transport,
      () => new Http2ServerSession(core, this.#pings),
    )
    this.#host = host
    this.#core = core
    this.#pushes = new PushPromises(core)
    this.#carrier = new Http2Carrier(core, info, this.#pushes)
    this.#events = new StreamEventQueue(core, this.#carrier, this.#pings, this.#earlyAnswers)
    this.#shutdown = new ShutdownNotice(core)
    this.#halfClose = new HalfClose(core)
    this.#streamTimes = new StreamTimes(host)
    this.#frameTimes = new FrameTimes(core)
    this.#keepAlive = new KeepAlivePing(core)
    this.#ignoreEngine = core.session.engine.onFailure((error) => host.fail(error))
  }

  get streamCount(): number {
    return this.#core.streams.size
  }

  get idleTimeout(): 'idle' | undefined {
    return this.streamCount === 0 ? 'idle' : undefined
  }

  get isDone(): boolean {
    const { isLeaving, session, streams } = this.#core
    if (this.#halfClose.hasBegun) return streams.size === 0
    return isLeaving && !session.wantRead && !session.wantWrite
  }

  get counters(): ProtocolCounters | undefined {
    const { session } = this.#core
    if (session.failure) return undefined
    const { framesReceived, framesSent } = session.counters
    return { framesReceived, framesSent, queueLength: session.outboundQueueSize }
  }

  /**
   * Takes over a connection whose first request asked for HTTP/2 by Upgrade (RFC 7540 §3.2); that request is stream 1.
   * `settings`: the decoded HTTP2-Settings. Throws if the settings cannot be read.
   */
  upgrade(settings: Uint8Array, fields: FlatFields): void {
    this.#core.session.upgrade(settings, fields[1] === 'HEAD')
    this.#events.headers(1, Category.request, BlockFlag.endStream, fields)
  }

  receive(chunk: Uint8Array): Uint8Array | undefined {
    const { now, isAlone } = this.#host
    const most = isAlone ? requestsAtATime.alone : requestsAtATime.amongOthers
    const rest = this.#core.session.feed(chunk, this.#events, now, most)
    this.#events.dispatch()
    this.#shutdown.received()
    return rest
  }

  received(): void {
    const { failure, endingCode } = this.#core.session
    if (failure) this.#host.fail(failure)
    else if (endingCode !== ErrorCode.NO_ERROR) this.#core.terminated(endingCode)
  }

  drain(output: ByteOutput, most: number): HTTPError | undefined {
    const error = this.#core.session.drain(output, this.#events, most, this.#host.now)
    // Streams have closed and bodies were sent, so handlers may submit more.
    this.#events.dispatch()
    if (!error) this.#pushes.answer()
    return error
  }

  onEnd(): boolean {
    return this.#halfClose.begin()
  }

  announceShutdown(): void {
    if (this.#core.canSpeak) this.#shutdown.begin()
  }

  terminate(): void {
    this.#core.isLeaving = true
    this.#core.say(() => this.#core.session.terminate())
  }

  /** Ends the connection before its first stream. */
  refuse(errorCode: number): void {
    this.#core.isLeaving = true
    this.#core.say(() => this.#core.session.terminate(errorCode))
  }

  abandon(error: HTTPError, output: ByteOutput): void {
    const { session } = this.#core
    this.#halfClose.cancel()
    this.#keepCounters()
    session.abandon(error)
    try {
      session.drain(output, this.#events)
    } catch {
      // The transport has failed as well, and reports it.
    }
  }

  closeStreams(errorCode: number): void {
    this.#core.closeStreams(errorCode)
  }

  tick(now: number): void {
    const { streams } = this.#core
    if (!this.#core.canSpeak) return
    // A client that has sent FIN sends nothing more.
    if (!this.#halfClose.hasBegun && this.#isLate(now)) return
    this.#streamTimes.tick(streams.values(), now, (stream) => stream.reset())
  }

  /** The client has breached a timeout of the connection, which ends. */
  #isLate(now: number): boolean {
    const { session } = this.#core
    const host = this.#host
    if (now >= (session.nextTimeout() ?? Infinity)) {
      host.timedOut('settings')
      this.#core.say(() => session.handleTimeout(now))
      host.flush()
      return true
    }
    const breached = this.#frameTimes.tick(now)
    const errorCode = ErrorCode.ENHANCE_YOUR_CALM
    if (breached !== undefined) host.fail(host.timedOut(breached, { errorCode }))
    else if (this.#keepAlive.hasNoAnswer(now)) {
      host.timedOut('pingAck')
      host.transport.destroy()
    } else return false
    return true
  }

  dispose(): void {
    this.#halfClose.cancel()
    this.#shutdown.cancel()
    this.#earlyAnswers.cancel()
    this.#carrier.dispose()
    this.#ignoreEngine()
    this.#pings.fail()
    this.#keepCounters()
    this.#core.session.dispose()
  }

  #keepCounters(): void {
    const { session } = this.#core
    if (!session.failure) this.#host.counts.keep(session.counters)
  }
}
