/** Milliseconds for the client to close its side once the server has closed its own. */
const lingerPeriod = 5000

/** The ends of the two sides of a connection: FIN of the client, and of the server. */
export class ConnectionEnd {
  #sentAt: number | undefined
  /** The client has sent FIN while responses were under way. */
  isHalfClosed = false

  /** FIN was sent, or is about to be. */
  get isSent(): boolean {
    return this.#sentAt !== undefined
  }

  sent(now: number): void {
    this.#sentAt ??= now
  }

  /**
   * The client has not closed its side in time. A client that has sent nothing yet has nothing to read, and is late at
   * once. Browsers connect ahead of need, and do not notice when such a connection is closed.
   */
  isLate(now: number, shutdownTimeout: number, hasBegun: boolean): boolean {
    if (this.#sentAt === undefined) return false
    const period = Math.min(shutdownTimeout || lingerPeriod, lingerPeriod)
    return !hasBegun || now - this.#sentAt >= period
  }
}
