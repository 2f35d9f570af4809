/** A pool of buffers of one size for reads and writes under way; an idle connection holds none. */
export class BufferPool {
  readonly #size: number
  readonly #kept: number
  readonly #free: Uint8Array<ArrayBuffer>[] = []

  /** The pool keeps up to `kept` free buffers. */
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
