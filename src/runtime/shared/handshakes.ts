/** Counts the TLS handshakes of a listener that are under way. */
export class Handshakes {
  readonly #most: number
  #count = 0
  #whenNone: (() => void)[] = []

  /** `most`: handshakes that may be under way at once. */
  constructor(most: number = Infinity) {
    this.#most = most
  }

  /** False: there are too many, and this one is to be ended. */
  begin(): boolean {
    this.#count += 1
    return this.#count <= this.#most
  }

  /** A handshake has succeeded or failed. */
  end(): void {
    this.#count -= 1
    if (this.#count > 0) return
    for (const resolve of this.#whenNone) resolve()
    this.#whenNone = []
  }

  /** Resolves once no handshake is under way. */
  readonly settled = (): Promise<void> =>
    new Promise((resolve) => {
      if (this.#count > 0) this.#whenNone.push(resolve)
      else resolve()
    })
}
