import type { ServerStream } from '../../exchange/server-stream.ts'
import { Pace } from '../times/pace.ts'
import type { ProtocolHost } from './protocol.ts'
import type { TimeoutName } from '../times/timeouts.ts'

/** The streams of a connection that wait for the client: no byte of them moves, or too few do. */
export class StreamTimes {
  readonly #host: ProtocolHost
  /** The paces of the streams that waited at the last tick. */
  #paces: ReadonlyMap<ServerStream, Pace> | undefined

  constructor(host: ProtocolHost) {
    this.#host = host
  }

  /** Counts and reports the streams whose client is too slow, and calls `end` for each. */
  tick(streams: readonly ServerStream[], now: number, end: (stream: ServerStream) => void): void {
    let paces: Map<ServerStream, Pace> | undefined
    for (const stream of streams) {
      const { waitsFor } = stream
      // While the connection takes no bytes, the connection is judged instead.
      if (waitsFor === undefined || (waitsFor === 'room' && !this.#host.hasRoom)) continue
      const bytes = stream.bytesSent + stream.requestBody.bytesReceived
      const pace = this.#paces?.get(stream) ?? new Pace(now, bytes)
      const breached = this.#breachedBy(stream, pace, now, bytes)
      if (breached === undefined) (paces ??= new Map()).set(stream, pace)
      else {
        this.#host.timedOut(breached, { streamId: stream.id })
        end(stream)
      }
    }
    this.#paces = paces
  }

  #breachedBy(
    stream: ServerStream,
    pace: Pace,
    now: number,
    bytes: number,
  ): TimeoutName | undefined {
    const { minDataRate, timeouts } = this.#host.options
    const longest = timeouts.stream
    if (longest > 0 && now - Math.max(stream.movedAt, pace.begunAt) >= longest) return 'stream'
    return pace.isBelow(minDataRate, now, bytes) ? 'minDataRate' : undefined
  }
}
