/** An empty array. */
export const noBytes: Uint8Array<ArrayBuffer> = new Uint8Array(0)

/**
 * A `Uint8Array` of this realm over the memory of `value`: any view, ArrayBuffer or SharedArrayBuffer of any realm.
 * `undefined` for other values. Throws a TypeError for transferred memory, and for a view beyond the end of memory that
 * was made smaller.
 */
export function asBytes(value: unknown): Uint8Array | undefined {
  // Internal slots decide: a Proxy, or an object with the prototype of a view, is no view.
  if (!ArrayBuffer.isView(value)) return isBuffer(value) ? new Uint8Array(value) : undefined
  // `byteLength` instead of `length`: optimized code of V8 11 (Node 20) gives the old `length` of transferred memory,
  // once it has met views of resizable memory.
  if (value instanceof Uint8Array && value.byteLength > 0) return value
  if (value.byteLength === 0) checkBounds(value)
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
}

/** Throws a TypeError for an array whose memory was transferred: its length is 0. Only a DataView's length throws. */
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

/** Whether a getter of `prototype` takes the object. The tag does not decide, because any object can have one. */
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
