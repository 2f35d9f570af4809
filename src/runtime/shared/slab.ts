/** Bytes in one allocation, from which many small copies are cut. */
const slabSize = 64 * 1024

/**
 * Makes copies of borrowed bytes without an allocation for each. A copy lives in its memory until the garbage collector
 * finds nothing pointing there; `giveBack` re-uses the memory of the last one. Fresh memory is dear: the system clears
 * each page when it is first touched.
 */
export class Slab {
  #memory = new Uint8Array(0)
  #used = 0
  #last = 0
  /** For a copy larger than a slab; empty while one may still be read. */
  #large = new Uint8Array(0)
  /** What the last copy was cut from, if that was large. */
  #lent: Uint8Array<ArrayBuffer> | null = null

  copy(bytes: Uint8Array): Uint8Array {
    return bytes.length > slabSize ? this.#copyLarge(bytes) : this.#copySmall(bytes)
  }

  /** Nobody reads the last copy any more. */
  giveBack(): void {
    this.#used = this.#last
    if (this.#lent) this.#large = this.#lent
    this.#lent = null
  }

  #copySmall(bytes: Uint8Array): Uint8Array {
    const length = bytes.length
    if (length > this.#memory.length - this.#used) {
      this.#memory = new Uint8Array(slabSize)
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
    // In steps of a slab, so that one made for a length serves its neighbours.
    if (length > this.#large.length) {
      this.#large = new Uint8Array(Math.ceil(length / slabSize) * slabSize)
    }
    this.#lent = this.#large
    this.#large = new Uint8Array(0)
    const copy = this.#lent.subarray(0, length)
    copy.set(bytes)
    return copy
  }
}
