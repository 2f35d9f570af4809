import type { Engine } from '../../engine/engine.ts'
import { ConnectionCounts } from './connection-counts.ts'
import { byName } from './session-stats.ts'

/** Counts of a server since its start, and its state now. */
export interface ServerStats {
  readonly connectionsOpen: number
  readonly connectionsTotal: number
  /** Connections that were refused, by the name of the option that left no room. */
  readonly connectionsRefused: Readonly<Record<string, number>>
  /** Connections without streams that were ended to make room for others. */
  readonly connectionsEvicted: number
  readonly streamsOpen: number
  readonly streamsTotal: number
  /** Streams that ended by RST_STREAM, by the name of the error code (RFC 9113 §7). */
  readonly streamsReset: Readonly<Record<string, number>>
  /** Connections and streams that breached one of `timeouts`, or `minDataRate`, by its name. */
  readonly timeouts: Readonly<Record<string, number>>
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly framesReceived: number
  readonly framesSent: number
  /** Frames that wait to be sent, on all open connections. */
  readonly queueLength: number
  /** Bytes of linear memory: its size, and the bytes that sessions use, those of other servers too. */
  readonly memory: { readonly size: number; readonly used: number }
}

/** A connection that is open. */
export interface CountedConnection {
  readonly counts: ConnectionCounts
  readonly streamCount: number
  /** `undefined`: the protocol has failed, or is not known yet. */
  readonly counters:
    | { readonly framesReceived: number; readonly framesSent: number; readonly queueLength: number }
    | undefined
}

/** The connections that are open. */
export interface CountedConnections extends Iterable<CountedConnection> {
  readonly size: number
  readonly evicted: number
}

/** Adds up the counts of connections. */
export class ServerTotals {
  connections = 0
  readonly #refused: Map<string, number> = new Map()
  readonly #closed: ConnectionCounts = new ConnectionCounts()

  /** A connection was refused. */
  refused(name: string): void {
    this.#refused.set(name, (this.#refused.get(name) ?? 0) + 1)
  }

  /** A connection breached a timeout before it was ready. */
  timedOut(name: string): void {
    this.#closed.timedOut(name)
  }

  /** A connection is closed. Its counts are kept. */
  add(counts: ConnectionCounts): void {
    sum(this.#closed, counts)
  }

  read(connections: CountedConnections, engine: Engine): ServerStats {
    const all = new ConnectionCounts()
    sum(all, this.#closed)
    let streamsOpen = 0
    let queueLength = 0
    for (const connection of connections) {
      sum(all, connection.counts)
      streamsOpen += connection.streamCount
      const { counters } = connection
      if (!counters) continue
      all.framesReceived += counters.framesReceived
      all.framesSent += counters.framesSent
      queueLength += counters.queueLength
    }
    return {
      connectionsOpen: connections.size,
      connectionsTotal: this.connections,
      connectionsRefused: Object.fromEntries(this.#refused),
      connectionsEvicted: connections.evicted,
      streamsOpen,
      streamsTotal: all.streams,
      streamsReset: byName(all.resets),
      timeouts: Object.fromEntries(all.timeouts ?? []),
      bytesReceived: all.bytesReceived,
      bytesSent: all.bytesSent,
      framesReceived: all.framesReceived,
      framesSent: all.framesSent,
      queueLength,
      memory: engine.memoryUsage(),
    }
  }
}

function sum(to: ConnectionCounts, counts: ConnectionCounts): void {
  to.bytesReceived += counts.bytesReceived
  to.bytesSent += counts.bytesSent
  to.streams += counts.streams
  to.framesReceived += counts.framesReceived
  to.framesSent += counts.framesSent
  for (const [code, count] of counts.resets ?? []) to.reset(code, count)
  for (const [name, count] of counts.timeouts ?? []) to.timedOut(name, count)
}
