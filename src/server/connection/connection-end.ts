/** Milliseconds for the client to close its side once the server has closed its own. */
const lingerPeriod = 5000
/** Milliseconds in which the client has to take some of the bytes before FIN, where `timeouts.stream` sets no limit. */
const unreadPeriod = 60_000
/**
 * Bytes that are read and discarded meanwhile. A client has fewer under way when it learns of the end; one that sends
 * more does not stop.
 */
const lingerBytes = 16 * 1024 * 1024

/** The ends of the two sides of a connection: FIN of the client, and of the server. */
export class ConnectionEnd {
  readonly #timeouts: { readonly stream: number; readonly shutdown: number }
  #sentAt: number | undefined
  #discarded = 0
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

  /** Counts bytes that came after FIN was sent. Gives whether there are too many. */
  discarded(length: number): boolean {
    this.#discarded += length
    return this.#discarded > lingerBytes
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
