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

/** A class of handlers, whose constructor takes no arguments. */
export type RequestHandlerClass = new () => BaseRequestHandler

const settled = Promise.resolve()

/** The stream of the handler being constructed. Constructors of handlers take no arguments. */
let streamOfNew: HttpStream | undefined

/**
 * Answers one request. Extend this class, and override the methods that you need:
 *
 * ```ts
 * class Handler extends BaseRequestHandler {
 *   onHeaders() {
 *     this.sendResponse({ status: 200, headers: [['content-type', 'text/plain']], body: 'nghttp2 FTW\n' })
 *   }
 * }
 * ```
 *
 * A callback that throws, or whose promise rejects, resets its stream (INTERNAL_ERROR) and nothing else. The error is
 * passed to the server's `onError`.
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

  /** The trailer fields of the request; empty until `onRequestDone`, and where the request has none. */
  get trailers(): HeaderField[] {
    return toHeaderFields(this.#stream.requestTrailers)
  }

  /** The response is pushed: the client has not asked for it. */
  get pushed(): boolean {
    return this.#stream.isPushed
  }

  /** The priority of the response (RFC 9218). Assign a value to change it. */
  get priority(): Priority {
    return this.#stream.priority
  }

  set priority(priority: Priority) {
    this.#stream.priority = priority
  }

  /** Counts of this stream, and its state now. */
  stats(): StreamStats {
    return this.#stream.stats()
  }

  // ---- callbacks ------------------------------------------------------------------------------

  /** The header fields of the request have arrived. */
  onHeaders(): void | Promise<void> {}

  /** A part of the request's body. The client may send more once this has returned, or its promise resolved. */
  onData(_chunk: Uint8Array): void | Promise<void> {}

  /** The request is complete, trailers included. */
  onRequestDone(): void | Promise<void> {}

  /** The stream is closed; 0 (NO_ERROR): without an error. Also called when the connection is lost. */
  onClose(_errorCode: number): void | Promise<void> {}

  // ---- verbs ----------------------------------------------------------------------------------

  /** Sends a 1xx response before the response, such as 103 (RFC 8297). */
  sendInformational(init: { status: number; headers?: HeaderList }): void {
    const { status, headers = [] } = checkObject('an informational response', init)
    this.#stream.informational(status, headers)
  }

  /**
   * Sends the response, once, from any callback or later. `content-length` is added where the length is known and no
   * trailers follow. Throws `ERR_RESPONSE_SENT`, `ERR_STREAM_CLOSED`, `ERR_INVALID_STATUS`, `ERR_INVALID_FIELD_NAME`,
   * `ERR_INVALID_FIELD_VALUE`, `ERR_INVALID_BODY`.
   */
  sendResponse(response: ResponseOptions = {}): void {
    this.#stream.respond(response)
  }

  /**
   * Pushes a response (RFC 9113 §8.4); only before `sendResponse`. Returns the handler of the promised stream, which is
   * of the same class; only its `onClose` is called. Returns `false` when the client does not take pushes.
   */
  push(options: PushOptions): BaseRequestHandler | false {
    const Handler = this.constructor as RequestHandlerClass
    let handler: BaseRequestHandler | false = false
    this.#stream.push(options, (stream) => (handler = construct(Handler, stream)))
    return handler
  }

  /**
   * Answers a CONNECT request with 200. Bytes pass both ways from now on; of the callbacks, only `onClose` is called.
   */
  acceptConnect(headers: HeaderList = []): Tunnel {
    return this.#accept(headers)
  }

  /**
   * Accepts the handshake of a WebSocket (RFC 6455 §4.2, RFC 8441 §5). Of the callbacks, only `onClose` is called then.
   * Throws `ERR_NOT_WEBSOCKET`, `ERR_WEBSOCKET_HANDSHAKE`. Where `onHeaders` does not catch the error, the client is
   * answered with 400 or 426.
   */
  acceptWebSocket(options?: WebSocketOptions): ServerWebSocket {
    const { scheme, host, path } = this
    const upgrade = negotiateUpgrade(this.#stream, `${scheme}://${host}${path}`, options)
    const { connection, fields, socket } = upgrade
    const tunnel = this.#accept(fields, () => connection.goAway())
    // In a microtask, so that the handler can listen for `open` first.
    void settled.then(() => connection.open(tunnel))
    return socket
  }

  /** Continues a body whose pull function returned `DATA_DEFERRED`. */
  resume(): void {
    this.#stream.resume()
  }

  #accept(headers: HeaderList, onShutdown?: () => void): Tunnel {
    return this.#stream.accept(headers, (tunnel) => new TunnelExchange(tunnel, this, onShutdown))
  }
}

/**
 * The exchange of a request: its handler. A client that waits for 100 gets it once `onHeaders` has ended without a
 * response.
 */
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
