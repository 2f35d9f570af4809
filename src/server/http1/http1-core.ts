import { HTTP1Session } from '../../engine/http1/http1-session.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'
import type { ProtocolHost } from '../connection/protocol.ts'

/** The most bytes of a request's body that wait for the exchange; with more, the transport is paused. */
const mostUnread = 64 * 1024
/** Requests are answered until this many bytes wait to be sent. */
const mostBuffered = 256 * 1024

/** State that the parts of the protocol share: the session of a connection, and the request that is being answered. */
export class Http1Core {
  readonly host: ProtocolHost
  readonly session: HTTP1Session
  /** The request that is being answered. */
  active: ServerStream | undefined
  /** The connection ends with the response that is being sent, or with the next one. */
  isLeaving = false
  /** The error code of the active stream's reset, until it has been carried out. */
  resetCode: number | undefined
  /** The status for a request that is reset before it has a response; by default `statusOfReset` of the code. */
  resetStatus: number | undefined
  /** Bytes of the active response's body since the last drain. */
  written = 0
  /** Input waits behind the active request; the transport is paused. */
  #hasInput = false
  /** Bytes of the active request's body that wait for the exchange. */
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

  /** Requests wait until more of the responses is sent. */
  get isFull(): boolean {
    return this.session.bufferedAmount > mostBuffered
  }

  /** Bytes of the active request's body are passed to the exchange. */
  received(length: number): void {
    this.#unread += length
    this.#pace()
  }

  /** Bytes of the body were taken by the exchange, or discarded. */
  consumed(length: number): void {
    this.#unread -= length
    this.#pace()
  }

  /** The active request is over. Bytes of its body that still wait are not counted any more. */
  forgetUnread(): void {
    this.#unread = 0
    this.#pace()
  }

  /** Whether input waits behind the active request. */
  set hasInput(hasInput: boolean) {
    this.#hasInput = hasInput
    this.#pace()
  }

  /** Pauses the transport while bytes wait, so that no buffer grows. */
  #pace(): void {
    const isPaused = this.#hasInput || this.#unread > mostUnread
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    if (isPaused) this.host.transport.pause()
    else this.host.transport.resume()
  }
}
