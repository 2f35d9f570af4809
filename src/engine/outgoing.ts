/** The part of a stream's body that JavaScript still holds: chunks in order, handed out as slices. */
export class OutgoingBody {
  /** Bytes not handed out yet. */
  length = 0
  readonly #chunks: Uint8Array[] = []
  /** Chunks before this index are spent. */
  #first = 0
  /** Bytes of the first chunk that are spent. */
  #offset = 0

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.length += chunk.length
  }

  /** Appends slices that make up the next `length` bytes to `to`. No byte is copied. */
  take(length: number, to: Uint8Array[]): void {
    this.length -= length
    while (length > 0) {
      const chunk = this.#chunks[this.#first]!
      const end = Math.min(this.#offset + length, chunk.length)
      to.push(chunk.subarray(this.#offset, end))
      length -= end - this.#offset
      this.#offset = end
      if (end === chunk.length) this.#drop()
    }
  }

  #drop(): void {
    this.#offset = 0
    this.#first++
    if (this.#first === this.#chunks.length) {
      this.#chunks.length = this.#first = 0
    } else if (this.#first === 64) {
      this.#chunks.splice(0, this.#first)
      this.#first = 0
    }
  }
}
