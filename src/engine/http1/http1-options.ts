import {
  most32,
  type NumberTable,
  type Resolved,
  resolveNumbers,
} from '../../common/option-table.ts'
import type { Engine } from '../engine.ts'

/** Limits of messages of HTTP/1.1. A message beyond a limit is refused, and no input is read any more. */
export interface HTTP1Limits {
  /** Fields of one header block (status 431), or of the trailers (status 400). Default 128. */
  readonly maxHeaderFields?: number
  /**
   * Bytes of one header block (status 431), or of the trailers (status 400): names, values and 32 a field. Default 64
   * KiB.
   */
  readonly maxHeaderListSize?: number
  /** Bytes of a request target (status 414). Default 16 KiB. */
  readonly maxTargetLength?: number
  /** Bytes of the chunk extensions of one message (status 413). Default 16 KiB. */
  readonly maxChunkExtensions?: number
}

/** Options of a session of HTTP/1.1. */
export interface HTTP1SessionOptions {
  /** Default: the engine of this thread. */
  readonly engine?: Engine
  readonly limits?: HTTP1Limits
  /** The connection is secured by TLS: the scheme of requests is `https`. Default false. */
  readonly isSecure?: boolean
  /** As `view` of `SessionOptions`. */
  readonly view?: ((bytes: Uint8Array) => Uint8Array) | undefined
}

function limit(fallback: number): NumberTable<HTTP1Limits>[keyof HTTP1Limits] {
  return { fallback, least: 1, most: most32, mayBeInfinite: true }
}

const table: NumberTable<HTTP1Limits> = {
  maxHeaderFields: limit(128),
  maxHeaderListSize: limit(64 * 1024),
  maxTargetLength: limit(16 * 1024),
  maxChunkExtensions: limit(16 * 1024),
}

/** Limits with the defaults filled in; throws `ERR_INVALID_ARGUMENT`. */
export function resolveHTTP1Limits(given: HTTP1Limits | undefined): Resolved<HTTP1Limits> {
  return resolveNumbers('limits', given, table)
}
