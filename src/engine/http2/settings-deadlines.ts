/** The times by which SETTINGS frames must have been acknowledged (RFC 9113 §6.5.3). */
export class SettingsDeadlines {
  readonly #timeout: number
  #deadlines: number[] = []

  /** `timeout` in milliseconds; 0 and `Infinity`: no limit. */
  constructor(timeout: number) {
    this.#timeout = timeout
  }

  /** The earliest time; `undefined`: every frame was acknowledged, or there is no limit. */
  get next(): number | undefined {
    return this.#deadlines[0]
  }

  /** A frame is sent. */
  add(now: number): void {
    if (this.#timeout > 0 && this.#timeout < Infinity) this.#deadlines.push(now + this.#timeout)
  }

  /** The oldest frame was acknowledged. */
  acknowledged(): void {
    this.#deadlines.shift()
  }

  clear(): void {
    this.#deadlines = []
  }
}
