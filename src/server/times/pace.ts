/** Milliseconds over which the bytes are averaged. */
const period = 30_000

/**
 * How fast a client moves the bytes that the server waits for. A client that moves none at all is not judged here:
 * `timeouts.stream` is for it.
 */
export class Pace {
  /** When the server began to wait. */
  readonly begunAt: number
  #since: number
  #bytes: number

  /** The server begins to wait. `bytes`: the bytes that have moved so far. */
  constructor(now: number, bytes: number) {
    this.begunAt = this.#since = now
    this.#bytes = bytes
  }

  /** Fewer than `rate` bytes a second have moved, over 30 seconds or more. */
  isBelow(rate: number, now: number, bytes: number): boolean {
    const elapsed = now - this.#since
    const moved = bytes - this.#bytes
    if (elapsed < period || moved === 0) return false
    this.#since = now
    this.#bytes = bytes
    return moved * 1000 < rate * elapsed
  }
}
