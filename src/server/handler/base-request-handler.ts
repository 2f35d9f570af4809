import { checkObject } from '../../common/arguments.ts'
import { HTTPError } from '../../common/errors.ts'
import { type HeaderField, toHeaderFields } from '../../common/fields.ts'
import type { Priority } from '../../common/priority.ts'
import type { HeaderList } from '../../common/fields.ts'
import type { Tunnel } from '../../http/tunnel.ts'
import type { ServerWebSocket, WebSocketOptions } from '../../websocket/index.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import type { PushOptions, ResponseOptions } from '../../http/response-options.ts'
import type { HttpStream } from '../../exchange/http-stream.ts'
import type { ServerSession } from '../../exchange/server-session.ts'
import type { StreamStats } from '../../exchange/stream-stats.ts'
import type { Address } from '../../transport/transport.ts'
import { TunnelExchange } from '../../exchange/tunnel-exchange.ts'
import { negotiateUpgrade } from '../websocket/negotiate-upgrade.ts'

/** Makes a handler; no arguments. */
export type RequestHandlerClass = new () => BaseRequestHandler

const settled = Promise.resolve()

/** The stream of the handler being constructed: user's constructors take no arguments. */
let streamOfNew: HttpStream | undefined

/**
 * Answers one request. Extend it, and override what you need:
 *
 * ```ts
 * class Handler extends BaseRequestHandler {
 *   onHeaders() {
 *     this.sendResponse({ status: 200, headers: [['content-type', 'text/plain']], body: 'nghttp2 FTW\n' })
 *   }
 * }
 * ```
 *
 * A callback that throws, or whose promise rejects, resets its stream (INTERNAL_ERROR) and nothing else; the error
 * goes to the server's `onError`.
 */
export class BaseRequestHandler implements Exchange {
  readonly #stream: HttpStream

  constructor() {
    if (!streamOfNew) {
      throw new HTTPError('ERR_INVALID_STATE', 'handlers are made by a server: pass it the class')
    }
    this.#stream = streamOfNew
  }

  // ---- the request ----------------------------------------------------------------------------

  /** The client's address. */
  get clientAddress(): Address {
    return this.#stream.connection.remoteAddress
  }

  /** The client's certificate as the runtime presents it; `null` without one. */
  get clientCertificate(): unknown {
    return this.#stream.connection.tls?.clientCertificate ?? null
  }

  get streamId(): number {
    return this.#stream.id
  }

  /** `http` or `https`; empty for CONNECT. */
  get scheme(): string {
    return this.#stream.request.scheme
  }

  get method(): string {
    return this.#stream.request.method
  }

  /** `:protocol` of an extended CONNECT (RFC 8441), such as `websocket`. */
  get protocol(): string | undefined {
    return this.#stream.request.protocol
  }

  /** The HTTP/2 connection: its settings, PING, ALTSVC, ORIGIN, counts; `null` on HTTP/1.1. */
  get session(): ServerSession | null {
    return this.#stream.connection.session
  }

  /** `:authority`, or else the Host field. */
  get host(): string {
    return this.#stream.request.authority
  }

  /** Path and query, as sent; empty for CONNECT. */
  get path(): string {
    return this.#stream.request.path
  }

  /**
   * All fields in the order of arrival, pseudo-header fields included; the cookie in one piece, last. A field that is
   * never indexed (RFC 7541 §6.2.3) has `true` as its third element.
   */
  get headers(): HeaderField[] {
    return this.#stream.request.pairs
  }

  /** The fields behind the body; empty until `onRequestDone`, and where there are none. */
  get trailers(): HeaderField[] {
    return toHeaderFields(this.#stream.requestTrailers)
  }

  /** The response is a push, which the client has not asked for. */
  get pushed(): boolean {
    return this.#stream.isPushed
  }

  /** RFC 9218; assign to change the response's place among the others. */
  get priority(): Priority {
    return this.#stream.priority
  }

  set priority(priority: Priority) {
    this.#stream.priority = priority
  }

  /** Counts of this stream, and how it stands. */
  stats(): StreamStats {
    return this.#stream.stats()
  }

  // ---- callbacks ------------------------------------------------------------------------------

  /** The header fields of the request are there. */
  onHeaders(): void | Promise<void> {}

  /** A part of the request's body. The client may send more once this has returned, or its promise resolved. */
  onData(_chunk: Uint8Array): void | Promise<void> {}

  /** The request is complete, trailers included. */
  onRequestDone(): void | Promise<void> {}

  /** The stream is over; 0 (NO_ERROR): in order. Also called when the connection is lost. */
  onClose(_errorCode: number): void | Promise<void> {}

  // ---- verbs ----------------------------------------------------------------------------------

  /** A 1xx response before the response, such as 103 (RFC 8297). */
  sendInformational(init: { status: number; headers?: HeaderList }): void {
    const { status, headers = [] } = checkObject('an informational response', init)
    this.#stream.informational(status, headers)
  }

  /**
   * The response, once, from any callback or later. `content-length` is added where the length is known and no trailers
   * follow. Throws `ERR_RESPONSE_SENT`, `ERR_STREAM_CLOSED`, `ERR_INVALID_STATUS`, `ERR_INVALID_FIELD_NAME`,
   * `ERR_INVALID_FIELD_VALUE`, `ERR_INVALID_BODY`.
   */
  sendResponse(response: ResponseOptions = {}): void {
    this.#stream.respond(response)
  }

  /**
   * Pushes a response (RFC 9113 §8.4), before `sendResponse`. The handler of the promised stream, of the same class, of
   * which only `onClose` is called; `false` when the client does not take pushes.
   */
  push(options: PushOptions): BaseRequestHandler | false {
    const Handler = this.constructor as RequestHandlerClass
    let handler: BaseRequestHandler | false = false
    this.#stream.push(options, (stream) => (handler = construct(Handler, stream)))
    return handler
  }

  /** Answers a CONNECT request with 200: bytes go both ways from now on, and of the callbacks only `onClose` is called. */
  acceptConnect(headers: HeaderList = []): Tunnel {
    return this.#accept(headers)
  }

  /**
   * Answers a handshake with a WebSocket (RFC 6455 §4.2, RFC 8441 §5); of the callbacks only `onClose` is called then. Throws
   * `ERR_NOT_WEBSOCKET`, `ERR_WEBSOCKET_HANDSHAKE`: the client is answered with 400 or 426 where `onHeaders` lets them out.
   */
  acceptWebSocket(options?: WebSocketOptions): ServerWebSocket {
    const { scheme, host, path } = this
    const upgrade = negotiateUpgrade(this.#stream, `${scheme}://${host}${path}`, options)
    const { connection, fields, socket } = upgrade
    const tunnel = this.#accept(fields, () => connection.goAway())
    // Not before the handler has had its chance to listen for `open`.
    void settled.then(() => connection.open(tunnel))
    return socket
  }

  /** Goes on with a body whose pull function said `DATA_DEFERRED`. */
  resume(): void {
    this.#stream.resume()
  }

  #accept(headers: HeaderList, onShutdown?: () => void): Tunnel {
    return this.#stream.accept(headers, (tunnel) => new TunnelExchange(tunnel, this, onShutdown))
  }
}

/** The exchange of a request: its handler, which gets to see the body once `onHeaders` is done without an answer. */
export function makeHandler(Handler: RequestHandlerClass, stream: HttpStream): Exchange {
  const handler = construct(Handler, stream)
  if (!stream.hasRequestBody || !stream.request.expectsContinue) return handler
  return {
    async onHeaders() {
      await handler.onHeaders()
      stream.continue()
    },
    onData: (chunk) => handler.onData(chunk),
    onRequestDone: () => handler.onRequestDone(),
    onClose: (errorCode) => handler.onClose(errorCode),
  }
}

/** A handler for `stream`. */
function construct(Handler: RequestHandlerClass, stream: HttpStream): BaseRequestHandler {
  streamOfNew = stream
  try {
    return new Handler()
  } finally {
    streamOfNew = undefined
  }
}
