/** Milliseconds without a connection, after which no client seems to connect. */
const idlePeriod = 20
/** Milliseconds since the system had no connection more, in which hardly one comes. */
const shortGap = 0.15
/** Milliseconds after which a listener is closed, however long the gap. */
const patience = 500

/**
 * Calls back when the connection that follows the last one, if the system has one, has been accepted; with the milliseconds
 * since the system was asked.
 */
export type NextAccept = (action: (gap: number) => void) => void

/**
 * The moment to close a listener. The clients of connections that the system has completed and the program has not accepted see a
 * reset then. So it is when the system has just said that there are no more: once some were accepted, or when none have come
 * for a while.
 */
export class AcceptQueue {
  readonly #next: NextAccept
  #count = 0
  #whenEmpty: (() => void) | undefined
  #deadline = 0

  constructor(next: NextAccept) {
    this.#next = next
  }

  /** A connection was accepted. */
  readonly accepted = (): void => {
    this.#count += 1
    if (this.#whenEmpty) this.#look(this.#next)
  }

  /** Resolves when the listener is to be closed without delay. */
  isEmpty(): Promise<void> {
    this.#deadline = performance.now() + patience
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
      this.#lookWhenIdle()
    })
  }

  /** Timers come before the system is asked for connections, which may have waited for long. */
  #lookWhenIdle(): void {
    const before = this.#count
    setTimeout(() => {
      if (this.#count === before) this.#look(inTwoTurns)
      if (this.#whenEmpty) this.#lookWhenIdle()
    }, idlePeriod)
  }

  #look(next: NextAccept): void {
    const before = this.#count
    next((gap) => {
      if (this.#count !== before || !this.#whenEmpty) return
      if (gap > shortGap && performance.now() < this.#deadline) return
      this.#whenEmpty()
      this.#whenEmpty = undefined
    })
  }
}

/** Where one connection is accepted in a turn of the loop: the system has been asked in between. */
export const inTwoTurns: NextAccept = (action) => {
  setImmediate(() => {
    const started = performance.now()
    setImmediate(() => action(performance.now() - started))
  })
}

/** Where all connections are accepted in one turn. */
export const inThisTurn: NextAccept = (action) => {
  const accepted = performance.now()
  setImmediate(() => action(performance.now() - accepted))
}
