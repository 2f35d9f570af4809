/** The number of bytes in chunks. `byteLength` instead of `length`: see asBytes. */
export function totalLength(chunks: readonly Uint8Array[]): number {
  let length = 0
  for (const chunk of chunks) length += chunk.byteLength
  return length
}
