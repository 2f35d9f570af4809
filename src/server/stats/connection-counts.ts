/** Counts that the engine does not keep. They cost an addition per chunk, per write and per stream. */
export class ConnectionCounts {
  bytesReceived = 0
  bytesSent = 0
  streams = 0
  /** Counts of the engine, set once the connection is closed. */
  framesReceived = 0
  framesSent = 0
  /** The round trip of the last PING, in milliseconds. */
  roundTripTime: number | null = null
  /** Streams that ended by RST_STREAM, by error code; made for the first one. */
  resets: Map<number, number> | undefined

  /** Timeouts that the client has breached, by name; made for the first one. */
  timeouts: Map<string, number> | undefined

  /** The connection is over: keeps the counts of the engine. */
  keep({ framesReceived, framesSent }: { framesReceived: number; framesSent: number }): void {
    this.framesReceived = framesReceived
    this.framesSent = framesSent
  }

  reset(errorCode: number, count = 1): void {
    this.resets = added(this.resets, errorCode, count)
  }

  timedOut(name: string, count = 1): void {
    this.timeouts = added(this.timeouts, name, count)
  }
}

function added<T>(counts: Map<T, number> | undefined, key: T, count: number): Map<T, number> {
  const map = counts ?? new Map<T, number>()
  return map.set(key, (map.get(key) ?? 0) + count)
}
