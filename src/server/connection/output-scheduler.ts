/** As `Runtime` has them. */
export interface Turns {
  atEndOfTurn(action: () => void): void
  afterOthers(action: () => void): void
}

/**
 * Decides when a connection's output is sent. Output that handlers submit while bytes are received or sent is sent in
 * the same turn, right after them. Other output is sent at the end of the turn.
 */
export class OutputScheduler {
  readonly #turns: Turns
  readonly #flush: () => void
  /** `busy`: bytes are being received or sent. */
  #phase: 'idle' | 'busy' = 'idle'
  #isPlanned = false
  /** Output was submitted since the last `sending()`. */
  #hasMore = false

  constructor(turns: Turns, flush: () => void) {
    this.#turns = turns
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
    this.#turns.atEndOfTurn(this.#flush)
  }

  /** The connection has sent its share: the rest is sent when others have had their turn. */
  letOthers(): void {
    this.#hasMore = true
    if (this.#isPlanned) return
    this.#isPlanned = true
    this.#turns.afterOthers(this.#flush)
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
