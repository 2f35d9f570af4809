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

  /** The connection is over: keeps the counts of the engine. */
  keep({ framesReceived, framesSent }: { framesReceived: number; framesSent: number }): void {
    this.framesReceived = framesReceived
    this.framesSent = framesSent
  }

  reset(errorCode: number, count = 1): void {
    this.resets ??= new Map()
    this.resets.set(errorCode, (this.resets.get(errorCode) ?? 0) + count)
  }
}
