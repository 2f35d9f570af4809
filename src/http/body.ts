import { noBytes } from '../common/bytes.ts'
import { asBytes } from '../common/bytes.ts'
import { bodyChangedError } from '../common/body-changed.ts'
import { HTTPError } from '../common/errors.ts'

/** A piece of a body. A string is sent as UTF-8. */
export type BodyChunk = Uint8Array | string

/** For a pull function's result: more may follow. */
export const DATA_OK = 0
/** For a pull function's result: these were the last bytes. */
export const DATA_EOF = 1
/** For a pull function's result: no bytes yet; the function is called again after `resume()`. */
export const DATA_DEFERRED = 2

/** Result of a pull function: bytes (or none), and `DATA_OK`, `DATA_EOF` or `DATA_DEFERRED`. */
export type PullResult = readonly [
  chunk: BodyChunk | null,
  flag: typeof DATA_OK | typeof DATA_EOF | typeof DATA_DEFERRED,
]

/** Gives at most about `size` bytes of a body each time it is called. */
export type PullFunction = (size: number) => PullResult | Promise<PullResult>

/** A body that is complete. */
export type WholeBody = null | undefined | BodyChunk | ArrayBuffer | ArrayBufferView

/** Anything that can be sent as a body. */
export type Body =
  | WholeBody
  | ReadableStream<BodyChunk>
  | AsyncIterable<BodyChunk>
  | Iterable<BodyChunk>
  | Blob
  | PullFunction

const encoder = new TextEncoder()

/** The bytes of a chunk. */
export function toBytes(chunk: BodyChunk): Uint8Array {
  return typeof chunk === 'string' ? encoder.encode(chunk) : chunk
}

/** Texts longer than this are encoded without a check for ASCII. */
const shortText = 4096

/**
 * A complete body, as bytes, or as a short text of ASCII, which needs no encoding: each character is a byte.
 * `undefined` for a body that has to be read.
 */
export function wholeBody(body: Body): Uint8Array | string | undefined {
  if (typeof body === 'string') {
    return body.length <= shortText && isAscii(body) ? body : encoder.encode(body)
  }
  if (body === null || body === undefined) return noBytes
  return bytesOf(body)
}

/** The bytes of a piece of a body; throws `ERR_INVALID_BODY` for another value. */
export function chunkOf(value: unknown): BodyChunk {
  const chunk = typeof value === 'string' ? value : bytesOf(value)
  if (chunk !== undefined) return chunk
  throw new HTTPError(
    'ERR_INVALID_BODY',
    `a body consists of strings or bytes, not ${typeof value}`,
  )
}

/** The bytes of a view or buffer; `undefined` for other values. Throws `ERR_BODY_CHANGED` for a transferred buffer. */
function bytesOf(value: unknown): Uint8Array | undefined {
  try {
    return asBytes(value)
  } catch {
    throw bodyChangedError()
  }
}

/** Up to this length a loop is faster than the runtime's encoder. */
const loopLength = 48
/** The text fits: a UTF-16 unit takes at most three bytes. */
const scratch = new Uint8Array(3 * shortText)

function isAscii(text: string): boolean {
  const { length } = text
  if (length > loopLength) return encoder.encodeInto(text, scratch).written === length
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
