import { bodyChangedError } from '../../common/body-changed.ts'

/**
 * Bytes that wait to be sent, in order. Chunks are kept as they are. One whose buffer is transferred or made smaller while
 * it waits makes `first` and `peek` throw `ERR_BODY_CHANGED`: frames that announce its bytes have gone out.
 */
export class ChunkQueue {
  /** How many bytes wait. */
  length = 0
  #chunks: Uint8Array[] = []
  /** Of the chunks, when they came. */
  #lengths: number[] = []
  #head = 0

  push(chunk: Uint8Array): void {
    // Not `length`: see asBytes.
    const length = chunk.byteLength
    if (length === 0) return
    this.#chunks.push(chunk)
    this.#lengths.push(length)
    this.length += length
  }

  /** The first chunk; there is one while `length` is not 0. */
  get first(): Uint8Array {
    return this.#at(this.#head)
  }

  /** Copies as many whole chunks from the front as fit, and tells how many bytes they have; removes nothing. */
  peek(target: Uint8Array): number {
    const chunks = this.#chunks
    let at = 0
    for (let i = this.#head; i < chunks.length; i++) {
      const chunk = this.#at(i)
      if (at + chunk.length > target.length) break
      target.set(chunk, at)
      at += chunk.length
    }
    return at
  }

  /** Removes bytes from the front. */
  drop(count: number): void {
    const chunks = this.#chunks
    const lengths = this.#lengths
    this.length -= count
    let left = count
    while (left > 0) {
      const length = lengths[this.#head]!
      if (left < length) {
        chunks[this.#head] = chunks[this.#head]!.subarray(left, length)
        lengths[this.#head] = length - left
        break
      }
      left -= length
      this.#head++
    }
    if (this.length === 0) this.clear()
    else if (this.#head > 64 && this.#head * 2 > chunks.length) {
      chunks.splice(0, this.#head)
      lengths.splice(0, this.#head)
      this.#head = 0
    }
  }

  clear(): void {
    this.length = 0
    this.#head = 0
    // A new array only when the old one may hold much.
    if (this.#chunks.length > 64) {
      this.#chunks = []
      this.#lengths = []
    } else {
      this.#chunks.length = this.#lengths.length = 0
    }
  }

  #at(index: number): Uint8Array {
    const chunk = this.#chunks[index]!
    const length = this.#lengths[index]!
    if (chunk.byteLength === length) return chunk
    // A view that follows its buffer's growth is as good as it was.
    if (chunk.byteLength > length) return chunk.subarray(0, length)
    throw bodyChangedError()
  }
}
