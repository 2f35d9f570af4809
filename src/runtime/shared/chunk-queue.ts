import { bodyChangedError } from '../../common/body-changed.ts'

/**
 * A queue of bytes to send. Chunks are kept by reference. A chunk whose buffer is transferred or made smaller in the
 * queue makes `first` and `peek` throw `ERR_BODY_CHANGED`: frames that announce its bytes were sent already.
 */
export class ChunkQueue {
  /** Number of bytes in the queue. */
  length = 0
  #chunks: Uint8Array[] = []
  /** Lengths of the chunks when they were added. */
  #lengths: number[] = []
  #head = 0

  push(chunk: Uint8Array): void {
    // `byteLength` instead of `length`: see asBytes.
    const length = chunk.byteLength
    if (length === 0) return
    this.#chunks.push(chunk)
    this.#lengths.push(length)
    this.length += length
  }

  /** The first chunk. Call it only while `length` is not 0. */
  get first(): Uint8Array {
    return this.#at(this.#head)
  }

  /** Copies as many whole chunks from the front as fit, and returns the number of bytes; removes none of them. */
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
    // A large array is replaced, a small one is kept.
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
    // A view that has grown with its buffer still has its first bytes.
    if (chunk.byteLength > length) return chunk.subarray(0, length)
    throw bodyChangedError()
  }
}
