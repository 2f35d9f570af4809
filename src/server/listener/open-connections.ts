import type { Connection } from '../connection/connection.ts'
import type { ConnectionLimitName, ConnectionLimits } from '../connection/connection-limits.ts'

/** Milliseconds between two searches for connections without streams, each of which looks at all connections. */
const searchPause = 1000

/**
 * The open connections of a server. Where there is no room for another, the connection that has had no streams for the
 * longest time is ended. Those with streams go on.
 */
export class OpenConnections {
  readonly #limits: ConnectionLimits
  readonly #all: Set<Connection> = new Set()
  readonly #perAddress: Map<string, number> = new Map()
  /** Connections that had no streams at the last search, the longest without them last. */
  #idle: Connection[] = []
  #searchedAt = -Infinity
  /** Connections that were ended to make room, and are not closed yet. */
  readonly #leaving: Set<Connection> = new Set()
  /** Connections that were ended to make room, since the server's start. */
  evicted = 0

  constructor(limits: ConnectionLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#all.size
  }

  [Symbol.iterator](): Iterator<Connection> {
    return this.#all.values()
  }

  add(connection: Connection): void {
    this.#all.add(connection)
    this.#count(connection, 1)
  }

  delete(connection: Connection): void {
    this.#all.delete(connection)
    this.#leaving.delete(connection)
    this.#count(connection, -1)
  }

  /**
   * Makes room for a connection from the address `host`. `memoryUsed`: bytes of linear memory in use. Returns the limit
   * that leaves no room.
   */
  makeRoom(host: string, memoryUsed: number, now: number): ConnectionLimitName | undefined {
    const { maxConnections, maxConnectionsPerAddress, maxMemory } = this.#limits
    if ((this.#perAddress.get(host) ?? 0) >= maxConnectionsPerAddress) {
      return 'maxConnectionsPerAddress'
    }
    const isFull = this.#all.size - this.#leaving.size >= maxConnections
    if (!isFull && memoryUsed <= maxMemory) return undefined
    const idle = this.#longestIdle(now)
    if (!idle) return isFull ? 'maxConnections' : 'maxMemory'
    this.#evict(idle)
    return undefined
  }

  #evict(connection: Connection): void {
    this.evicted++
    // A client has time to close its side, unless many others have it already.
    if (this.#leaving.size > this.#limits.maxConnections / 8 + 16) {
      connection.destroy()
    } else {
      this.#leaving.add(connection)
      connection.terminate()
    }
  }

  #longestIdle(now: number): Connection | undefined {
    return this.#nextIdle() ?? (this.#search(now) ? this.#nextIdle() : undefined)
  }

  #nextIdle(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (!connection || connection.idleSince !== undefined) return connection
    }
  }

  /** False: the last search is not long ago. */
  #search(now: number): boolean {
    if (now - this.#searchedAt < searchPause) return false
    this.#searchedAt = now
    this.#idle = [...this.#all]
      .filter(({ idleSince }) => idleSince !== undefined)
      .toSorted((a, b) => b.idleSince! - a.idleSince!)
    return true
  }

  /** Addresses are counted only where they are limited. */
  #count({ transport }: Connection, change: number): void {
    if (this.#limits.maxConnectionsPerAddress === Infinity) return
    const { host } = transport.remoteAddress
    const count = (this.#perAddress.get(host) ?? 0) + change
    if (count > 0) this.#perAddress.set(host, count)
    else this.#perAddress.delete(host)
  }
}
