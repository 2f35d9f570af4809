import { ErrorCode } from '../../common/errors.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'
import type { Http2Core } from './http2-core.ts'

/** Milliseconds between probes of whether a client that has sent FIN still reads. The pause doubles each time. */
const firstPause = 10
const longestPause = 1000

/** A client that has sent FIN and waits for responses. */
export class HalfClose {
  readonly #core: Http2Core
  #timer: ReturnType<typeof setTimeout> | undefined
  #hasBegun = false

  constructor(core: Http2Core) {
    this.#core = core
  }

  /** The client has sent FIN, and its requests are being answered. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** The client has sent FIN. False: the client waits for no response to a request that it has sent in full. */
  begin(): boolean {
    const { isAnnounced, streams } = this.#core
    if (isAnnounced) return false
    const open = streams.values()
    if (!open.some(isAsked)) return false
    for (const stream of open) if (!isAsked(stream)) stream.reset(ErrorCode.CANCEL)
    this.#hasBegun = true
    this.#probe(firstPause)
    return true
  }

  /** The connection ends. */
  cancel(): void {
    clearTimeout(this.#timer)
  }

  /**
   * FIN does not show whether a client still reads or is gone. A client that is gone answers bytes with RST, and the
   * next write fails. The WINDOW_UPDATE asks for no answer.
   */
  #probe(pause: number): void {
    const core = this.#core
    const next = Math.min(2 * pause, longestPause)
    this.#timer = setTimeout(() => {
      if (core.host.life === 'half-closed') this.#probe(next)
    }, pause)
    core.say(() => core.session.submitWindowUpdate(0, 1))
  }
}

function isAsked({ isPushed, requestBody }: ServerStream): boolean {
  return isPushed || requestBody.isComplete
}
