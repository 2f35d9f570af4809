import type { Connection } from '../connection/connection.ts'

/** Milliseconds between the notice and the refusal of further requests: time for those on their way to arrive. */
const noticePeriod = 250
/** The same, and for the first request, of a client that has only just connected: it may be slow to read its answer. */
const firstPeriod = 1000

/** The end of a connection in order (RFC 9113 §6.8): a notice, then GOAWAY, then the streams that are open finish. */
export class ShutdownNotice {
  readonly #connection: Connection
  #timer: ReturnType<typeof setTimeout> | undefined
  #period = firstPeriod

  constructor(connection: Connection) {
    this.#connection = connection
  }

  /** The server shuts down. */
  get isDue(): boolean {
    return this.#timer !== undefined
  }

  /** A client that has only just connected first says what it came for: the notice is then left to `send`. */
  announce(hasBegun: boolean): void {
    if (hasBegun) {
      this.#period = noticePeriod
      this.send()
    } else {
      this.#finishLater()
    }
  }

  send(): void {
    const connection = this.#connection
    this.#finishLater()
    connection.say(() => connection.session.submitShutdownNotice())
    for (const stream of connection.streams) {
      try {
        stream.exchange.onShutdown?.()
      } catch (error) {
        stream.fail(error)
      }
    }
  }

  #finishLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#connection.finish(), this.#period)
  }

  /** The connection is closed. */
  cancel(): void {
    clearTimeout(this.#timer)
  }
}
