/** Counts of an HTTP/2 connection since its start, and its state now. */
export interface SessionStats {
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly framesReceived: number
  readonly framesSent: number
  readonly streamsOpen: number
  readonly streamsTotal: number
  /** Streams that ended by RST_STREAM, by the name of the error code (RFC 9113 §7). */
  readonly streamsReset: Readonly<Record<string, number>>
  /** Milliseconds of the last `ping()`; `null` before the first. */
  readonly roundTripTime: number | null
  /** Bytes that the server may send now. */
  readonly remoteWindow: number
  /** Bytes that the client may send now. */
  readonly localWindow: number
  /** Frames that wait to be sent. */
  readonly queueLength: number
  /** Bytes of linear memory. */
  readonly memoryUsed: number
}
