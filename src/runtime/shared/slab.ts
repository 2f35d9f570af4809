/** Bytes in one allocation, from which many small copies are cut. */
const slabSize = 64 * 1024

/**
 * Copies borrowed bytes without an allocation for each copy. A copy keeps its slab alive until the garbage collector
 * finds no reference to it; `giveBack` frees the memory of the last copy for the next. Fresh memory is slow: the system
 * clears each page at its first use.
 */
export class Slab {
  readonly #allocate: (length: number) => Uint8Array<ArrayBuffer>
  #memory: Uint8Array<ArrayBuffer>
  #used = 0
  #last = 0
  /** Memory for a copy larger than a slab; empty while such a copy may still be read. */
  #large: Uint8Array<ArrayBuffer>
  /** The memory of the last copy, if the copy was large. */
  #lent: Uint8Array<ArrayBuffer> | null = null

  /** `allocate` makes memory of the class that the copies have. */
  constructor(allocate: (length: number) => Uint8Array<ArrayBuffer> = newBytes) {
    this.#allocate = allocate
    this.#memory = this.#large = allocate(0)
  }

  copy(bytes: Uint8Array): Uint8Array {
    return bytes.length > slabSize ? this.#copyLarge(bytes) : this.#copySmall(bytes)
  }

  /** The last copy is not read any more: its memory may be used for the next. */
  giveBack(): void {
    this.#used = this.#last
    if (this.#lent) this.#large = this.#lent
    this.#lent = null
  }

  #copySmall(bytes: Uint8Array): Uint8Array {
    const length = bytes.length
    if (length > this.#memory.length - this.#used) {
      this.#memory = this.#allocate(slabSize)
      this.#used = 0
    }
    this.#lent = null
    this.#last = this.#used
    this.#used += length
    const copy = this.#memory.subarray(this.#last, this.#used)
    copy.set(bytes)
    return copy
  }

  #copyLarge(bytes: Uint8Array): Uint8Array {
    this.#last = this.#used
    const length = bytes.length
    // The size is a multiple of a slab, so that the memory serves copies of similar length.
    if (length > this.#large.length) {
      this.#large = this.#allocate(Math.ceil(length / slabSize) * slabSize)
    }
    this.#lent = this.#large
    this.#large = this.#allocate(0)
    const copy = this.#lent.subarray(0, length)
    copy.set(bytes)
    return copy
  }
}

function newBytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length)
}
