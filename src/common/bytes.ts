/** No bytes at all. */
export const noBytes: Uint8Array<ArrayBuffer> = new Uint8Array(0)

/**
 * What is bytes, as a `Uint8Array` of this realm over the same memory: any view, ArrayBuffer or SharedArrayBuffer of any
 * realm. `undefined` for all else. Throws a TypeError for memory that was transferred, and for a view beyond the end of
 * memory that was made smaller.
 */
export function asBytes(value: unknown): Uint8Array | undefined {
  // By its internal slots: a Proxy, or an object with the prototype of one, is no view, and has no length.
  if (!ArrayBuffer.isView(value)) return isBuffer(value) ? new Uint8Array(value) : undefined
  // Not `length`: optimized code of V8 11 (Node 20) reads the old one of transferred memory, where it has also met views
  // of memory that can be resized.
  if (value instanceof Uint8Array && value.byteLength > 0) return value
  if (value.byteLength === 0) checkBounds(value)
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

/** Throws a TypeError for an array whose memory is gone; its length of 0 does not tell. That of a DataView throws. */
function checkBounds(view: ArrayBufferView): void {
  if (kindOf(view) !== '[object DataView]') Uint8Array.prototype.at.call(view as Uint8Array, 0)
}

function isBuffer(value: unknown): value is ArrayBuffer {
  if (typeof value !== 'object' || value === null) return false
  let kind: string
  try {
    kind = kindOf(value)
  } catch {
    return false // A Proxy that throws is no buffer.
  }
  if (kind === '[object ArrayBuffer]') return hasSlots(ArrayBuffer.prototype, value)
  return kind === '[object SharedArrayBuffer]' && hasSlots(SharedArrayBuffer.prototype, value)
}

function kindOf(value: object): string {
  return Object.prototype.toString.call(value)
}

/** Whether a getter of `prototype` takes the object: a tag can be anything's. */
function hasSlots(prototype: object, value: object): boolean {
  try {
    Reflect.get(prototype, 'byteLength', value)
    return true
  } catch {
    return false
  }
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

/** Two pieces as one. */
export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
