import { noBytes } from '../../common/bytes.ts'
import { ErrorCode, type ErrorPlace, type HTTPError } from '../../common/errors.ts'
import type { Application } from '../../exchange/application.ts'
import { mostOfConnection, ReadAhead } from '../../exchange/read-ahead.ts'
import type { Transport, TransportSink } from '../../transport/transport.ts'
import { ConnectionCounts } from '../stats/connection-counts.ts'
import { ConnectionAge } from '../times/connection-age.ts'
import { timeoutError } from '../times/timeout-error.ts'
import type { TimeoutName } from '../times/timeouts.ts'
import { ConnectionEnd } from './connection-end.ts'
import { connectionClosed, connectionFailed } from './connection-errors.ts'
import type { ConnectionLife } from './connection-life.ts'
import type { ConnectionOwner } from './connection-owner.ts'
import type { ResolvedOptions } from './options.ts'
import { OutputScheduler } from './output-scheduler.ts'
import type {
  ChosenProtocol,
  Protocol,
  ProtocolChooser,
  ProtocolCounters,
  ProtocolHost,
} from './protocol.ts'
import { Reporter } from './reporter.ts'
import { TransportOutput } from './transport-output.ts'
import type { UnreadBudget } from './unread-budget.ts'

/** Milliseconds that a graceful shutdown waits for the first request of a client that has just connected. */
const firstRequestPeriod = 1000

/**
 * The half of a connection that knows the transport. Received bytes pass through `onData`, the protocol and a stream's
 * exchange. Bytes to send pass through a stream, its protocol and `flush`, in one write per turn.
 */
export class Connection implements TransportSink, ProtocolHost {
  readonly transport: Transport
  readonly options: ResolvedOptions
  readonly application: Application
  readonly reporter: Reporter
  readonly reusesReadBuffer: boolean
  readonly counts: ConnectionCounts = new ConnectionCounts()
  readonly readAhead: ReadAhead
  readonly unread: UnreadBudget
  now: number
  readonly #owner: ConnectionOwner
  readonly #output: TransportOutput
  readonly #scheduler: OutputScheduler
  readonly #fin: ConnectionEnd
  readonly #age: ConnectionAge
  #life: ConnectionLife = 'new'
  /** Determines the protocol; `undefined` once the protocol is known. */
  #chooser: ProtocolChooser | undefined
  #protocol: Protocol | undefined
  /** Runs during a graceful shutdown while the protocol is not known. */
  #firstRequestTimer: ReturnType<typeof setTimeout> | undefined
  #isAlone = false

  constructor(owner: ConnectionOwner, transport: Transport) {
    const { options } = owner
    this.#owner = owner
    this.options = options
    this.application = owner.application
    this.reusesReadBuffer = owner.reusesReadBuffer
    this.readAhead = new ReadAhead(mostOfConnection, owner.readAhead)
    this.unread = owner.unread
    this.transport = transport
    this.reporter = new Reporter(options, transport.remoteAddress)
    this.now = owner.now()
    this.#fin = new ConnectionEnd(options.timeouts)
    this.#age = new ConnectionAge(options.timeouts, this.now)
    this.#output = new TransportOutput(transport, this.counts, this)
    this.#scheduler = new OutputScheduler(owner, () => {
      this.#output.nextTurn()
      this.flush()
    })
    this.#chooser = owner.chooserFor(this)
  }

  get life(): ConnectionLife {
    return this.#life
  }

  get hasRoom(): boolean {
    return this.#output.hasRoom
  }

  get openedAt(): number {
    return this.#age.openedAt
  }

  /** Since when there are no streams; `undefined`: there are some, or the connection ends. */
  get idleSince(): number | undefined {
    return this.#takesInput && this.streamCount === 0 ? this.#age.idleSince : undefined
  }

  get movedAt(): number {
    return this.#output.movedAt
  }

  get isAlone(): boolean {
    return this.#isAlone
  }

  get streamCount(): number {
    return this.#protocol?.streamCount ?? 0
  }

  /** `undefined` when the protocol has failed, or is not known yet. */
  get counters(): ProtocolCounters | undefined {
    return this.#protocol?.counters
  }

  // ---- called by the transport ----------------------------------------------------------------

  onData(chunk: Uint8Array): void {
    if (!this.#takesInput) {
      if (this.#fin.isSent && this.#fin.discarded(chunk.length)) this.destroy()
      return
    }
    this.counts.bytesReceived += chunk.length
    this.#receive(chunk)
  }

  #receive(chunk: Uint8Array, isLast = false): void {
    try {
      this.#deliver(this.#chooser ? this.#choose(this.#chooser, chunk, isLast) : chunk)
    } catch (error) {
      this.#scheduler.end()
      this.fail(error)
    }
  }

  /** The bytes so far determine the protocol: the client sends no more of them, or has taken too long. */
  #decide(): void {
    if (this.#chooser && this.counts.bytesReceived > 0) this.#receive(noBytes, true)
  }

  #deliver(bytes: Uint8Array | undefined): void {
    const protocol = this.#protocol
    if (!bytes || !protocol) return
    this.now = this.#owner.now()
    this.#isAlone = this.#owner.receiver === this
    this.#owner.receiver = this
    let rest: Uint8Array | undefined = bytes
    while (rest && this.#takesInput) {
      this.#scheduler.begin()
      rest = protocol.receive(rest)
      this.#scheduler.end()
      this.flush()
    }
    if (this.#life !== 'closed') this.#protocol?.received()
  }

  /**
   * Reads the first bytes. Returns the bytes for the protocol; `undefined`: the protocol is not known yet, or the
   * client was refused.
   */
  #choose(chooser: ProtocolChooser, chunk: Uint8Array, isLast: boolean): Uint8Array | undefined {
    const chosen = this.#tryToChoose(chooser, chunk, isLast)
    if (!chosen) return undefined
    this.#chooser = undefined
    this.#protocol = chosen.protocol
    if (!chosen.protocol) {
      this.#end()
      return undefined
    }
    this.#life = 'open'
    if (this.#firstRequestTimer !== undefined) {
      clearTimeout(this.#firstRequestTimer)
      queueMicrotask(() => this.#protocol?.announceShutdown())
    }
    return chosen.rest
  }

  /** Without memory for a session, the connection cannot be served. */
  #tryToChoose(
    chooser: ProtocolChooser,
    chunk: Uint8Array,
    isLast: boolean,
  ): ChosenProtocol | undefined {
    try {
      return chooser.choose(chunk, isLast)
    } catch (error) {
      this.#life = 'failed'
      this.reporter.serverError(error)
      this.transport.destroy()
      return undefined
    }
  }

  onDrain(): void {
    this.now = this.#owner.now()
    this.#output.drained()
    this.flush()
  }

  /**
   * The client has sent FIN. Requests that it has sent in full are answered, unless the client is gone. Then the
   * connection ends.
   */
  onEnd(): void {
    if (this.#takesInput) this.#decide()
    if (this.#takesInput && this.#protocol?.onEnd()) {
      this.#life = 'half-closed'
      this.#fin.isHalfClosed = true
      return
    }
    this.#end()
    this.#protocol?.closeStreams(ErrorCode.CANCEL)
  }

  onClose(error: Error | null): void {
    // After FIN of the client, an error only means that the client is gone, and is not reported.
    if (error && !this.#fin.isHalfClosed) this.reporter.connectionError(error)
    this.#life = 'closed'
    clearTimeout(this.#firstRequestTimer)
    this.#protocol?.closeStreams(ErrorCode.CANCEL)
    this.#protocol?.dispose()
    this.#owner.forget(this)
  }

  // ---- called by the protocol -----------------------------------------------------------------

  clock(): number {
    return this.#owner.now()
  }

  flushSoon(): void {
    this.#scheduler.request()
  }

  flush(): void {
    if (this.#life === 'closed' || this.#scheduler.isBusy || !this.#protocol) return
    this.#scheduler.begin()
    try {
      const error = this.#drain()
      this.#scheduler.end()
      if (error) this.fail(error)
      else if (this.#output.isTurnOver) this.#scheduler.letOthers()
      else if (this.#protocol?.isDone) this.#end()
    } catch (error) {
      this.#scheduler.end()
      this.fail(error)
    }
  }

  #drain(): HTTPError | undefined {
    let error: HTTPError | undefined
    do {
      if (!this.#output.hasRoom || this.#output.isTurnOver) break
      this.#scheduler.sending()
      error = this.#protocol!.drain(this.#output, this.#output.writeSize)
    } while (this.#scheduler.hasMore && !error)
    return error
  }

  switchTo(protocol: Protocol, answer: Uint8Array, rest: Uint8Array): void {
    this.#protocol?.dispose()
    this.#protocol = protocol
    this.#output.writev([answer])
    let left: Uint8Array | undefined = rest.length > 0 ? rest : undefined
    while (left) left = protocol.receive(left)
    this.flushSoon()
  }

  becameIdle(): void {
    this.#age.becameIdle(this.now)
  }

  timedOut(name: TimeoutName, place: ErrorPlace = {}): HTTPError {
    const error = timeoutError(name, this.options, place)
    const { streamId } = place
    this.counts.timedOut(name)
    if (streamId !== undefined) this.reporter.streamError(error, streamId)
    else if (!this.#fin.isSent) this.reporter.connectionError(error)
    return error
  }

  fail(cause: unknown): void {
    if (this.#life === 'failed' || this.#life === 'closed') return
    this.#life = 'failed'
    const error = connectionFailed(cause)
    // After FIN of the server, the end is expected and is not reported.
    if (!this.#fin.isSent) this.reporter.connectionError(error)
    this.#protocol?.abandon(error, this.#output)
    this.#end()
    this.#protocol?.closeStreams(error.errorCode ?? ErrorCode.INTERNAL_ERROR)
  }

  // ---- called by the server -------------------------------------------------------------------

  /** Announces that no more requests are accepted. Requests that are on their way are still served (RFC 9113 §6.8). */
  announceShutdown(): void {
    if (this.#protocol) this.#protocol.announceShutdown()
    else if (this.#life === 'new') {
      this.#firstRequestTimer = setTimeout(() => this.#end(), firstRequestPeriod)
    }
  }

  /** Announces the end of the connection, and ends it. */
  terminate(): void {
    if (this.#life === 'closed') return
    const protocol = this.#protocol
    if (!protocol || !this.#output.hasRoom || this.#output.isTurnOver) {
      protocol?.abandon(connectionClosed(), this.#output)
      this.#end()
      return
    }
    protocol.terminate()
    this.flush()
    // In the middle of a turn, FIN follows the bytes that the turn sends.
    if (!this.#scheduler.isBusy || !protocol.counters) this.#end()
  }

  destroy(): void {
    this.transport.destroy()
  }

  /** Enforces the timeouts; called about once a second. */
  tick(now: number): void {
    if (this.#life === 'closed') return
    const stuck = this.#stuck(now)
    if (stuck !== undefined) {
      this.timedOut(stuck)
      this.destroy()
    }
    if (stuck !== undefined || this.#life === 'failed') return
    this.now = now
    this.#protocol?.tick(now)
    if (this.#takesInput) this.#enforceAge(now)
  }

  /** The timeout that a client breaches which does not read, or which does not close its side. */
  #stuck(now: number): TimeoutName | undefined {
    const { timeouts, minDataRate } = this.options
    const output = this.#output
    const isUnread = output.look(now) > 0
    if (isUnread) this.#age.becameIdle(now)
    const hasBegun = this.#chooser === undefined
    if (this.#fin.isLate(now, output.movedAt, isUnread, hasBegun)) return 'shutdown'
    return output.breached(now, timeouts.stream, minDataRate)
  }

  /** The connection ends when it has no streams for too long, or is too old. */
  #enforceAge(now: number): void {
    const idle = this.#protocol ? this.#protocol.idleTimeout : 'idle'
    if (this.#chooser && this.#age.isIdle(now, 'head')) {
      this.#decide()
      if (!this.#chooser) return
      // A browser may connect ahead of need, and send nothing.
      this.counts.timedOut('head')
      this.terminate()
    } else if (idle !== undefined && this.#age.isIdle(now, idle)) {
      this.counts.timedOut(idle)
      this.terminate()
    } else {
      const breached = this.#age.breached(now)
      if (breached === undefined) return
      this.counts.timedOut(breached)
      if (breached === 'lifetime') this.announceShutdown()
      else this.terminate()
    }
  }

  // ---- inside ---------------------------------------------------------------------------------

  get #takesInput(): boolean {
    return this.#life === 'new' || this.#life === 'open'
  }

  /** FIN, after the bytes that were written. */
  #end(): void {
    if (this.#life !== 'failed' && this.#life !== 'closed') this.#life = 'ending'
    this.#fin.sent(this.#owner.now())
    this.transport.end()
  }
}
