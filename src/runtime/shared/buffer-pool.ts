/** Buffers of one size for what is under way; a connection at rest holds none. */
export class BufferPool {
  readonly #size: number
  readonly #kept: number
  readonly #free: Uint8Array<ArrayBuffer>[] = []

  /** Up to `kept` buffers stay for the next who asks. */
  constructor(size: number, kept: number) {
    this.#size = size
    this.#kept = kept
  }

  take(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(this.#size)
  }

  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#free.length < this.#kept) this.#free.push(buffer)
  }
}
