import { errorCodeName } from '../../common/errors.ts'
import type { Session } from '../../engine/http2/session.ts'
import type { ConnectionCounts } from './connection-counts.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'

/** Counts of a connection since it began, and how it stands. */
export interface SessionStats {
  readonly bytesReceived: number
  readonly bytesSent: number
  readonly framesReceived: number
  readonly framesSent: number
  readonly streamsOpen: number
  readonly streamsTotal: number
  /** Streams that ended by RST_STREAM, by the name of the error code (RFC 9113 §7). */
  readonly streamsReset: Readonly<Record<string, number>>
  /** Milliseconds, of the last `ping()`; `null` before. */
  readonly roundTripTime: number | null
  /** Bytes we may send now. */
  readonly remoteWindow: number
  /** Bytes the client may send now. */
  readonly localWindow: number
  /** Frames that wait to be sent. */
  readonly queueLength: number
  /** Bytes of linear memory. */
  readonly memoryUsed: number
}

/** Counts of a stream, and how it stands. */
export interface StreamStats {
  /** Of the request's body. */
  readonly bytesReceived: number
  /** Of the response's body, handed to the connection. */
  readonly bytesSent: number
  /** Bytes of the response's body that wait for the client. */
  readonly bufferedAmount: number
  /** Bytes of it we may send now; 0 once the stream is closed. */
  readonly remoteWindow: number
  /** Bytes of its body the client may send now; 0 once the stream is closed. */
  readonly localWindow: number
}

export function readStreamStats(stream: ServerStream): StreamStats {
  const { id, isClosed, bytesSent, requestBody } = stream
  const { session } = stream.connection
  return {
    bytesReceived: requestBody.bytesReceived,
    bytesSent,
    bufferedAmount: isClosed ? 0 : stream.bufferedAmount,
    remoteWindow: isClosed ? 0 : session.remoteWindowSize(id),
    localWindow: isClosed ? 0 : session.localWindowSize(id),
  }
}

export function readStats(
  counts: ConnectionCounts,
  session: Session,
  streamsOpen: number,
): SessionStats {
  const { bytesReceived, bytesSent, roundTripTime } = counts
  const { framesReceived, framesSent } = session.counters
  return {
    bytesReceived,
    bytesSent,
    framesReceived,
    framesSent,
    streamsOpen,
    streamsTotal: counts.streams,
    streamsReset: byName(counts.resets),
    roundTripTime,
    remoteWindow: session.remoteWindowSize(),
    localWindow: session.localWindowSize(),
    queueLength: session.outboundQueueSize,
    memoryUsed: session.memoryUsed,
  }
}

export function byName(resets: Map<number, number> | undefined): Record<string, number> {
  const named: Record<string, number> = {}
  for (const [code, count] of resets ?? []) named[errorCodeName(code)] = count
  return named
}
