/** What the engine does not count. Costs an addition per chunk, per write, per stream. */
export class ConnectionCounts {
  bytesReceived = 0
  bytesSent = 0
  streams = 0
  /** What the engine counted, once the connection is closed. */
  framesReceived = 0
  framesSent = 0
  /** Milliseconds, of the last PING. */
  roundTripTime: number | null = null
  /** Streams that ended by RST_STREAM, by error code; made with the first. */
  resets: Map<number, number> | undefined

  /** The connection is over. */
  keep({ framesReceived, framesSent }: { framesReceived: number; framesSent: number }): void {
    this.framesReceived = framesReceived
    this.framesSent = framesSent
  }

  reset(errorCode: number, count = 1): void {
    this.resets ??= new Map()
    this.resets.set(errorCode, (this.resets.get(errorCode) ?? 0) + count)
  }
}
