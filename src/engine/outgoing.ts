interface Link {
  readonly chunk: Uint8Array
  next: Link | undefined
}

/**
 * The part of a stream's body that waits: perhaps a short piece that linear memory holds, and chunks in order, which are
 * handed out whole or as slices.
 */
export class OutgoingBody {
  /** Bytes not handed out yet, the piece's included. */
  length = 0
  #first: Link | undefined
  #last: Link | undefined
  /** Bytes of the first chunk that are spent. */
  #offset = 0

  /** JavaScript holds some: a piece would overtake it. */
  get hasChunks(): boolean {
    return this.#first !== undefined
  }

  push(chunk: Uint8Array): void {
    const link: Link = { chunk, next: undefined }
    if (this.#first) this.#last!.next = link
    else this.#first = link
    this.#last = link
    this.length += chunk.length
  }

  /** Appends what makes up the next `length` bytes to `to`. No byte is copied. */
  take(length: number, to: Uint8Array[]): void {
    this.length -= length
    while (length > 0) {
      const { chunk } = this.#first!
      const start = this.#offset
      const end = Math.min(start + length, chunk.length)
      to.push(end - start === chunk.length ? chunk : chunk.subarray(start, end))
      length -= end - start
      this.#offset = end
      if (end === chunk.length) this.#drop()
    }
  }

  #drop(): void {
    const spent = this.#first!
    this.#first = spent.next
    if (!this.#first) this.#last = undefined
    this.#offset = 0
    // A link that has grown old would keep its successors until the next full collection.
    spent.next = undefined
  }
}
