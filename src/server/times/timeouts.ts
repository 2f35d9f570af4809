import {
  mostTime,
  type NumberRange,
  type NumberTable,
  type Resolved,
  resolveNumbers,
} from '../../common/option-table.ts'

/**
 * Timeouts in milliseconds, integers to 2^31-1; 0 or `Infinity` turns a timeout off. All are checked once a second. The
 * breach of one is counted in `stats().timeouts`; `onError` gets an error with the code `ERR_TIMEOUT`, unless the client
 * has done nothing wrong.
 */
export interface Timeouts {
  /** A TLS handshake must be complete within this time; else the connection is dropped. Default 10,000. */
  readonly handshake?: number
  /**
   * What the client begins must be complete within this time: the first request, or the preface and SETTINGS of HTTP/2,
   * since the connection was accepted; the head of a later request, or any frame of HTTP/2 but DATA, since its first
   * byte. The answer is 408, or GOAWAY. Default 60,000.
   */
  readonly head?: number
  /**
   * A stream is reset after this if it waits for the client to read, or to send the request's body before the response
   * has begun, and no byte moves. A connection that takes no bytes is closed after this. Default 60,000. Clients that
   * move bytes, but few, breach `minDataRate`.
   */
  readonly stream?: number
  /** The client must acknowledge the server's SETTINGS within this time (RFC 9113 §6.5.3). Default 10,000. */
  readonly settings?: number
  /** A connection without streams is closed after this; an HTTP/1.1 connection after `keepAlive`. Default 180,000. */
  readonly idle?: number
  /** A connection of HTTP/1.1 that waits for its next request is closed after this. Default 65,000. */
  readonly keepAlive?: number
  /**
   * While streams are open and no byte moves for this long, the server asks whether the client is there: by PING (RFC
   * 9113 §6.7), over HTTP/1.1 by the system's TCP keep-alive, whose pauses the runtime chooses. Default 60,000.
   */
  readonly ping?: number
  /** The client must send a byte within this time after a PING; else the connection is dropped. Default 20,000. */
  readonly pingAck?: number
  /**
   * A connection takes no more requests after this (RFC 9113 §6.8); the requests that are under way have `shutdown` to
   * finish. Default 0: off.
   */
  readonly lifetime?: number
  /**
   * Connections that are still open when a graceful shutdown has taken this long are dropped. A client has this long,
   * and at most five seconds, to close its side after it has got all bytes and the server has closed its own. Default
   * 10,000.
   */
  readonly shutdown?: number
}

/** How long a client may take, and how slow it may be. */
export interface Times {
  readonly timeouts: Resolved<Timeouts>
  /** Bytes a second; 0: no limit. */
  readonly minDataRate: number
}

/** The names in `stats().timeouts`. */
export type TimeoutName = keyof Timeouts | 'minDataRate'

const time = (fallback: number): NumberRange => ({
  fallback,
  least: 0,
  most: mostTime,
  mayBeInfinite: true,
})

const timeouts: NumberTable<Timeouts> = {
  handshake: time(10_000),
  head: time(60_000),
  stream: time(60_000),
  settings: time(10_000),
  idle: time(180_000),
  keepAlive: time(65_000),
  ping: time(60_000),
  pingAck: time(20_000),
  lifetime: time(0),
  shutdown: time(10_000),
}

/** Timeouts with the defaults filled in; 0 stands for one that is off. Throws `ERR_INVALID_ARGUMENT`. */
export function resolveTimeouts(given: Timeouts | undefined): Resolved<Timeouts> {
  const resolved = Object.entries(resolveNumbers('timeouts', given, timeouts))
  const finite = resolved.map(([name, value]) => [name, value === Infinity ? 0 : value])
  return Object.fromEntries(finite) as Resolved<Timeouts>
}
