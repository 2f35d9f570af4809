/** A connection gets at most this part of the bytes that are left. */
const part = 1 / 16

/**
 * The bytes that clients of a server may have sent and that no handler has read, for all connections together. Granted
 * bytes are counted, not received bytes, because a client may use its window at any time (RFC 9113 §5.2.1). The 65,535
 * bytes that the protocol gives each connection are not counted.
 */
export class UnreadBudget {
  #left: number

  /** `limit` in bytes; `Infinity`: no limit. */
  constructor(limit: number) {
    this.#left = limit
  }

  /** Takes up to `wanted` bytes, and returns how many. The more bytes are granted already, the fewer are taken. */
  take(wanted: number): number {
    const taken = Math.min(wanted, Math.floor(this.#left * part))
    this.#left -= taken
    return taken
  }

  giveBack(bytes: number): void {
    this.#left += bytes
  }
}
