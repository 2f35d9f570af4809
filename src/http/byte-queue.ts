/** A chunk of this length or longer is kept by reference, unless its buffer is much larger than the chunk. */
const keptLength = 8 * 1024
/** Largest and smallest size of the buffers that short chunks are copied into. */
const largestBuffer = 64 * 1024
const smallestBuffer = 1024
/** The memory of all entries is at most this factor times the bytes in use, plus this constant. */
const looseness = 1.25
const slack = 64 * 1024

/** An entry of the queue: a chunk kept by reference, or a buffer that short chunks are copied into. */
interface Entry {
  readonly bytes: Uint8Array
  /** Number of bytes in use, from the beginning of `bytes`. */
  used: number
  readonly isFull: boolean
  /** Bytes of the memory behind `bytes`; 0 where the next entry holds the same memory. */
  held: number
  next: Entry | undefined
}

/**
 * A queue of bytes to be read. A short chunk is copied into the room left in the last buffer, and so is a chunk that is
 * a small part of a large buffer. Whatever the size of the pieces, the queue holds at most 1.5 times their bytes and
 * 65 KiB. Each call costs constant time and the copy of its bytes.
 */
export class ByteQueue {
  /** Number of bytes in the queue. */
  length = 0
  #first: Entry | undefined
  #last: Entry | undefined
  /** Bytes of the memory behind all entries. */
  #held = 0

  /** Appends a chunk. `isBorrowed`: the chunk's memory is overwritten after this call. */
  push(chunk: Uint8Array, isBorrowed = false): void {
    const { length } = chunk
    this.length += length
    if (length >= keptLength && (isBorrowed || this.#mayKeep(chunk))) {
      this.#keep(isBorrowed ? chunk.slice() : chunk)
      return
    }
    let rest = chunk
    const last = this.#last
    if (last && !last.isFull) {
      const room = last.bytes.length - last.used
      const fitting = room < length ? chunk.subarray(0, room) : chunk
      last.bytes.set(fitting, last.used)
      last.used += fitting.length
      if (fitting === chunk) return
      rest = chunk.subarray(room)
    }
    if (rest.length === 0) return
    const grown = Math.min(largestBuffer, this.length / 4, this.#room)
    const bytes = new Uint8Array(Math.max(grown, smallestBuffer, rest.length))
    bytes.set(rest)
    this.#append(bytes, rest.length, false)
  }

  /** Removes and gives the first contiguous bytes; `undefined` when the queue is empty. */
  shift(): Uint8Array | undefined {
    const entry = this.#first
    if (!entry) return undefined
    this.#first = entry.next
    if (!this.#first) this.#last = undefined
    entry.next = undefined
    const { bytes, used } = entry
    this.length -= used
    this.#held -= entry.held
    return used === bytes.length ? bytes : bytes.subarray(0, used)
  }

  /** Removes all bytes and gives them in one piece with memory of its own. */
  takeAll(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.length)
    let at = 0
    for (let bytes = this.shift(); bytes; bytes = this.shift()) {
      all.set(bytes, at)
      at += bytes.length
    }
    return all
  }

  clear(): void {
    this.#first = this.#last = undefined
    this.length = this.#held = 0
  }

  #mayKeep(chunk: Uint8Array): boolean {
    return this.#isOfLast(chunk) || chunk.buffer.byteLength <= this.#room
  }

  /** Bytes of memory that a new entry may hold; the length counts its bytes already. */
  get #room(): number {
    return looseness * this.length + slack - this.#held
  }

  /** Chunks of one read share their memory. */
  #isOfLast(chunk: Uint8Array): boolean {
    return this.#last?.isFull === true && this.#last.bytes.buffer === chunk.buffer
  }

  #keep(bytes: Uint8Array): void {
    const last = this.#last
    if (last && this.#isOfLast(bytes)) {
      this.#held -= last.held
      last.held = 0
    }
    this.#append(bytes, bytes.length, true)
  }

  #append(bytes: Uint8Array, used: number, isFull: boolean): void {
    const held = bytes.buffer.byteLength
    const entry: Entry = { bytes, used, isFull, held, next: undefined }
    this.#held += held
    if (this.#last) this.#last.next = entry
    else this.#first = entry
    this.#last = entry
  }
}
