const frameHeader = 9
const DATA = 0x0
const PADDED = 0x8
/** Shorter pieces are copied whole. */
const worthALook = 8 * 1024

/** `Io.inputUnread` where the start of the next frame is not known. */
export const UNKNOWN = 0xffff_ffff

/**
 * Copies received bytes to the input region at `to`, except the payloads of DATA frames (RFC 9113 §6.1). Payloads are
 * reported as ranges of `piece`, and the module does not read them. The first `unread` bytes are a payload.
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
      // The module reads the pad length.
      const end = at + frameHeader + ((piece[at + 4]! & PADDED) === 0 ? 0 : 1)
      memory.set(piece.subarray(start, end), to + start)
      start = next
    }
    at = next
  }
  if (start < piece.length) memory.set(piece.subarray(start), to + start)
}
