import type { Session } from '../../engine/http2/session.ts'
import type { UnreadBudget } from '../connection/unread-budget.ts'

/** The window of each connection at first (RFC 9113 §6.9.2). */
const protocolWindow = 65_535
/** Growth by less is not worth a WINDOW_UPDATE. */
const leastGrowth = 16 * 1024

/**
 * How much a client may have in flight on a connection. It grows when a request's body begins to arrive, and as bodies are
 * read, as far as the server's budget allows; until then it is the protocol's own.
 */
export class ReceiveWindow {
  readonly #session: Session
  readonly #budget: UnreadBudget
  readonly #most: number
  #size = protocolWindow
  /** Bytes read since the window was last looked at. */
  #consumed = 0

  constructor(session: Session, budget: UnreadBudget, most: number) {
    this.#session = session
    this.#budget = budget
    this.#most = most
  }

  /** A body begins to arrive, or much was read. Throws what `setLocalWindowSize` throws. */
  grow(): void {
    this.#consumed = 0
    const wanted = this.#most - this.#size
    if (wanted <= 0) return
    const taken = this.#budget.take(wanted)
    if (taken < Math.min(wanted, leastGrowth)) {
      this.#budget.giveBack(taken)
      return
    }
    this.#size += taken
    this.#session.setLocalWindowSize(0, this.#size)
  }

  /** The application has read `bytes`. */
  consumed(bytes: number): void {
    this.#consumed += bytes
    if (this.#consumed >= this.#size) this.grow()
  }

  /** The connection is closed. */
  release(): void {
    this.#budget.giveBack(this.#size - protocolWindow)
    this.#size = protocolWindow
  }
}
