import { checkObject, invalidArgument } from '../../common/arguments.ts'
import { checkEngine, type Engine } from '../../engine/engine.ts'
import { HTTPError } from '../../common/errors.ts'
import { type Limits, resolveLimits } from '../../engine/http2/limits.ts'
import {
  checkFunction,
  most32,
  type NumberRange,
  type NumberTable,
  resolveBoolean,
  type Resolved,
  resolveNumber,
} from '../../common/option-table.ts'
import type { Settings } from '../../common/settings.ts'
import { settingsToWords } from '../../engine/http2/settings.ts'
import type { ProtocolName } from '../../exchange/connection-info.ts'
import { resolveTimeouts, type Timeouts, type Times } from '../times/timeouts.ts'
import type { ConnectionLimits } from './connection-limits.ts'
import { resolveTls } from './tls-options.ts'
import type { Address, Runtime, TlsOptions } from '../../transport/transport.ts'

/** A line of the request log. */
export interface LogEntry {
  readonly remoteAddress: Address
  readonly protocol: ProtocolName
  /** With HTTP/1.1 the ordinal number of the request on its connection. */
  readonly streamId: number
  readonly method: string
  readonly path: string
  readonly status: number
  /** The response was pushed. */
  readonly pushed: boolean
}

/** Options of both servers, `serve()` and `HTTP2Server`. */
export interface ServerOptions {
  /** Certificate and key, in PEM, as strings or as bytes; `null`: cleartext. */
  readonly tls?: TlsOptions | null
  /** HTTP/1.1 on the same port, beside HTTP/2. Default true. */
  readonly http1?: boolean
  /** The server's values in SETTINGS; merged over the defaults of this server. */
  readonly settings?: Settings
  /** Bytes a client may have in flight on a connection, 65,535 to 2^31-1. Default 16 MiB. */
  readonly connectionWindowSize?: number
  readonly limits?: Limits
  readonly timeouts?: Timeouts
  /**
   * Bytes a second that a client must move, in the mean of 30 seconds, while a stream waits for the client to read, or to
   * send the request's body before the response has begun; else the stream is reset, or the connection that takes too
   * few bytes is dropped. 0: no limit. Default 100.
   */
  readonly minDataRate?: number
  /**
   * A `date` field in every response that has none (RFC 9110 §6.6.1). Default: true with `serve`, false with
   * `HTTP2Server`.
   */
  readonly date?: boolean
  /** The most bytes of padding in a frame, 0 to 256. Default 0. */
  readonly padding?: number
  /**
   * The file descriptor of a listening socket that the process was started with, used instead of an address; for
   * example 3 from systemd's socket units. Several processes may have the same socket, and take turns on it without
   * losing a connection.
   */
  readonly fd?: number
  /** Several processes may share the port, where the runtime and the system allow it. */
  readonly reusePort?: boolean
  /** Pending connections the system queues. */
  readonly backlog?: number
  /** SIGINT and SIGTERM close the server gracefully; a second signal closes it at once. Default false. */
  readonly gracefulShutdown?: boolean
  /**
   * The most bytes of a request's body. A request with a larger `content-length` is answered with 413, and no handler
   * is called. Another request is reset when its body is longer; the reader of the body gets `ERR_BODY_TOO_LARGE`.
   * Tunnels have no limit. Default 128 MiB; `Infinity`: no limit.
   */
  readonly maxRequestBodySize?: number
  /**
   * The most bytes of request bodies that clients may have in flight or waiting for a handler, for all connections
   * together. The 64 KiB that the protocol gives each connection are not counted. When the bytes are used up, no window
   * grows. Default 256 MiB; `Infinity`: no limit.
   */
  readonly maxUnreadBytes?: number
  /**
   * The most connections that are open. For one more, the connection that has had no streams for the longest time is
   * ended; if all have streams, the new one is answered with 503 or GOAWAY. As many may be in a TLS handshake. Default 10,000; `Infinity`: no limit.
   */
  readonly maxConnections?: number
  /**
   * The most open connections from one address; a further one is refused. Behind a proxy all clients have its address.
   * Default `Infinity`: no limit.
   */
  readonly maxConnectionsPerAddress?: number
  /**
   * Bytes of the engine's linear memory in use from which on new connections are taken as beyond `maxConnections`. The
   * memory ends at 1 GiB. Default 512 MiB; `Infinity`: no limit.
   */
  readonly maxMemory?: number
  /** The engine of this server's sessions. Default: the engine of this thread. */
  readonly engine?: Engine
  /** The runtime to use. Default: the runtime that this program runs on. */
  readonly runtime?: Runtime
  /**
   * Called for errors of handlers, of connections and of the server. Default: prints those of handlers and of the
   * server.
   */
  readonly onError?: (error: unknown, where: ErrorWhere) => void
  /** Called for every response as its header fields are submitted. Default: none. */
  readonly log?: (entry: LogEntry) => void
}

/** The place of an error. */
export interface ErrorWhere {
  /**
   * `handler`: the user's code threw; `connection`: the peer or the socket failed; `server`: a connection could not be
   * served, for example because memory ran out, or the promise of `onListen` was rejected.
   */
  readonly source: 'handler' | 'connection' | 'server'
  readonly streamId?: number
  readonly remoteAddress: Address | null
}

/** Options with the defaults filled in. */
export interface ResolvedOptions extends ConnectionLimits, Times {
  readonly tls: TlsOptions | null
  readonly http1: boolean
  readonly settings: Settings
  readonly connectionWindowSize: number
  readonly limits: Resolved<Limits>
  readonly date: boolean
  readonly padding: number
  readonly fd: number | undefined
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

type Numbers = Required<
  Pick<
    ServerOptions,
    | 'connectionWindowSize'
    | 'minDataRate'
    | 'padding'
    | 'maxRequestBodySize'
    | 'maxUnreadBytes'
    | keyof ConnectionLimits
  >
>

const most = Number.MAX_SAFE_INTEGER
const MiB = 1024 * 1024

const numbers: NumberTable<Numbers> = {
  connectionWindowSize: { fallback: 16 * MiB, least: 65_535, most: 0x7fff_ffff },
  minDataRate: { fallback: 100, least: 0, most: most32 },
  padding: { fallback: 0, least: 0, most: 256 },
  maxRequestBodySize: { fallback: 128 * MiB, least: 0, most, mayBeInfinite: true },
  maxUnreadBytes: { fallback: 256 * MiB, least: 0, most, mayBeInfinite: true },
  maxConnections: { fallback: 10_000, least: 1, most, mayBeInfinite: true },
  maxConnectionsPerAddress: { fallback: Infinity, least: 1, most, mayBeInfinite: true },
  maxMemory: { fallback: 512 * MiB, least: 1, most, mayBeInfinite: true },
}
const descriptors: NumberRange = { fallback: 0, least: 0, most: 0x7fff_ffff }
const backlogs: NumberRange = { fallback: 0, least: 1, most: 0x7fff_ffff }
const ports = { least: 0, most: 65_535 }

/**
 * Checks all options and fills in the defaults, so that nothing listens with options that no connection could be served
 * with. Throws `ERR_INVALID_ARGUMENT` or `ERR_INVALID_SETTING`.
 */
export function resolveOptions(options: ServerOptions): ResolvedOptions {
  checkObject('options', options)
  const number = (name: keyof Numbers): number => resolveNumber(name, options[name], numbers[name])
  const { runtime, engine, fd, backlog, onError } = options
  if (engine !== undefined) checkEngine(engine)
  checkFunction('onError', onError)
  return {
    tls: resolveTls(options.tls),
    http1: resolveBoolean('http1', options.http1, true),
    settings: resolveSettings(options),
    connectionWindowSize: number('connectionWindowSize'),
    limits: resolveLimits(options.limits),
    timeouts: resolveTimeouts(options.timeouts),
    minDataRate: number('minDataRate'),
    date: resolveBoolean('date', options.date, false),
    padding: number('padding'),
    fd: fd === undefined ? undefined : resolveNumber('fd', fd, descriptors),
    reusePort: resolveReusePort(options),
    backlog: backlog === undefined ? undefined : resolveNumber('backlog', backlog, backlogs),
    gracefulShutdown: resolveBoolean('gracefulShutdown', options.gracefulShutdown, false),
    maxRequestBodySize: number('maxRequestBodySize'),
    maxUnreadBytes: number('maxUnreadBytes'),
    maxConnections: number('maxConnections'),
    maxConnectionsPerAddress: number('maxConnectionsPerAddress'),
    maxMemory: number('maxMemory'),
    engine,
    runtime: checkRuntime(runtime),
    onError: onError ?? reportToConsole,
    log: checkFunction('log', options.log),
  }
}

function resolveReusePort({ reusePort, fd }: ServerOptions): boolean {
  const resolved = resolveBoolean('reusePort', reusePort, false)
  if (resolved && fd !== undefined) {
    throw invalidArgument('reusePort', 'false beside fd, whose socket is bound already', reusePort)
  }
  return resolved
}

/** The address to listen on; throws `ERR_INVALID_ARGUMENT`. `names`: the names of both arguments in error messages. */
export function resolveAddress(
  host: unknown,
  port: unknown,
  defaultPort: number,
  names: readonly [host: string, port: string],
): Address {
  if (host !== undefined && typeof host !== 'string') {
    throw invalidArgument(names[0], 'a string', host)
  }
  const range = { ...ports, fallback: defaultPort }
  return { host: host ?? '', port: resolveNumber(names[1], port, range) }
}

/** The given settings over the defaults; a setting that is `undefined` has its default. */
function resolveSettings({ settings, limits }: ServerOptions): Settings {
  settingsToWords(settings === undefined ? {} : settings)
  const given: Settings = { ...settings }
  if (given.enablePush === true || Number(given.enablePush) === 1) {
    // RFC 9113 §6.5.2: a server MUST NOT set it to 1.
    throw new HTTPError('ERR_INVALID_SETTING', "enablePush is a client's to say: leave it out")
  }
  const { maxHeaderListSize } = resolveLimits(limits)
  const advertised = { maxHeaderListSize: Math.min(maxHeaderListSize, most32) }
  const said = Object.entries(given).filter(([, value]) => value !== undefined)
  return { ...defaultSettings, ...advertised, ...Object.fromEntries(said) }
}

function checkRuntime(runtime: Runtime | undefined): Runtime | undefined {
  if (runtime === undefined) return undefined
  if (typeof checkObject('runtime', runtime).listen === 'function') return runtime
  throw invalidArgument('runtime', 'a Runtime, which has listen()', runtime)
}

function reportToConsole(error: unknown, where: ErrorWhere): void {
  if (where.source === 'handler') console.error(`stream ${where.streamId}:`, error)
  else if (where.source === 'server') console.error(error)
}
