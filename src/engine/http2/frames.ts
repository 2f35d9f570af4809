import { ErrorCode } from '../../common/errors.ts'

/** Frames that the engine writes or changes without nghttp2 (RFC 9113 §4.1). */

export const FRAME_HEADER = 9
const RST_STREAM = 0x3
const GOAWAY = 0x7
const END_STREAM = 0x1
const PADDED = 0x8
/** The offset of the flags in a frame header. */
const flagsAt = 4

/** A GOAWAY frame (RFC 9113 §6.8). */
export function goawayFrame(lastStreamId: number, errorCode: number): Uint8Array {
  return frame(GOAWAY, 0, lastStreamId, errorCode)
}

/** A RST_STREAM frame (RFC 9113 §6.4). */
export function rstStreamFrame(streamId: number, errorCode: number): Uint8Array {
  return frame(RST_STREAM, streamId, errorCode)
}

function frame(type: number, streamId: number, ...words: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(FRAME_HEADER + 4 * words.length))
  view.setUint8(2, 4 * words.length)
  view.setUint8(3, type)
  view.setUint32(5, streamId)
  words.forEach((word, i) => view.setUint32(FRAME_HEADER + 4 * i, word))
  return new Uint8Array(view.buffer)
}

/**
 * Clears END_STREAM of the DATA frame whose payload of `length` bytes is spliced in at `at` of `output`. Returns where
 * the frame ends in `output`, after its padding; `undefined`: the frame had no END_STREAM.
 */
export function clearEndStream(output: Uint8Array, at: number, length: number): number | undefined {
  // Without padding the header ends at `at`, and has the length of the payload. With padding the pad length is between
  // the two.
  const plain = at - FRAME_HEADER
  const announced = (output[plain]! << 16) | (output[plain + 1]! << 8) | output[plain + 2]!
  const isPlain = announced === length && (output[plain + flagsAt]! & PADDED) === 0
  const flags = (isPlain ? plain : plain - 1) + flagsAt
  if ((output[flags]! & END_STREAM) === 0) return undefined
  output[flags]! &= ~END_STREAM
  return isPlain ? at : at + output[at - 1]!
}

/** The code of a GOAWAY for a session that failed with this error (RFC 9113 §7). */
export function goawayCode(code: string): number {
  switch (code) {
    case 'NGHTTP2_ERR_BAD_CLIENT_MAGIC':
      return ErrorCode.PROTOCOL_ERROR
    case 'NGHTTP2_ERR_FLOODED':
    case 'NGHTTP2_ERR_TOO_MANY_CONTINUATIONS':
      return ErrorCode.ENHANCE_YOUR_CALM
    default:
      return ErrorCode.INTERNAL_ERROR
  }
}
