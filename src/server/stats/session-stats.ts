import { errorCodeName } from '../../common/errors.ts'
import type { Session } from '../../engine/http2/session.ts'
import type { SessionStats } from '../../exchange/session-stats.ts'
import type { ConnectionCounts } from './connection-counts.ts'

/** The counts of an HTTP/2 connection now. */
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

/** Resets by the name of their error code. */
export function byName(resets: Map<number, number> | undefined): Record<string, number> {
  const named: Record<string, number> = {}
  for (const [code, count] of resets ?? []) named[errorCodeName(code)] = count
  return named
}
