import { CloseCode } from './codes.ts'
import { Deflater } from './deflate/deflater.ts'
import { Inflater, InflateLimitError } from './deflate/inflater.ts'
import { WebSocketProtocolError } from './protocol-error.ts'

/** Compressing a longer message would block the thread for tens of milliseconds. */
const longestCompressed = 1024 * 1024

// No message depends on another, so all sockets share one of each. They are made at the first use.
let deflater: Deflater | undefined
let inflater: Inflater | undefined

/** The compressed payload; `undefined` when the payload is to be sent uncompressed. */
export function compress(payload: Uint8Array): Uint8Array | undefined {
  if (payload.length > longestCompressed) return undefined
  deflater ??= new Deflater()
  return deflater.deflate(payload)
}

/**
 * The message in a compressed payload, borrowed until the next call. Throws a `WebSocketProtocolError` with 1007 for
 * malformed data, and with 1009 as soon as the message is longer than `limit` bytes.
 */
export function decompress(payload: Uint8Array, limit: number): Uint8Array {
  inflater ??= new Inflater()
  try {
    return inflater.inflate(payload, limit)
  } catch (error) {
    if (error instanceof InflateLimitError) {
      throw new WebSocketProtocolError(
        CloseCode.MESSAGE_TOO_BIG,
        `a message is longer than ${limit} bytes when inflated`,
      )
    }
    throw new WebSocketProtocolError(
      CloseCode.INVALID_PAYLOAD,
      'a compressed message cannot be inflated',
      error,
    )
  }
}
