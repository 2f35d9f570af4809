/** Bytes in one allocation, from which many small copies are cut. */
const slabSize = 64 * 1024

/**
 * Makes copies of borrowed bytes without an allocation for each. A copy lives in its slab until the
 * garbage collector finds nothing pointing there; `giveBack` re-uses the memory of the last one.
 */
export class Slab {
  #memory = new Uint8Array(0)
  #used = 0
  #last = 0

  copy(bytes: Uint8Array): Uint8Array {
    const length = bytes.length
    if (length > slabSize) {
      this.#last = this.#used
      return bytes.slice()
    }
    if (length > this.#memory.length - this.#used) {
      this.#memory = new Uint8Array(slabSize)
      this.#used = 0
    }
    this.#last = this.#used
    this.#used += length
    const copy = this.#memory.subarray(this.#last, this.#used)
    copy.set(bytes)
    return copy
  }

  /** Nobody reads the last copy any more. */
  giveBack(): void {
    this.#used = this.#last
  }
}
