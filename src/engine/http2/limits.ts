import {
  most32,
  type NumberTable,
  type Resolved,
  resolveNumbers,
} from '../../common/option-table.ts'

/**
 * Limits of what a peer may cost. The defaults suit a server on the open internet. Each is an integer from 1 (from 0
 * where stated) to 2^32-1, or `Infinity`: no limit.
 */
export interface Limits {
  /** Bytes of linear memory that a session may hold; beyond, it ends with `NGHTTP2_ERR_NOMEM`. Default 16 MiB. */
  readonly maxSessionMemory?: number
  /**
   * Fields of one header block, trailers too. Further fields are dropped and the block is marked, which costs a token
   * of `streamResetBurst`. Beyond four times as many, the connection ends with ENHANCE_YOUR_CALM. Default 128.
   */
  readonly maxHeaderFields?: number
  /** Bytes of one header block: names, values and 32 a field (RFC 9113 §6.5.2); beyond, as above. Default 64 KiB. */
  readonly maxHeaderListSize?: number
  /** CONTINUATION frames of one header block, from 0; beyond, the connection ends. Default 8. */
  readonly maxContinuations?: number
  /** Entries of one SETTINGS frame; beyond, the connection ends. Default 32. */
  readonly maxSettings?: number
  /** Acknowledgements of PING and SETTINGS waiting to be sent; beyond, the connection ends. Default 1000. */
  readonly maxOutboundAcks?: number
  /** Frames waiting to be sent, bodies not counted; beyond, GOAWAY ENHANCE_YOUR_CALM. Default 10,000. */
  readonly maxOutboundQueue?: number
  /** RST_STREAM frames that a peer may send in a burst, or cause by malformed frames, from 0. Default 1000. */
  readonly streamResetBurst?: number
  /** RST_STREAM frames that are added to that budget each second, from 0. Default 33. */
  readonly streamResetRate?: number
  /** Frames without an effect that a peer may send in a burst, from 0. Default 10,000. */
  readonly glitchBurst?: number
  /** Frames without an effect that are added to that budget each second, from 0. Default 330. */
  readonly glitchRate?: number
  /** Promised streams whose responses have not begun; a client's limit, from 0. Default 200. */
  readonly maxReservedStreams?: number
  /** Bytes of a header block that is sent. Default 256 KiB. */
  readonly maxSendHeaderBlock?: number
}

/** At most `most32`, which the module takes for no limit. */
function limit(fallback: number, least = 1): NumberTable<Limits>[keyof Limits] {
  return { fallback, least, most: most32, mayBeInfinite: true }
}

const table: NumberTable<Limits> = {
  maxSessionMemory: limit(16 * 1024 * 1024),
  maxHeaderFields: limit(128),
  maxHeaderListSize: limit(64 * 1024),
  maxContinuations: limit(8, 0),
  maxSettings: limit(32),
  maxOutboundAcks: limit(1000),
  maxOutboundQueue: limit(10_000),
  streamResetBurst: limit(1000, 0),
  streamResetRate: limit(33, 0),
  glitchBurst: limit(10_000, 0),
  glitchRate: limit(330, 0),
  maxReservedStreams: limit(200, 0),
  maxSendHeaderBlock: limit(256 * 1024),
}

/** Limits with the defaults filled in; throws `ERR_INVALID_ARGUMENT`. */
export function resolveLimits(given: Limits | undefined): Resolved<Limits> {
  return resolveNumbers('limits', given, table)
}

export const defaultLimits: Required<Limits> = resolveLimits(undefined)
