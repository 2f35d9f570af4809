/** A chunk from this length on is kept as it is, where its buffer is not much larger than what is used of it. */
const keptLength = 8 * 1024
/** Buffers that short chunks are copied into: at most so large, at least so large. */
const largestBuffer = 64 * 1024
const smallestBuffer = 1024
/** The memory that entries hold is at most so many times the bytes in use, and so much more. */
const looseness = 1.25
const slack = 64 * 1024

/** Bytes that wait: a chunk that was kept, or a buffer that short chunks are copied into until it is full. */
interface Entry {
  readonly bytes: Uint8Array
  /** So many of `bytes` are in use. */
  used: number
  readonly isFull: boolean
  /** Bytes of the memory behind `bytes`; 0 where the next entry holds the same. */
  held: number
  next: Entry | undefined
}

/**
 * Bytes that wait to be read, in order. What is short is copied into the room left in the last buffer, and a chunk that is
 * a small part of a large buffer is copied, too: whatever the size of the pieces, the queue holds at most 1.5 times their
 * bytes, and 65 KiB. Each call costs constant time, and the copy of its bytes.
 */
export class ByteQueue {
  /** How many bytes wait. */
  length = 0
  #first: Entry | undefined
  #last: Entry | undefined
  /** Bytes of the memory behind all entries. */
  #held = 0

  /** `isBorrowed`: the chunk's memory is written again after this call. */
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

  /** The next bytes, as many as lie together; `undefined` when none wait. */
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

  /** All bytes in one piece of its own memory; the queue is empty then. */
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

  /** Chunks that were received together share their memory. */
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
