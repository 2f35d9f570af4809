import type { ByteOutput } from '../../common/byte-output.ts'
import { joined, noBytes } from '../../common/bytes.ts'
import { ErrorCode, HTTPError } from '../../common/errors.ts'
import type { FlatFields } from '../../common/fields.ts'
import { BlockFlag } from '../../engine/abi.ts'
import { refusalOf } from '../../engine/http1/refusal.ts'
import { ServerStream } from '../../exchange/server-stream.ts'
import { RequestHead } from '../../http/request-head.ts'
import type { Protocol, ProtocolCounters, ProtocolHost } from '../connection/protocol.ts'
import { StreamTimes } from '../connection/stream-times.ts'
import { TransportInfo } from '../connection/transport-info.ts'
import { HalfClose } from './half-close.ts'
import { HeadTime } from './head-time.ts'
import { Http1Carrier } from './http1-carrier.ts'
import { Http1Core } from './http1-core.ts'
import { RequestEvent, RequestEvents } from './request-events.ts'
import { ShutdownNotice } from './shutdown-notice.ts'
import { plainResponse, statusOfReset } from './status-responses.ts'
import { type Http2Upgrade, readHttp2Upgrade } from './upgrade-to-http2.ts'

/** The most requests that are parsed ahead of the request that is being answered. */
const mostPipelined = 16

const noCounters: ProtocolCounters = { framesReceived: 0, framesSent: 0, queueLength: 0 }

/**
 * HTTP/1.1 on a connection (RFC 9112). Requests are answered one after the other. Requests that the client has
 * pipelined wait; when there are more than a few, the transport is paused.
 */
export class Http1Protocol implements Protocol {
  readonly name = 'HTTP/1.1'
  readonly #host: ProtocolHost
  readonly #core: Http1Core
  readonly #carrier: Http1Carrier
  readonly #events: RequestEvents = new RequestEvents()
  readonly #upgradeToHttp2: Http2Upgrade | undefined
  readonly #halfClose: HalfClose
  readonly #headTime: HeadTime
  readonly #streamTimes: StreamTimes
  readonly #shutdown: ShutdownNotice
  readonly #ignoreEngine: () => void
  /** Bytes that were not parsed yet. */
  #rest: Uint8Array | undefined
  /** Streams whose responses are complete, until these have been handed to the transport. */
  #answered: ServerStream[] = []
  /** The rest of a request that was answered is discarded. */
  #isDiscarding = false
  /** The active stream is a tunnel, and gets all input. */
  #isTunnel = false
  /** No more requests are read: one broke a rule, or a stream was reset. */
  #isBroken = false
  /** The client has sent FIN. */
  #hasEnded = false

  /** `upgradeToHttp2`: takes over a connection by Upgrade: h2c; absent where the upgrade is not offered. */
  constructor(host: ProtocolHost, upgradeToHttp2?: Http2Upgrade) {
    const core = new Http1Core(host)
    this.#host = host
    this.#core = core
    this.#halfClose = new HalfClose(core)
    this.#headTime = new HeadTime(host.openedAt)
    this.#streamTimes = new StreamTimes(host)
    this.#shutdown = new ShutdownNotice(core)
    this.#carrier = new Http1Carrier(core, new TransportInfo('HTTP/1.1', host.transport))
    this.#upgradeToHttp2 = upgradeToHttp2
    this.#ignoreEngine = core.session.engine.onFailure((error) => host.fail(error))
  }

  get streamCount(): number {
    return this.#answered.length + (this.#core.active ? 1 : 0)
  }

  get idleTimeout(): 'keepAlive' | undefined {
    return this.streamCount === 0 && !this.#headTime.isRunning ? 'keepAlive' : undefined
  }

  get counters(): ProtocolCounters | undefined {
    return this.#core.session.failure ? undefined : noCounters
  }

  get isDone(): boolean {
    const { active, session } = this.#core
    if (active || this.#answered.length > 0 || session.bufferedAmount > 0) return false
    if (this.#isBroken || session.isClosing) return true
    const isIdle = this.#events.isEmpty && !this.#rest && !this.#isDiscarding
    return isIdle && (this.#shutdown.isOver || this.#hasEnded) && !this.#headTime.isRunning
  }

  // ---- input ----------------------------------------------------------------------------------

  receive(chunk: Uint8Array): undefined {
    if (this.#isBroken) return
    const { active } = this.#core
    if (this.#isTunnel && active) {
      active.movedAt = this.#host.now
      this.#core.received(chunk.length)
      active.requestBody.data(chunk, this.#host.reusesReadBuffer)
    } else this.#rest = this.#rest ? joined(this.#rest, chunk) : chunk
  }

  received(): void {
    if (this.#host.reusesReadBuffer) {
      this.#events.keep()
      this.#rest = this.#rest?.slice()
    }
    this.#core.hasInput = this.#rest !== undefined && !this.#isBroken
    const { failure } = this.#core.session
    if (failure) this.#host.fail(failure)
  }

  onEnd(): boolean {
    this.#hasEnded = true
    const { active, session } = this.#core
    if (this.#isTunnel) {
      active?.requestBody.end()
      return active !== undefined
    }
    if (!this.#rest && !session.isUpgrade) this.#finish()
    this.#host.flush()
    if (this.isDone) return false
    this.#halfClose.begin()
    return true
  }

  /** Answers requests until one of them waits. */
  #advance(): void {
    const { session } = this.#core
    for (;;) {
      this.#dispatch()
      const isBlocked = this.#isBroken || this.#isTunnel || !this.#events.isEmpty
      if (isBlocked || !this.#rest || session.isUpgrade) return
      if (this.#core.isFull) {
        this.#host.flushSoon()
        return
      }
      this.#feed()
    }
  }

  #feed(): void {
    const { session, active } = this.#core
    const rest = session.feed(this.#rest!, this.#events, mostPipelined)
    this.#rest = rest
    if (!active && this.#events.isEmpty) this.#headTime.begin(this.#host.now)
    if (this.#hasEnded && !rest && !session.isUpgrade) this.#finish()
  }

  /** No more bytes will arrive. A request that is not complete is refused. */
  #finish(): void {
    this.#core.session.finish(this.#events)
    // Empty lines (RFC 9112 §2.2) and a part of a method are no request.
    if (this.#events.isEmpty) this.#headTime.cancel()
  }

  #dispatch(): void {
    const events = this.#events
    while (!events.isEmpty && !this.#isBroken) {
      const { kind, detail, flags, id } = events
      const { active, session } = this.#core
      const isNext =
        kind === RequestEvent.begun || (kind === RequestEvent.refused && id !== active?.id)
      if (isNext && active) {
        // The next message waits for the response to the active request.
        if (!active.isComplete) return
        this.#complete(active)
      } else if (isNext && session.isClosing) {
        events.clear()
      } else {
        events.shift()
        this.#pass(kind, detail, flags, id)
      }
    }
    const { active } = this.#core
    if (active?.isComplete && !this.#isTunnel) this.#complete(active)
  }

  #pass(kind: number, detail: unknown, flags: number, id: number): void {
    const { active } = this.#core
    if (active) active.movedAt = this.#host.now
    switch (kind) {
      case RequestEvent.begun:
        this.#begin(id, detail as FlatFields, flags)
        break
      case RequestEvent.data: {
        const chunk = detail as Uint8Array
        if (!active) break
        this.#core.received(chunk.length)
        active.requestBody.data(chunk, this.#host.reusesReadBuffer)
        break
      }
      case RequestEvent.trailers:
        this.#isDiscarding = false
        if (!active) break
        active.requestTrailers = detail as FlatFields
        active.requestBody.end()
        break
      case RequestEvent.ended:
        this.#isDiscarding = false
        active?.requestBody.end()
        break
      case RequestEvent.refused:
        this.#refuse(detail as number)
    }
  }

  // ---- requests -------------------------------------------------------------------------------

  #begin(id: number, fields: FlatFields, flags: number): void {
    const core = this.#core
    this.#headTime.end()
    this.#host.counts.streams++
    const request = new RequestHead(fields)
    const isUpgrade = (flags & BlockFlag.upgrade) !== 0
    if (isUpgrade && request.method !== 'CONNECT') {
      if (this.#upgradeConnection(fields)) return
      request.upgrade = request.find('upgrade')
    }
    const stream = new ServerStream(this.#carrier, id, request, false)
    core.active = stream
    stream.requestBody.isComplete = (flags & BlockFlag.endStream) !== 0
    if (stream.hasRequestBody && request.hasUnknownExpectation) stream.respond({ status: 417 })
    else stream.begin(this.#host.application)
    if (!isUpgrade) return
    if (stream.isTunnel) this.#beginTunnel(stream)
    else if (stream.isComplete) this.#goOn()
  }

  /** Upgrade: h2c. True: the connection is HTTP/2 from now on. */
  #upgradeConnection(fields: FlatFields): boolean {
    const upgrade = this.#upgradeToHttp2 && readHttp2Upgrade(fields)
    if (!upgrade) return false
    const { session } = this.#core
    session.submitTunnel([':status', '101', 'connection', 'upgrade', 'upgrade', 'h2c'])
    const isTaken = this.#upgradeToHttp2!(upgrade, session.bytesToSend(), this.#rest ?? noBytes)
    this.#isBroken ||= isTaken
    return isTaken
  }

  /** The response that opens the tunnel was sent. The bytes after the request belong to the tunnel. */
  #beginTunnel(stream: ServerStream): void {
    if (this.#isTunnel) return
    this.#isTunnel = true
    const chunk = this.#rest
    if (chunk) {
      this.#rest = undefined
      this.#core.received(chunk.length)
      stream.requestBody.data(chunk, this.#host.reusesReadBuffer)
    }
    if (this.#hasEnded) stream.requestBody.end()
  }

  /** A message broke a rule or a limit. Its request is answered, and the connection ends. */
  #refuse(reason: number): void {
    const { status, code, message } = refusalOf(reason)
    const { session } = this.#core
    if (this.#core.active?.isComplete) this.#complete(this.#core.active)
    const { active } = this.#core
    const error = new HTTPError(code, message, active ? { streamId: active.id } : {})
    this.#isBroken = true
    this.#host.reporter.connectionError(error)
    if (!active || !active.isResponded) session.refuse(plainResponse(status))
    if (!active) return
    active.failure ??= error
    this.#core.active = undefined
    this.#close(active, ErrorCode.PROTOCOL_ERROR)
  }

  /** The response is complete. The rest of the request is discarded. */
  #complete(stream: ServerStream): void {
    const core = this.#core
    core.active = undefined
    if (!stream.requestBody.isComplete) {
      this.#isDiscarding = true
      stream.requestBody.discard()
    }
    core.forgetUnread()
    this.#answered.push(stream)
    if (core.session.isUpgrade) this.#goOn()
  }

  /** No tunnel was opened: what comes next is a request, unless the connection ends, as after CONNECT. */
  #goOn(): void {
    const { session } = this.#core
    if (!session.isClosing) session.resume()
  }

  #close(stream: ServerStream, errorCode: number): void {
    stream.gone()
    this.#core.forgetUnread()
    if (errorCode !== ErrorCode.NO_ERROR) this.#host.counts.reset(errorCode)
    if (this.streamCount === 0) this.#host.becameIdle()
    stream.closed(errorCode)
  }

  // ---- output ---------------------------------------------------------------------------------

  drain(output: ByteOutput): HTTPError | undefined {
    const core = this.#core
    const { active, session } = core
    if (active?.isTunnel) this.#beginTunnel(active)
    this.#advance()
    if (core.resetCode !== undefined) this.#carryOutReset(core.resetCode)
    session.drain(output)
    this.#sent()
    return session.failure
  }

  /** All output has been handed to the transport. */
  #sent(): void {
    const core = this.#core
    const answered = this.#answered
    if (answered.length > 0) {
      this.#answered = []
      for (const stream of answered) this.#close(stream, ErrorCode.NO_ERROR)
    }
    const { active, session, written } = core
    core.written = 0
    if (active && written > 0 && active.sent(written, 0)) active.pull()
    if (active?.isComplete && this.#isTunnel) {
      core.active = undefined
      this.#close(active, ErrorCode.NO_ERROR)
    }
    if (this.#isBroken || (session.isClosing && !active)) this.#rest = undefined
    core.hasInput = this.#rest !== undefined
  }

  /** The reset of a stream ends the connection. A request without a response gets one first. */
  #carryOutReset(errorCode: number): void {
    const { active, session, resetStatus } = this.#core
    this.#core.resetCode = undefined
    if (!active) return
    this.#isBroken = true
    if (!active.isResponded) session.refuse(plainResponse(resetStatus ?? statusOfReset(errorCode)))
    // Without a length and without chunks, only the reset of the connection shows the client that bytes are missing.
    else if (session.framing === 'close' || active.isTunnel) {
      const { transport } = this.#host
      if (transport.reset) transport.reset()
      else transport.destroy()
    }
    this.#core.active = undefined
    this.#close(active, errorCode)
  }

  // ---- the end of the connection --------------------------------------------------------------

  announceShutdown(): void {
    this.#shutdown.send()
  }

  terminate(): void {
    this.#shutdown.end()
  }

  abandon(_error: HTTPError, output: ByteOutput): void {
    this.#isBroken = true
    try {
      this.#core.session.drain(output)
    } catch {
      // The transport has failed as well, and reports it.
    }
  }

  closeStreams(errorCode: number): void {
    const { active } = this.#core
    const streams = active ? [...this.#answered, active] : this.#answered
    this.#answered = []
    this.#core.active = undefined
    this.#events.clear()
    for (const stream of streams) stream.closed(errorCode)
  }

  tick(now: number): void {
    const { active, session } = this.#core
    this.#streamTimes.tick(active ? [active] : [], now, (stream) => {
      this.#core.resetStatus = 408
      stream.reset()
    })
    if (!active && this.#headTime.isOver(this.#host.options.timeouts.head, now)) {
      this.#host.timedOut('head')
      this.#isBroken = true
      session.refuse(plainResponse(408))
      this.#host.flush()
    }
  }

  dispose(): void {
    this.#halfClose.cancel()
    this.#shutdown.cancel()
    this.#ignoreEngine()
    this.#core.session.dispose()
  }
}
