import type { Http2Core } from './http2-core.ts'

/**
 * Milliseconds between the notice and the refusal of further requests. Requests that are on their way can arrive
 * meanwhile.
 */
const noticePeriod = 250
/** The same for a client that has just connected, which may be slow to read. */
const firstPeriod = 1000

/** The graceful end of a connection (RFC 9113 §6.8): a notice, then GOAWAY, then the streams that are open finish. */
export class ShutdownNotice {
  readonly #core: Http2Core
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(core: Http2Core) {
    this.#core = core
  }

  /** `isFirst`: the client has just connected. */
  send(isFirst: boolean): void {
    const core = this.#core
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => core.finish(), isFirst ? firstPeriod : noticePeriod)
    core.say(() => core.session.submitShutdownNotice())
    for (const stream of core.streams.values()) {
      try {
        stream.exchange.onShutdown?.()
      } catch (error) {
        stream.fail(error)
      }
    }
  }

  /** The connection is closed. */
  cancel(): void {
    clearTimeout(this.#timer)
  }
}
