import { ErrorCode } from '../../common/errors.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'
import type { Http2Core } from './http2-core.ts'

/** Milliseconds between probes whether a client that has sent FIN still reads: twice as many each time. */
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

  /** The client has sent FIN. False: it waits for no response to a request that it has sent in full. */
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
   * FIN of a client that reads on and of one that is gone are the same. One that is gone answers bytes with RST, of which
   * the write that follows is told. The WINDOW_UPDATE asks for no answer.
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
