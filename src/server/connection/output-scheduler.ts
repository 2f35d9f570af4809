/**
 * Decides when a connection's output is sent. Output that handlers submit while bytes are received or sent is sent in
 * the same turn, right after them. Other output is sent at the end of the turn.
 */
export class OutputScheduler {
  readonly #atEndOfTurn: (action: () => void) => void
  readonly #flush: () => void
  /** `busy`: bytes are being received or sent. */
  #phase: 'idle' | 'busy' = 'idle'
  #isPlanned = false
  /** Output was submitted since the last `sending()`. */
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

  /** Output was submitted since the last `sending()`. */
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

  /** All output that was submitted so far is about to be sent. */
  sending(): void {
    this.#hasMore = false
  }
}
