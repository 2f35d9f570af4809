/** Since when the head of a request is due that has not arrived in full. */
export class HeadTime {
  /** For the first request of a connection: when the connection was accepted. */
  #first: number | undefined
  #since: number | undefined

  constructor(openedAt: number) {
    this.#first = openedAt
  }

  /** Bytes of a head have arrived. */
  get isRunning(): boolean {
    return this.#since !== undefined
  }

  begin(now: number): void {
    this.#since ??= this.#first ?? now
  }

  /** The head is complete. */
  end(): void {
    this.#since = this.#first = undefined
  }

  /** The bytes were no request. */
  cancel(): void {
    this.#since = undefined
  }

  isOver(longest: number, now: number): boolean {
    return this.#since !== undefined && longest > 0 && now - this.#since >= longest
  }
}
