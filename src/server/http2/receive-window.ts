import type { Session } from '../../engine/http2/session.ts'
import type { UnreadBudget } from '../connection/unread-budget.ts'

/** The initial window of each connection in bytes (RFC 9113 §6.9.2). */
const protocolWindow = 65_535
/** Growth by fewer bytes is not worth a WINDOW_UPDATE. */
const leastGrowth = 16 * 1024

/**
 * How many bytes a client may have in flight on a connection. The window has the protocol's size at first. The window
 * grows when a request's body begins to arrive, and as bodies are read, as far as the server's budget allows.
 */
export class ReceiveWindow {
  readonly #session: Session
  readonly #budget: UnreadBudget
  readonly #most: number
  #size = protocolWindow
  /** Bytes read since the last call of `grow`. */
  #consumed = 0

  constructor(session: Session, budget: UnreadBudget, most: number) {
    this.#session = session
    this.#budget = budget
    this.#most = most
  }

  /** A body begins to arrive, or a window of bytes was read. Throws what `setLocalWindowSize` throws. */
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
