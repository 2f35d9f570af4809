import { PartialFrame } from '../../engine/abi.ts'
import { Pace } from '../times/pace.ts'
import type { TimeoutName } from '../times/timeouts.ts'
import type { Http2Core } from './http2-core.ts'

/** The frame, or header block, that has begun to arrive on a connection and is not complete. */
export class FrameTimes {
  readonly #core: Http2Core
  #kind: number = PartialFrame.none
  /** Frames that were complete at the last tick: with more of them, another frame is incomplete now. */
  #frames = 0
  #since: number
  #bytes = 0
  #movedAt = 0
  #pace: Pace

  constructor(core: Http2Core) {
    this.#core = core
    this.#since = core.host.openedAt
    this.#pace = new Pace(this.#since, 0)
  }

  /** Called about once a second. Returns the timeout that the client has breached. */
  tick(now: number): TimeoutName | undefined {
    const { host, session } = this.#core
    const { head, stream } = host.options.timeouts
    const { bytesReceived } = host.counts
    if (this.#kind === PartialFrame.none && bytesReceived === this.#bytes) return undefined
    const kind = session.partialFrame
    if (kind === PartialFrame.none) {
      this.#kind = kind
      this.#bytes = bytesReceived
      return undefined
    }
    const { framesReceived } = session.counters
    if (kind !== this.#kind || framesReceived !== this.#frames) {
      this.#kind = kind
      this.#frames = framesReceived
      this.#bytes = -1
      // The preface and the first SETTINGS are due since the connection was accepted.
      if (framesReceived > 0) this.#since = now
      this.#pace = new Pace(now, bytesReceived)
    }
    if (bytesReceived !== this.#bytes) this.#movedAt = now
    this.#bytes = bytesReceived
    if (kind === PartialFrame.other) {
      return head > 0 && now - this.#since >= head ? 'head' : undefined
    }
    if (stream > 0 && now - this.#movedAt >= stream) return 'stream'
    return this.#pace.isBelow(host.options.minDataRate, now, bytesReceived)
      ? 'minDataRate'
      : undefined
  }
}
