const frameHeader = 9
const DATA = 0x0
const PADDED = 0x8
/** Shorter pieces are copied whole. */
const worthALook = 8 * 1024

/** `Io.inputUnread` where the place of the next frame is not known. */
export const UNKNOWN = 0xffff_ffff

/**
 * Copies received bytes to the input region at `to`, but for the payloads of DATA frames (RFC 9113 §6.1): they are told
 * as places in `piece`, and nothing in linear memory reads them. The first `unread` bytes are one.
 */
export function copyFrames(
  piece: Uint8Array,
  memory: Uint8Array,
  to: number,
  unread: number,
): void {
  if (unread === UNKNOWN || piece.length < worthALook) {
    memory.set(piece, to)
    return
  }
  let start = unread
  let at = unread
  while (at + frameHeader <= piece.length) {
    const length = (piece[at]! << 16) | (piece[at + 1]! << 8) | piece[at + 2]!
    const next = at + frameHeader + length
    if (piece[at + 3] === DATA) {
      // The length of the padding is read.
      const end = at + frameHeader + ((piece[at + 4]! & PADDED) === 0 ? 0 : 1)
      memory.set(piece.subarray(start, end), to + start)
      start = next
    }
    at = next
  }
  if (start < piece.length) memory.set(piece.subarray(start), to + start)
}
