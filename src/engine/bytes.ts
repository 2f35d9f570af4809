const noBytes = new Uint8Array(0)

/**
 * What is bytes, as a `Uint8Array` of this realm over the same memory: any view, ArrayBuffer or SharedArrayBuffer of any
 * realm. `undefined` for all else. Throws a TypeError for memory that was transferred.
 */
export function asBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array && value.length > 0) return value
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  }
  return isBuffer(value) ? new Uint8Array(value) : undefined
}

function isBuffer(value: unknown): value is ArrayBuffer {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof ArrayBuffer) return true
  const kind = Object.prototype.toString.call(value)
  return kind === '[object ArrayBuffer]' || kind === '[object SharedArrayBuffer]'
}

/** The chunks in one piece: the only one itself, or a copy of all. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length < 2) return chunks[0] ?? noBytes
  let length = 0
  for (const chunk of chunks) length += chunk.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
