/** Of what is left, a connection gets such a part. */
const part = 1 / 16

/**
 * What the clients of a server may have sent and no handler has read, all connections together. What is granted is
 * counted, not what has arrived: a client may use its window at any time (RFC 9113 §5.2.1). The 65,535 bytes that the
 * protocol gives each connection are not counted.
 */
export class UnreadBudget {
  #left: number

  /** `limit` in bytes; `Infinity`: none. */
  constructor(limit: number) {
    this.#left = limit
  }

  /** Takes up to `wanted` bytes. How many: the more is granted already, the fewer. */
  take(wanted: number): number {
    const taken = Math.min(wanted, Math.floor(this.#left * part))
    this.#left -= taken
    return taken
  }

  giveBack(bytes: number): void {
    this.#left += bytes
  }
}
