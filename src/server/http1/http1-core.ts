import { HTTP1Session } from '../../engine/http1/http1-session.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'
import type { ProtocolHost } from '../connection/protocol.ts'

/** Bytes of a request's body that may wait for their exchange; beyond, the transport is paused. */
const mostUnread = 64 * 1024

/** The session of a connection, the request that is being answered, and what the parts of the protocol share. */
export class Http1Core {
  readonly host: ProtocolHost
  readonly session: HTTP1Session
  /** The request that is being answered. */
  active: ServerStream | undefined
  /** The connection ends with the response that is being sent, or that comes next. */
  isLeaving = false
  /** The error code of the active stream's reset, until it has been carried out. */
  resetCode: number | undefined
  /** The status for a request that is reset before it has a response; by default the code's. */
  resetStatus: number | undefined
  /** Bytes of the active response's body since the last drain. */
  written = 0
  /** Input that waits for its turn keeps the transport paused. */
  #hasInput = false
  /** Bytes of the active request's body that wait for its exchange. */
  #unread = 0
  #isPaused = false

  constructor(host: ProtocolHost) {
    const { limits, engine } = host.options
    const { maxHeaderFields, maxHeaderListSize } = limits
    this.host = host
    this.session = HTTP1Session.server({
      ...(engine ? { engine } : {}),
      limits: { maxHeaderFields, maxHeaderListSize },
      isSecure: host.transport.tls !== null,
      view: host.transport.view,
    })
  }

  /** Bytes of the active request's body go to its exchange. */
  received(length: number): void {
    this.#unread += length
    this.#pace()
  }

  /** The exchange has taken bytes of the body, or they were dropped. */
  consumed(length: number): void {
    this.#unread -= length
    this.#pace()
  }

  /** The active request is over: bytes of its body that still wait do not count any more. */
  forgetUnread(): void {
    this.#unread = 0
    this.#pace()
  }

  /** Input waits behind the active request, or waits no more. */
  set hasInput(hasInput: boolean) {
    this.#hasInput = hasInput
    this.#pace()
  }

  /** Reading stops while bytes wait, so that no buffer grows. */
  #pace(): void {
    const isPaused = this.#hasInput || this.#unread > mostUnread
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    if (isPaused) this.host.transport.pause()
    else this.host.transport.resume()
  }
}
