/** Writes bits into bytes, the lowest first (RFC 1951 §3.1.1). The caller makes sure that there is room. */
export class BitWriter {
  #bytes: Uint8Array
  #length = 0
  #bits = 0
  #count = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Whole bytes so far. */
  get length(): number {
    return this.#length
  }

  /** Begins anew, in `bytes`. */
  reset(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#length = 0
    this.#bits = 0
    this.#count = 0
  }

  /** Writes the lowest `count` bits of `value`, at most 24; the others are 0. */
  put(value: number, count: number): void {
    this.#bits |= value << this.#count
    this.#count += count
    while (this.#count >= 8) {
      this.#bytes[this.#length++] = this.#bits
      this.#bits >>>= 8
      this.#count -= 8
    }
  }

  /** Fills the byte with zeros. */
  align(): void {
    if (this.#count > 0) this.put(0, 8 - this.#count)
  }

  /** Appends bytes; aligned before. */
  append(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }
}
