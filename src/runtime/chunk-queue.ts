/** Bytes that wait to be sent, in order. Chunks are kept as they are: nobody may change them any more. */
export class ChunkQueue {
  /** How many bytes wait. */
  length = 0
  #chunks: Uint8Array[] = []
  #head = 0

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.length += chunk.length
  }

  /** The first chunk; there is one while `length` is not 0. */
  get first(): Uint8Array {
    return this.#chunks[this.#head]!
  }

  /** Copies as many whole chunks from the front as fit, and tells how many bytes they have; removes nothing. */
  peek(target: Uint8Array): number {
    const chunks = this.#chunks
    let at = 0
    for (let i = this.#head; i < chunks.length; i++) {
      const chunk = chunks[i]!
      if (at + chunk.length > target.length) break
      target.set(chunk, at)
      at += chunk.length
    }
    return at
  }

  /** Removes bytes from the front. */
  drop(count: number): void {
    const chunks = this.#chunks
    this.length -= count
    let left = count
    while (left > 0) {
      const chunk = chunks[this.#head]!
      if (left < chunk.length) {
        chunks[this.#head] = chunk.subarray(left)
        break
      }
      left -= chunk.length
      this.#head++
    }
    if (this.length === 0) this.clear()
    else if (this.#head > 64 && this.#head * 2 > chunks.length) {
      chunks.splice(0, this.#head)
      this.#head = 0
    }
  }

  clear(): void {
    this.length = 0
    this.#head = 0
    // A new array only when the old one may hold much.
    if (this.#chunks.length > 64) this.#chunks = []
    else this.#chunks.length = 0
  }
}
