/** Milliseconds for the client to close its side once the server has closed its own. */
const lingerPeriod = 5000
/** Milliseconds in which the client has to take some of the bytes before FIN, where `timeouts.stream` sets no limit. */
const unreadPeriod = 60_000

/** The ends of the two sides of a connection: FIN of the client, and of the server. */
export class ConnectionEnd {
  readonly #timeouts: { readonly stream: number; readonly shutdown: number }
  #sentAt: number | undefined
  /** The client has sent FIN while responses were under way. */
  isHalfClosed = false

  constructor(timeouts: { readonly stream: number; readonly shutdown: number }) {
    this.#timeouts = timeouts
  }

  /** FIN was sent, or is about to be. */
  get isSent(): boolean {
    return this.#sentAt !== undefined
  }

  sent(now: number): void {
    this.#sentAt ??= now
  }

  /**
   * The client is late after FIN of the server: it takes none of the bytes before FIN, or, when it has all of them, does
   * not close its side. `movedAt`: when the system last took bytes. A client that has sent nothing yet has nothing to read,
   * and is late at once. Browsers connect ahead of need, and do not notice when such a connection is closed.
   */
  isLate(now: number, movedAt: number, isUnread: boolean, hasBegun: boolean): boolean {
    if (this.#sentAt === undefined) return false
    if (!hasBegun) return true
    const { stream, shutdown } = this.#timeouts
    const period = isUnread
      ? stream || unreadPeriod
      : Math.min(shutdown || lingerPeriod, lingerPeriod)
    return now - Math.max(this.#sentAt, movedAt) >= period
  }
}
