/** RFC 1951: the sizes and tables both directions share. */

/** Literals 0–255, end of block 256, lengths 257–285. */
export const literalCodes = 286
export const distanceCodes = 30
export const endOfBlock = 256
export const maxCodeLength = 15
export const maxWindow: number = 32 * 1024
export const minMatch = 3
export const maxMatch = 258

/** §3.2.7: the order in which the lengths of the code-length code are sent. */
export const codeLengthOrder: readonly number[] = [
  16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
]

/** §3.2.5: the first length of each of the codes 257 to 285, and how many bits follow. */
export const lengthBase: Uint16Array = new Uint16Array(29)
export const lengthExtra: Uint8Array = new Uint8Array(29)
/** §3.2.5: the same for the distance codes. */
export const distanceBase: Uint16Array = new Uint16Array(distanceCodes)
export const distanceExtra: Uint8Array = new Uint8Array(distanceCodes)

let base = minMatch
for (let code = 0; code < 28; code++) {
  const extra = code < 8 ? 0 : (code >> 2) - 1
  lengthBase[code] = base
  lengthExtra[code] = extra
  base += 1 << extra
}
// The longest match has its own code.
lengthBase[28] = maxMatch
base = 1
for (let code = 0; code < distanceCodes; code++) {
  const extra = code < 4 ? 0 : (code >> 1) - 1
  distanceBase[code] = base
  distanceExtra[code] = extra
  base += 1 << extra
}

/** §3.2.6: the code lengths of the fixed codes, the two codes that never occur included. */
export const fixedLiteralLengths: Uint8Array = new Uint8Array(288)
  .fill(8, 0, 144)
  .fill(9, 144, 256)
  .fill(7, 256, 280)
  .fill(8, 280)
export const fixedDistanceLengths: Uint8Array = new Uint8Array(32).fill(5)

/** The lowest `length` bits of `code` the other way round: Huffman codes are packed from their first bit. */
export function reversed(code: number, length: number): number {
  let from = code
  let to = 0
  for (let i = 0; i < length; i++) {
    to = (to << 1) | (from & 1)
    from >>>= 1
  }
  return to
}
