/** Milliseconds without a connection, after which nobody seems to connect. */
const idlePeriod = 20

/**
 * The moment to close a listener. The clients of connections that the system has completed and nobody has accepted see a
 * reset then. So it is when the system has just said that there are no more: once some were accepted, or when none have come
 * for a while.
 */
export class AcceptQueue {
  readonly #next: (action: () => void) => void
  #count = 0
  #whenEmpty: (() => void) | undefined

  /** `next` calls back when the connection that follows the last one, if the system has one, has been accepted. */
  constructor(next: (action: () => void) => void) {
    this.#next = next
  }

  /** A connection was accepted. */
  readonly accepted = (): void => {
    this.#count += 1
    if (this.#whenEmpty) this.#look(this.#next)
  }

  /** Resolves when the listener is to be closed without delay. */
  isEmpty(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
      // Timers come before the system is asked for connections, which may have waited for long.
      setTimeout(() => this.#look(twoTurns), idlePeriod)
    })
  }

  #look(next: (action: () => void) => void): void {
    const before = this.#count
    next(() => {
      if (this.#count === before) this.#whenEmpty?.()
    })
  }
}

/** The system has been asked for connections in between. */
export function twoTurns(action: () => void): void {
  setImmediate(() => setImmediate(action))
}
