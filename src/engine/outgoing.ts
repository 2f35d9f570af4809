interface Link {
  readonly chunk: Uint8Array
  /** Of the chunk when it was pushed: its buffer may be transferred or resized since. */
  readonly length: number
  next: Link | undefined
}

/** Stands in for bytes that are gone; a DATA frame of nghttp2's carries at most so many. */
const zeros = new Uint8Array(16 * 1024)

/**
 * The part of a stream's body that waits: perhaps a short piece that linear memory holds, and chunks in order, which are
 * handed out whole or as slices.
 */
export class OutgoingBody {
  /** Bytes not handed out yet, the piece's included. */
  length = 0
  /** A chunk has lost bytes since it was pushed. Zeros take their place, so that frames keep the length they announce. */
  isChanged = false
  #first: Link | undefined
  #last: Link | undefined
  /** Bytes of the first chunk that are spent. */
  #offset = 0

  /** JavaScript holds some: a piece would overtake it. */
  get hasChunks(): boolean {
    return this.#first !== undefined
  }

  push(chunk: Uint8Array): void {
    const { length } = chunk
    const link: Link = { chunk, length, next: undefined }
    if (this.#first) this.#last!.next = link
    else this.#first = link
    this.#last = link
    this.length += length
  }

  /** Appends what makes up the next `length` bytes to `to`. No byte is copied. */
  take(length: number, to: Uint8Array[]): void {
    this.length -= length
    while (length > 0) {
      if (!this.#first) {
        // Credit that the engine could not take back when memory ran out.
        this.isChanged = true
        appendZeros(length, to)
        return
      }
      const { chunk, length: whole } = this.#first
      const start = this.#offset
      const end = Math.min(start + length, whole)
      const taken = end - start
      if (chunk.length < whole || this.isChanged) {
        this.isChanged = true
        appendZeros(taken, to)
      } else {
        to.push(taken === chunk.length ? chunk : chunk.subarray(start, end))
      }
      length -= taken
      this.#offset = end
      if (end === whole) this.#drop()
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

function appendZeros(length: number, to: Uint8Array[]): void {
  for (let left = length; left > 0; left -= zeros.length) {
    to.push(left < zeros.length ? zeros.subarray(0, left) : zeros)
  }
}
