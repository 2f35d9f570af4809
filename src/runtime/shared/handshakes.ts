/** Counts the TLS handshakes of a listener that are under way. */
export class Handshakes {
  #count = 0
  #whenNone: (() => void)[] = []

  begin(): void {
    this.#count += 1
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
