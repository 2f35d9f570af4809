import { Engine } from '../../engine/engine.ts'
import { HTTPError } from '../../common/errors.ts'
import { mostTime } from '../../common/option-table.ts'
import { detectRuntime } from '../../runtime/detect.ts'
import { Connection } from '../connection/connection.ts'
import { FirstBytes } from './choose-protocol.ts'
import type { ConnectionOwner } from '../connection/connection-owner.ts'
import type { Application } from '../../exchange/application.ts'
import type { ProtocolChooser, ProtocolHost } from '../connection/protocol.ts'
import { tooManyConnections } from '../connection/connection-limits.ts'
import { tellError } from '../connection/reporter.ts'
import type { ErrorWhere, ResolvedOptions } from '../connection/options.ts'
import { ReadAhead } from '../../exchange/read-ahead.ts'
import { type ServerStats, ServerTotals } from '../stats/server-totals.ts'
import type {
  Address,
  Listening,
  Runtime,
  Transport,
  TransportSink,
} from '../../transport/transport.ts'
import { TlsContext } from '../connection/tls-context.ts'
import { OpenConnections } from './open-connections.ts'
import { RefusedConnections } from './refused-connections.ts'
import { UnreadBudget } from '../connection/unread-budget.ts'

/** Options of `close()`. */
export interface CloseOptions {
  /** Streams that are open may finish, until `timeouts.shutdown`. Default false: the server closes at once. */
  readonly graceful?: boolean
}

/** Bytes of response bodies that the server reads ahead of its clients, all together. */
const mostReadAhead = 64 * 1024 * 1024
/**
 * Milliseconds for connections that the system has accepted to reach the server. They would be reset once nothing
 * listens.
 */
const acceptPeriod = 20
/** Milliseconds for TLS handshakes that are under way when a graceful shutdown begins. */
const handshakePeriod = 1000
const tickPeriod = 1000
/** Milliseconds between two ticks after which the process counts as stopped meanwhile. */
const mostLate = 3000
/** Milliseconds for the last bytes to arrive, and for the clients to close their side. */
const closePeriod = 500

/** Names of ALPN; curl offers `http/1.0` by itself. */
const bothProtocols = ['h2', 'http/1.1', 'http/1.0']

const settled = Promise.resolve()
/** The sink of a connection that cannot be served. */
const ignoringTransport: TransportSink = {
  onData() {},
  onDrain() {},
  onEnd() {},
  onClose() {},
}
/** Calls `action` in a microtask. Unlike queueMicrotask, `then` of a settled promise costs Node no AsyncResource. */
const afterPromises = (action: () => void) => {
  void settled.then(action)
}

/** The common part of both servers: a listener, its connections, their timeouts and their end. */
export class ServerCore implements ConnectionOwner {
  readonly options: ResolvedOptions
  readonly tls: TlsContext
  readonly application: Application
  readonly readAhead: ReadAhead = new ReadAhead(mostReadAhead)
  readonly unread: UnreadBudget
  reusesReadBuffer = false
  receiver: Connection | undefined
  atEndOfTurn: (action: () => void) => void = afterPromises
  afterOthers: (action: () => void) => void = afterPromises
  readonly #totals: ServerTotals = new ServerTotals()
  #runtime: Runtime | undefined
  #ignoreSignals: (() => void) | undefined
  readonly #connections: OpenConnections
  readonly #refusedConnections: RefusedConnections = new RefusedConnections()
  #listening: Promise<Listening> | undefined
  #closing: Promise<void> | undefined
  /** The server closes gracefully: open streams may finish. */
  #isDraining = false
  /** Nothing listens, and the clients have been told. */
  #isAnnounced = false
  #isImmediate = false
  #tickedAt = 0
  #ticker: ReturnType<typeof setInterval> | undefined
  #destroyer: ReturnType<typeof setTimeout> | undefined
  #whenEmpty: (() => void) | undefined
  #whenEnding: (() => void) | undefined
  readonly #closed: Promise<void>
  #resolveClosed!: () => void

  constructor(options: ResolvedOptions, application: Application) {
    this.options = options
    this.tls = new TlsContext(options.tls)
    this.application = application
    this.unread = new UnreadBudget(options.maxUnreadBytes)
    this.#connections = new OpenConnections(options)
    this.#closed = new Promise((resolve) => (this.#resolveClosed = resolve))
  }

  /** Resolves once the server is closed. */
  get closed(): Promise<void> {
    return this.#closed
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Empty before the server listens. */
  get runtimeName(): string {
    return this.#runtime?.name ?? ''
  }

  now(): number {
    return performance.now()
  }

  /** Begins to listen. Rejects with the system's error, such as `EADDRINUSE`. */
  async listen(address: Address): Promise<Address> {
    if (this.#closing)
      throw new HTTPError('ERR_SERVER_CLOSED', 'the server was closed: make a new one')
    this.#listening ??= this.#bind(address)
    try {
      return (await this.#listening).address
    } catch (error) {
      // Another attempt may succeed.
      this.#listening = undefined
      throw error
    }
  }

  chooserFor(connection: ProtocolHost): ProtocolChooser {
    return new FirstBytes(connection)
  }

  forget(connection: Connection): void {
    if (this.receiver === connection) this.receiver = undefined
    this.#connections.delete(connection)
    this.#totals.add(connection.counts)
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }

  stats(): ServerStats {
    return this.#totals.read(this.#connections, this.#engine)
  }

  get #engine(): Engine {
    return this.options.engine ?? Engine.shared()
  }

  /** SIGINT and SIGTERM close the server gracefully; the next signal closes it at once. */
  #closeOnSignals(): void {
    this.#ignoreSignals = this.#runtime?.onShutdownSignal?.(() => {
      void this.close({ graceful: this.#closing === undefined })
    })
  }

  /** Closes the server. A second call that is not graceful ends a graceful shutdown at once. */
  close({ graceful = false }: CloseOptions = {}): Promise<void> {
    if (!graceful) this.#endNow()
    this.#closing ??= this.#close(graceful)
    return this.#closing
  }

  async #bind({ host, port }: Address): Promise<Listening> {
    const { http1, fd, reusePort, backlog, timeouts, maxConnections, runtime } = this.options
    this.#runtime = runtime ?? (await detectRuntime())
    const tls = this.tls.current
    // Set before `listen` is called, because a connection may arrive before `listen` has resolved.
    this.atEndOfTurn = this.#runtime.atEndOfTurn?.bind(this.#runtime) ?? afterPromises
    this.afterOthers = this.#runtime.afterOthers?.bind(this.#runtime) ?? this.atEndOfTurn
    const listening = await this.#runtime.listen(
      {
        host: host === '' ? null : host,
        port,
        tls,
        alpnProtocols: http1 ? bothProtocols : ['h2'],
        reusePort,
        handshakeTimeout: timeouts.handshake || mostTime,
        keepAliveDelay: timeouts.ping,
        maxHandshakes: maxConnections,
        ...(fd === undefined ? {} : { fd }),
        ...(backlog === undefined ? {} : { backlog }),
      },
      {
        onConnection: (transport) => this.#accept(transport),
        onRefused: (error, remoteAddress) => this.#refused(error, remoteAddress),
      },
    )
    this.reusesReadBuffer = listening.reusesReadBuffer
    try {
      this.tls.listensWith(listening, tls)
      if (this.options.gracefulShutdown) this.#closeOnSignals()
    } catch (error) {
      // A server that fails to start leaves no port open.
      await listening.close()
      throw error
    }
    this.#tickedAt = this.now()
    this.#ticker = setInterval(() => this.#tick(), tickPeriod)
    return listening
  }

  #accept(transport: Transport): TransportSink {
    const { remoteAddress } = transport
    const { used } = this.#engine.memoryUsage()
    const limit = this.#connections.makeRoom(remoteAddress.host, used, this.now())
    if (limit !== undefined) {
      this.#totals.refused(limit)
      this.#report(tooManyConnections(limit, this.options), 'connection', remoteAddress)
      return this.#refusedConnections.refuse(transport)
    }
    let connection: Connection
    try {
      connection = new Connection(this, transport)
    } catch (error) {
      this.#report(error, 'server', remoteAddress)
      transport.destroy()
      return ignoringTransport
    }
    this.#totals.connections++
    this.#connections.add(connection)
    if (this.#isAnnounced) connection.announceShutdown()
    else if (this.#closing && !this.#isDraining) connection.terminate()
    return connection
  }

  #refused(error: Error, remoteAddress: Address | null): void {
    const isTimeout = error instanceof HTTPError && error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT'
    if (isTimeout) this.#totals.timedOut('handshake')
    this.#report(error, 'connection', remoteAddress)
  }

  #report(error: unknown, source: ErrorWhere['source'], remoteAddress: Address | null): void {
    tellError(this.options.onError, error, { source, remoteAddress })
  }

  /** A process that was stopped reads what has arrived meanwhile before its clients are judged. */
  #tick(): void {
    const now = this.now()
    const isLate = now - this.#tickedAt > mostLate
    this.#tickedAt = now
    if (isLate) return
    for (const connection of this.#connections) connection.tick(now)
  }

  async #close(graceful: boolean): Promise<void> {
    this.#isDraining = graceful
    if (graceful) await new Promise((resolve) => setTimeout(resolve, acceptPeriod))
    let listening: Listening | undefined
    try {
      listening = await this.#listening
      await listening?.close()
    } catch {
      // The server never listened; the caller of listen() got the error.
    }
    if (this.#isDraining) this.#announce()
    if (this.#isDraining) await this.#handshakes(listening)
    if (this.#isDraining) await this.#drain()
    this.#endNow()
    await this.#untilEmpty()
    clearTimeout(this.#destroyer)
    clearInterval(this.#ticker)
    this.#ignoreSignals?.()
    this.#resolveClosed()
  }

  /**
   * RFC 9113 §6.8: a notice, then GOAWAY, then the streams that are open finish. Clients that were told while the server
   * still listened would connect again, to a listener whose close resets connections that have just come.
   */
  #announce(): void {
    this.#isAnnounced = true
    for (const connection of this.#connections) connection.announceShutdown()
  }

  /** Waits for TLS handshakes that are under way, for `handshakePeriod` or until `#endNow()`. */
  async #handshakes(listening: Listening | undefined): Promise<void> {
    if (!listening?.settled) return
    const over = new Promise<void>((resolve) => (this.#whenEnding = resolve))
    const timer = setTimeout(() => this.#whenEnding?.(), handshakePeriod)
    await Promise.race([listening.settled(), over])
    clearTimeout(timer)
  }

  /** Waits for the connections to end, until `timeouts.shutdown` or until `#endNow()`. */
  async #drain(): Promise<void> {
    const { shutdown } = this.options.timeouts
    const deadline = shutdown > 0 ? setTimeout(() => this.#endNow(), shutdown) : undefined
    await this.#untilEmpty()
    clearTimeout(deadline)
  }

  #endNow(): void {
    if (this.#isImmediate) return
    this.#whenEnding?.()
    this.#isDraining = this.#isAnnounced = false
    this.#isImmediate = this.#closing !== undefined
    for (const connection of this.#connections) connection.terminate()
    if (this.#closing) this.#destroyer = setTimeout(() => this.#destroyAll(), closePeriod)
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  #untilEmpty(): Promise<void> {
    if (this.#connections.size === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#whenEmpty = resolve))
  }
}
