import type { Times } from './timeouts.ts'

/** When a connection was accepted, since when it has no streams, and since when it is too old. */
export class ConnectionAge {
  readonly openedAt: number
  readonly #timeouts: Times['timeouts']
  #idleSince: number
  #agedAt: number | undefined

  constructor(timeouts: Times['timeouts'], now: number) {
    this.#timeouts = timeouts
    this.openedAt = this.#idleSince = now
  }

  /** Since when there are no streams, where there are none. */
  get idleSince(): number {
    return this.#idleSince
  }

  /** The last stream has closed. */
  becameIdle(now: number): void {
    this.#idleSince = now
  }

  /** The connection has no streams. `name`: the timeout for that. */
  isIdle(now: number, name: 'head' | 'idle' | 'keepAlive'): boolean {
    const longest = this.#timeouts[name]
    return longest > 0 && now - this.#idleSince >= longest
  }

  /** Returns the timeout of an old connection that is over. */
  breached(now: number): 'lifetime' | 'shutdown' | undefined {
    const { lifetime, shutdown } = this.#timeouts
    if (this.#agedAt === undefined) {
      if (lifetime === 0 || now - this.openedAt < lifetime) return undefined
      this.#agedAt = now
      return 'lifetime'
    }
    return shutdown > 0 && now - this.#agedAt >= shutdown ? 'shutdown' : undefined
  }
}
