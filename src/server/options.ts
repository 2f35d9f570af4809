import type { Engine } from '../engine/engine.ts'
import type { Limits } from '../engine/limits.ts'
import type { Settings } from '../engine/settings.ts'
import type { Address, Runtime, TlsOptions } from './transport.ts'

/** Milliseconds; 0 turns one off. */
export interface Timeouts {
  /** A connection without streams is closed after this. Default 180,000. */
  readonly idle?: number
  /**
   * A stream that waits for the client to read, or to send its request's body before anything is answered, is reset
   * after this; a connection that takes no bytes is closed. Default 60,000.
   */
  readonly stream?: number
  /** The client must acknowledge our SETTINGS (RFC 9113 §6.5.3). Default 10,000. */
  readonly settings?: number
  /** A TLS handshake must be complete. Default 10,000. */
  readonly handshake?: number
  /**
   * What is still open when a graceful shutdown has taken this long is dropped. At most five seconds of it are for a
   * client to close its side once we have closed ours. Default 10,000.
   */
  readonly shutdown?: number
}

/** A line of the request log. */
export interface LogEntry {
  readonly remoteAddress: Address
  readonly streamId: number
  readonly method: string
  readonly path: string
  readonly status: number
  /** The response was pushed. */
  readonly pushed: boolean
}

/** What both servers take. */
export interface ServerOptions {
  /** Certificate and key, in PEM; `null`: cleartext. */
  readonly tls?: TlsOptions | null
  /** What we tell the client in SETTINGS; merged over the defaults of this server. */
  readonly settings?: Settings
  /** Bytes a client may have in flight on a connection. Default 16 MiB. */
  readonly connectionWindowSize?: number
  readonly limits?: Limits
  readonly timeouts?: Timeouts
  /**
   * A `date` field in every response that has none (RFC 9110 §6.6.1). Default: with `serve` true; with `HTTP2Server`,
   * which sends no field that it is not told to send, false.
   */
  readonly date?: boolean
  /** Padding of frames, at most so many bytes. Default 0. */
  readonly padding?: number
  /** Several processes may share the port, where the runtime and the system allow it. */
  readonly reusePort?: boolean
  /** Pending connections the system queues. */
  readonly backlog?: number
  /** SIGINT and SIGTERM close the server, in order; a second one at once. Default false. */
  readonly gracefulShutdown?: boolean
  /**
   * Bytes of a request's body that are taken. Beyond, a request whose `content-length` says so is answered with 413, and no
   * handler is told; another is reset, which its reader sees as `ERR_BODY_TOO_LARGE`. Tunnels have no limit. Default
   * 128 MiB; `Infinity`: none.
   */
  readonly maxRequestBodySize?: number
  /**
   * Bytes of request bodies that clients may have in flight or waiting for a handler, all connections together and beyond
   * the 64 KiB that the protocol gives each. When they are used up, windows stay shut. Default 256 MiB; `Infinity`: none.
   */
  readonly maxUnreadBytes?: number
  /** The engine of this server's sessions. Default: the one of this thread. */
  readonly engine?: Engine
  /** Instead of the runtime this program runs on. */
  readonly runtime?: Runtime
  /** Told of what goes wrong in handlers, and of connections that fail. Default: handlers' errors to the console. */
  readonly onError?: (error: unknown, where: ErrorWhere) => void
  /** Told of every response as its header fields are submitted. Default: nobody. */
  readonly log?: (entry: LogEntry) => void
}

/** Where an error happened. */
export interface ErrorWhere {
  /**
   * `handler`: the user's code threw; `connection`: the peer or the socket failed; `server`: a connection could not be
   * served, for example because memory ran out.
   */
  readonly source: 'handler' | 'connection' | 'server'
  readonly streamId?: number
  readonly remoteAddress: Address | null
}

/** Options with the defaults filled in. */
export interface ResolvedOptions {
  readonly tls: TlsOptions | null
  readonly settings: Settings
  readonly connectionWindowSize: number
  readonly limits: Limits
  readonly timeouts: Required<Timeouts>
  readonly date: boolean
  readonly padding: number
  readonly reusePort: boolean
  readonly backlog: number | undefined
  readonly gracefulShutdown: boolean
  readonly maxRequestBodySize: number
  readonly maxUnreadBytes: number
  readonly engine: Engine | undefined
  readonly runtime: Runtime | undefined
  readonly onError: (error: unknown, where: ErrorWhere) => void
  readonly log: ((entry: LogEntry) => void) | undefined
}

const defaultSettings: Settings = {
  maxConcurrentStreams: 128,
  // The protocol's 64 KiB throttle an upload to 64 KiB a round trip.
  initialWindowSize: 1024 * 1024,
  maxHeaderListSize: 64 * 1024,
  noRfc7540Priorities: true,
}

const defaultTimeouts: Required<Timeouts> = {
  idle: 180_000,
  stream: 60_000,
  settings: 10_000,
  handshake: 10_000,
  shutdown: 10_000,
}

export function resolveOptions(options: ServerOptions): ResolvedOptions {
  const limits = options.limits ?? {}
  const advertised =
    limits.maxHeaderListSize === undefined ? {} : { maxHeaderListSize: limits.maxHeaderListSize }
  return {
    tls: options.tls ?? null,
    settings: { ...defaultSettings, ...advertised, ...options.settings },
    connectionWindowSize: options.connectionWindowSize ?? 16 * 1024 * 1024,
    limits,
    timeouts: { ...defaultTimeouts, ...options.timeouts },
    date: options.date ?? false,
    padding: options.padding ?? 0,
    reusePort: options.reusePort ?? false,
    backlog: options.backlog,
    gracefulShutdown: options.gracefulShutdown ?? false,
    maxRequestBodySize: options.maxRequestBodySize ?? 128 * 1024 * 1024,
    maxUnreadBytes: options.maxUnreadBytes ?? 256 * 1024 * 1024,
    engine: options.engine,
    runtime: options.runtime,
    onError: options.onError ?? reportToConsole,
    log: options.log,
  }
}

function reportToConsole(error: unknown, where: ErrorWhere): void {
  if (where.source === 'handler') console.error(`stream ${where.streamId}:`, error)
  else if (where.source === 'server') console.error(error)
}
