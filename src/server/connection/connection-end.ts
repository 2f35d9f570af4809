import { ErrorCode } from '../../common/errors.ts'
import type { Connection } from './connection.ts'

/** Milliseconds for the peer to close its side once we have closed ours. */
const lingerPeriod = 5000
/** Milliseconds between looks whether a client that has ended its side still reads: twice as many each time. */
const firstPause = 10
const longestPause = 1000

/** The ends of the two sides of a connection: FIN of the client, and ours. */
export class ConnectionEnd {
  readonly #connection: Connection
  /** When we sent FIN. */
  #sentAt: number | undefined
  /** The client has sent GOAWAY, as one that closes both sides should (RFC 9113 §6.8). */
  isAnnounced = false
  /** The client has ended its side while requests of its were under way. */
  isHalfClosed = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** FIN was sent, or is about to be. */
  get isSent(): boolean {
    return this.#sentAt !== undefined
  }

  sent(now: number): void {
    this.#sentAt ??= now
    this.cancel()
  }

  /**
   * The client has not closed its side in time. One that has said nothing yet has nothing to read: browsers connect ahead
   * of need, and do not look whether such a connection was closed.
   */
  isLate(now: number, shutdownTimeout: number, hasBegun: boolean): boolean {
    if (this.#sentAt === undefined) return false
    return (
      !hasBegun || now - this.#sentAt >= Math.min(shutdownTimeout || lingerPeriod, lingerPeriod)
    )
  }

  /** The client has ended its side. False: nothing is under way that it has asked for in full and waits for. */
  received(): boolean {
    const { streams } = this.#connection
    if (this.isAnnounced) return false
    const isAsked = ({ isPushed, requestBody }: (typeof streams)[number]): boolean =>
      isPushed || requestBody.isComplete
    if (!streams.some(isAsked)) return false
    for (const stream of streams) if (!isAsked(stream)) stream.reset(ErrorCode.CANCEL)
    this.isHalfClosed = true
    this.#probe(firstPause)
    return true
  }

  /** The connection is closed. */
  cancel(): void {
    clearTimeout(this.#timer)
  }

  /**
   * FIN of a client that reads on and of one that is gone are the same. One that is gone answers bytes with RST, which the
   * write that follows is told of. The frame asks for no answer.
   */
  #probe(pause: number): void {
    const connection = this.#connection
    const next = Math.min(2 * pause, longestPause)
    this.#timer = setTimeout(() => this.#probe(next), pause)
    connection.say(() => connection.session.submitWindowUpdate(0, 1))
  }
}
