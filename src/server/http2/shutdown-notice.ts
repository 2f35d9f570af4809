import type { Http2Core } from './http2-core.ts'

/**
 * Milliseconds between the notice and the refusal of further requests. Requests that are on their way can arrive
 * meanwhile.
 */
const noticePeriod = 250
/** Milliseconds that a client without a request has for its first one. */
const firstPeriod = 1000

/**
 * The graceful end of a connection (RFC 9113 §6.8): a notice, then GOAWAY, then the streams that are open finish. A
 * client that has read the notice opens no stream. One that has just connected, and waits for SETTINGS before its first
 * request, could not send any, so the notice follows the first request.
 */
export class ShutdownNotice {
  readonly #core: Http2Core
  #timer: ReturnType<typeof setTimeout> | undefined
  #isDue = false

  constructor(core: Http2Core) {
    this.#core = core
  }

  begin(): void {
    this.#isDue = true
    this.#finishIn(firstPeriod)
    this.received()
  }

  /** Requests may have been received. */
  received(): void {
    if (!this.#isDue || this.#core.host.counts.streams === 0) return
    this.#isDue = false
    this.#finishIn(noticePeriod)
    this.#send()
  }

  #finishIn(period: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#core.finish(), period)
  }

  #send(): void {
    const core = this.#core
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
