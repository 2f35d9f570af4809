interface Link {
  readonly chunk: Uint8Array
  /**
   * The length of the chunk when it was pushed: its buffer may be transferred or resized later. In a buffer of the
   * body's own, the bytes in use.
   */
  length: number
  /** The chunk is a buffer of the body's own, with room for more where it is longer than `length`. */
  readonly isShared: boolean
  next: Link | undefined
}

/**
 * A shorter chunk after another short one is copied, because each alone would hold many times the memory of its bytes.
 */
const shortChunk = 1024
/**
 * The least and the most bytes of a shared buffer. Between these its size is a fourth of the bytes that were copied
 * before.
 */
const smallestBuffer = 256
const largestBuffer = 16 * 1024

/** Sent in the place of bytes that were lost; as long as the longest payload of nghttp2's DATA frames. */
const zeros = new Uint8Array(16 * 1024)
const asItIs = (bytes: Uint8Array): Uint8Array => bytes

/**
 * The unsent part of a stream's body: a short piece in linear memory, if there is one, and chunks in order, which are
 * written whole or as slices. Memory is at most 1.5 times the bytes of the chunks, plus a constant, whatever their
 * size.
 */
export class OutgoingBody {
  /** Unsent bytes, the piece's included. */
  length = 0
  /**
   * A chunk has lost bytes since it was pushed. Zeros are sent instead, so that frames have the length that their
   * headers announce.
   */
  isChanged = false
  #first: Link | undefined
  #last: Link | undefined
  /** Bytes of the first chunk that were sent. */
  #offset = 0
  /** Bytes that were copied since a chunk was last kept without a copy. */
  #sharedBytes = 0

  /** JavaScript holds chunks: a piece in linear memory would overtake them. */
  get hasChunks(): boolean {
    return this.#first !== undefined
  }

  /**
   * Appends a chunk, which is kept by reference, or copied where it is short. `view` converts it to what the transport
   * prefers.
   */
  push(chunk: Uint8Array, view: (bytes: Uint8Array) => Uint8Array = asItIs): void {
    // `byteLength` instead of `length`: see `asBytes`.
    const { byteLength: length } = chunk
    const last = this.#last
    this.length += length
    if (length < shortChunk && last && (last.isShared || last.length < shortChunk)) {
      this.#copy(chunk, last, view)
    } else {
      this.#sharedBytes = 0
      this.#append({ chunk: view(chunk), length, isShared: false, next: undefined })
    }
  }

  /** Copies a chunk into the room left in the last buffer; the rest goes to a new one. */
  #copy(chunk: Uint8Array, last: Link, view: (bytes: Uint8Array) => Uint8Array): void {
    this.#sharedBytes += chunk.length
    let rest = chunk
    if (last.isShared) {
      const room = last.chunk.length - last.length
      const fitting = room < rest.length ? rest.subarray(0, room) : rest
      last.chunk.set(fitting, last.length)
      last.length += fitting.length
      if (fitting === rest) return
      rest = rest.subarray(room)
    }
    const size = Math.min(Math.max(this.#sharedBytes >>> 2, smallestBuffer), largestBuffer)
    const buffer = new Uint8Array(Math.max(size, rest.length))
    buffer.set(rest)
    this.#append({ chunk: view(buffer), length: rest.length, isShared: true, next: undefined })
  }

  #append(link: Link): void {
    if (this.#first) this.#last!.next = link
    else this.#first = link
    this.#last = link
  }

  /** Appends chunks and slices with the next `length` bytes to `to`. No byte is copied. */
  take(length: number, to: Uint8Array[]): void {
    this.length -= length
    while (length > 0) {
      if (!this.#first) {
        // The session could not take this credit back when memory ran out.
        this.isChanged = true
        appendZeros(length, to)
        return
      }
      const { chunk, length: whole } = this.#first
      const start = this.#offset
      const end = Math.min(start + length, whole)
      const taken = end - start
      if (chunk.byteLength < whole || this.isChanged) {
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
    // A link in the old generation would keep its successors alive until the next full garbage collection.
    spent.next = undefined
  }
}

function appendZeros(length: number, to: Uint8Array[]): void {
  for (let left = length; left > 0; left -= zeros.length) {
    to.push(left < zeros.length ? zeros.subarray(0, left) : zeros)
  }
}
