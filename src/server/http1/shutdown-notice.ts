import type { Http1Core } from './http1-core.ts'

/** Milliseconds for requests that are on their way to arrive, as long as those of HTTP/2. */
const noticePeriod = 250

/**
 * The graceful end of a connection. The next response says that it is the last one (RFC 9112 §9.6). A client without a
 * request cannot be told, and may be about to send one: a request that crosses FIN is lost, and a proxy does not repeat
 * a POST. So a connection that waits for a request goes on waiting for a while.
 */
export class ShutdownNotice {
  readonly #core: Http1Core
  #timer: ReturnType<typeof setTimeout> | undefined
  /** The connection does not wait for another request. */
  isOver = false

  constructor(core: Http1Core) {
    this.#core = core
  }

  send(): void {
    const { active, host } = this.#core
    this.#core.isLeaving = true
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.end()
      if (host.life === 'open') host.flush()
    }, noticePeriod)
    try {
      active?.exchange.onShutdown?.()
    } catch (error) {
      active?.fail(error)
    }
    host.flush()
  }

  /** The connection ends with the response that is being sent, or now. */
  end(): void {
    this.#core.isLeaving = true
    this.isOver = true
  }

  /** The connection is closed. */
  cancel(): void {
    clearTimeout(this.#timer)
  }
}
