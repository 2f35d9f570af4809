import { StreamMap } from '../../common/stream-map.ts'
import { Session } from '../../engine/http2/session.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'
import { connectionTerminated } from '../connection/connection-errors.ts'
import type { ProtocolHost } from '../connection/protocol.ts'

/** State that the parts of the protocol share: the session of a connection, and its open streams. */
export class Http2Core {
  readonly host: ProtocolHost
  readonly session: Session
  /** The streams that are open, by identifier. */
  readonly streams: StreamMap<ServerStream> = new StreamMap()
  /** GOAWAY was sent or received: the connection ends with its last stream. */
  isLeaving = false
  /** The client has sent GOAWAY, as a client that closes both sides should (RFC 9113 §6.8). */
  isAnnounced = false

  constructor(host: ProtocolHost) {
    const { settings, limits, timeouts, padding, engine } = host.options
    this.host = host
    this.session = Session.server({
      settings,
      ...(engine ? { engine } : {}),
      limits,
      padding,
      settingsTimeout: timeouts.settings,
      now: host.now,
      seed: [...crypto.getRandomValues(new Uint32Array(2))] as [number, number],
      unknownFrames: false,
      view: host.transport.view,
      quiet: true,
    })
  }

  /** Frames can still be sent. */
  get canSpeak(): boolean {
    return this.host.life !== 'closed' && !this.session.failure
  }

  /** Calls `submit` if frames can still be sent. Does not throw: if `submit` throws, the connection ends. */
  say(submit: () => void): void {
    if (!this.canSpeak) return
    try {
      submit()
      this.host.flushSoon()
    } catch (error) {
      this.host.fail(error)
    }
  }

  /** Takes no more requests; the connection ends with its last stream. */
  finish(): void {
    this.say(() => {
      this.session.submitGoaway()
      this.isLeaving = true
    })
  }

  /** nghttp2 has ended the session with a GOAWAY; the session takes and sends nothing more. */
  terminated(errorCode: number): void {
    const error = connectionTerminated(errorCode)
    this.host.reporter.connectionError(error)
    this.closeStreams(errorCode)
    // The server does not wait for a client that reads nothing.
    if (!this.host.hasRoom) this.host.fail(error)
  }

  closeStreams(errorCode: number): void {
    const streams = this.streams.values()
    this.streams.clear()
    for (const stream of streams) stream.closed(errorCode)
  }
}
