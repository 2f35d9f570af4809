import type { Http1Core } from './http1-core.ts'

/** Milliseconds between probes of whether a client that has sent FIN still reads. The pause doubles each time. */
const firstPause = 100
const longestPause = 5000
/**
 * A client that cannot be probed counts as gone when its response has had no bytes for so many milliseconds, and the
 * transport takes more.
 */
const patience = 3000
const processing = [':status', '102']

/**
 * A client that has sent FIN and waits for a response. FIN does not show whether the client still reads or is gone. A
 * client that is gone answers bytes with RST, and the next write fails.
 */
export class HalfClose {
  readonly #core: Http1Core
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(core: Http1Core) {
    this.#core = core
  }

  /** The client has sent FIN. */
  begin(): void {
    this.#wait(firstPause)
  }

  /** The connection ends. */
  cancel(): void {
    clearTimeout(this.#timer)
  }

  #wait(pause: number): void {
    this.#timer = setTimeout(() => this.#look(pause), pause)
  }

  #look(pause: number): void {
    const { active, host, session } = this.#core
    if (host.life !== 'half-closed') return
    this.#wait(Math.min(2 * pause, longestPause))
    if (!active || active.isTunnel) return
    // Interim responses may precede the response to a request of HTTP/1.1 (RFC 9110 §15.2).
    if (!active.isResponded && session.takesInformational) {
      session.submitInformational(processing)
      host.flush()
    } else if (host.hasRoom && host.clock() - active.movedAt >= patience) {
      host.transport.destroy()
    }
  }
}
