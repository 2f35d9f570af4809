/**
 * When a connection's bytes are sent: what handlers say while bytes are received or sent goes out with those; what they
 * say otherwise goes out at the end of the turn.
 */
export class OutputScheduler {
  readonly #atEndOfTurn: (action: () => void) => void
  readonly #flush: () => void
  /** `busy`: bytes are being received or sent. */
  #phase: 'idle' | 'busy' = 'idle'
  #isPlanned = false
  /** Something was said since `begin`. */
  #hasMore = false

  constructor(atEndOfTurn: (action: () => void) => void, flush: () => void) {
    this.#atEndOfTurn = atEndOfTurn
    this.#flush = () => {
      this.#isPlanned = false
      flush()
    }
  }

  get isBusy(): boolean {
    return this.#phase === 'busy'
  }

  /** Something was said since the last `sending()`. */
  get hasMore(): boolean {
    return this.#hasMore
  }

  /** There is something to send. */
  request(): void {
    this.#hasMore = true
    if (this.#phase === 'busy' || this.#isPlanned) return
    this.#isPlanned = true
    this.#atEndOfTurn(this.#flush)
  }

  begin(): void {
    this.#phase = 'busy'
  }

  end(): void {
    this.#phase = 'idle'
  }

  /** Everything that was said so far is about to be sent. */
  sending(): void {
    this.#hasMore = false
  }
}
