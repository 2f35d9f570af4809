import type { Http2Core } from './http2-core.ts'

/** `PingTracker` never chooses this opaque data. */
const opaqueData = new Uint8Array(8)

/**
 * Asks by PING whether a client that is silent while streams are open is still there (RFC 9113 §6.7). Silent is a
 * connection on which no byte is received, and none is taken by the system: PING would wait behind bytes that a slow
 * client has not read.
 */
export class KeepAlivePing {
  readonly #core: Http2Core
  #bytes = -1
  #heardAt = 0
  #askedAt: number | undefined

  constructor(core: Http2Core) {
    this.#core = core
  }

  /** Called about once a second. True: the client did not answer in time. */
  hasNoAnswer(now: number): boolean {
    const { host, session, streams } = this.#core
    const { bytesReceived } = host.counts
    const { ping, pingAck } = host.options.timeouts
    if (bytesReceived !== this.#bytes || streams.size === 0) {
      this.#bytes = bytesReceived
      this.#heardAt = now
      this.#askedAt = undefined
    } else if (this.#askedAt !== undefined) {
      return pingAck > 0 && now - this.#askedAt >= pingAck
    } else if (ping > 0 && host.hasRoom && now - Math.max(this.#heardAt, host.movedAt) >= ping) {
      this.#askedAt = now
      this.#core.say(() => session.submitPing(opaqueData))
    }
    return false
  }
}
