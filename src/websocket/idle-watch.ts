/** A timer that is so many milliseconds late shows that the process did not run: bytes of the peer may wait. */
const mostLate = 1000

/** The end of a WebSocket that is watched. */
export interface IdleOwner {
  /** The peer has taken bytes since the last call. */
  hasProgressed(): boolean
  /** Sends Ping (RFC 6455 §5.5.2). */
  ask(): void
  /** Nothing was heard of the peer for so many milliseconds. */
  isLost(silence: number): void
}

/** Asks a peer that is silent for half of the idle time, and gives it up at the end of the idle time. */
export class IdleWatch {
  readonly #owner: IdleOwner
  readonly #longest: number
  #heardAt = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** `longest`: the idle time, in milliseconds; 0: none. */
  constructor(owner: IdleOwner, longest: number) {
    this.#owner = owner
    this.#longest = longest
  }

  begin(): void {
    if (this.#longest === 0) return
    this.heard()
    this.#wait(this.#longest / 2)
  }

  /** Bytes of the peer have arrived. */
  heard(): void {
    this.#heardAt = performance.now()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #wait(milliseconds: number): void {
    const due = performance.now() + milliseconds
    // A timer may fire up to a millisecond early.
    const delay = Math.ceil(milliseconds) + 1
    this.#timer = setTimeout(() => this.#look(performance.now() - due), delay)
  }

  #look(late: number): void {
    const longest = this.#longest
    if (this.#owner.hasProgressed()) this.heard()
    const silence = performance.now() - this.#heardAt
    if (silence < longest / 2) this.#wait(longest / 2 - silence)
    else if (late > mostLate) this.#wait(Math.min(mostLate, longest / 2))
    else if (silence < longest) {
      this.#owner.ask()
      this.#wait(longest - silence)
    } else this.#owner.isLost(longest)
  }
}
