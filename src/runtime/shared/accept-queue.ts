/** Milliseconds without a new connection after which none is expected. */
const idlePeriod = 20
/** Milliseconds after the system's queue was empty in which a new connection is unlikely. */
const shortGap = 0.15
/** Milliseconds after which a listener is closed in any case. */
const patience = 500

/**
 * Calls back after the system was asked for one more connection, and it was accepted if there was one. The argument is
 * the number of milliseconds since the system was asked.
 */
export type NextAccept = (action: (gap: number) => void) => void

/**
 * Finds the moment to close a listener. The close resets connections that the system has completed and the program has
 * not accepted. So the moment is when the system's queue was just empty: once some were accepted, or when none have
 * come for a while.
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

  /** The loop runs timers before it asks the system for connections, which may have waited for long. */
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

/** For a runtime that accepts one connection in a turn of the loop: the system was asked in between. */
export const inTwoTurns: NextAccept = (action) => {
  setImmediate(() => {
    const started = performance.now()
    setImmediate(() => action(performance.now() - started))
  })
}

/** For a runtime that accepts all connections in one turn. */
export const inThisTurn: NextAccept = (action) => {
  const accepted = performance.now()
  setImmediate(() => action(performance.now() - accepted))
}
