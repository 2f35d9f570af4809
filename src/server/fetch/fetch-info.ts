import type { HeaderField, HeaderList } from '../../common/fields.ts'
import type { Priority } from '../../common/priority.ts'
import type { Trailers } from '../../http/trailers.ts'
import type { Tunnel } from '../../http/tunnel.ts'
import { Connect } from './connect.ts'
import type { PushOptions } from '../../http/response-options.ts'
import type { ProtocolName } from '../../exchange/connection-info.ts'
import type { HttpStream } from '../../exchange/http-stream.ts'
import type { ServerSession } from '../../exchange/server-session.ts'
import type { StreamStats } from '../../exchange/stream-stats.ts'
import type { Address, TlsInfo } from '../../transport/transport.ts'

/** The exchange of the request that a `FetchInfo` describes. */
export interface InfoSource {
  responseTrailers: Trailers | undefined
  accept(headers?: HeaderList): Tunnel
  push(options: PushOptions): boolean
}

/** The second argument of a fetch handler: information that a `Request` cannot hold. */
export class FetchInfo {
  readonly #stream: HttpStream
  readonly #exchange: InfoSource
  #connect: Connect | null | undefined

  constructor(stream: HttpStream, exchange: InfoSource) {
    this.#stream = stream
    this.#exchange = exchange
  }

  get remoteAddress(): Address {
    return this.#stream.connection.remoteAddress
  }

  get localAddress(): Address {
    return this.#stream.connection.localAddress
  }

  /** `null` on cleartext. */
  get tls(): TlsInfo | null {
    return this.#stream.connection.tls
  }

  get streamId(): number {
    return this.#stream.id
  }

  /**
   * All fields of the request in the order of arrival, pseudo-header fields included, the cookie in one piece, last. A
   * field that is never indexed (RFC 7541 §6.2.3) has `true` as its third element, which `Headers` cannot show.
   */
  get headers(): readonly HeaderField[] {
    return this.#stream.request.pairs
  }

  get protocol(): ProtocolName {
    return this.#stream.connection.protocol
  }

  /** The HTTP/2 connection: PING, ALTSVC, ORIGIN, SETTINGS; `null` on HTTP/1.1, which has none of them. */
  get session(): ServerSession | null {
    return this.#stream.connection.session
  }

  /** The priority of the response (RFC 9218). Assign a value to change it. */
  get priority(): Priority {
    return this.#stream.priority
  }

  set priority(priority: Priority) {
    this.#stream.priority = priority
  }

  /** Makes a tunnel of the stream of a CONNECT or extended CONNECT request; `null` for other requests. */
  get connect(): Connect | null {
    if (this.#connect === undefined) {
      const isConnect = this.#stream.request.method === 'CONNECT'
      const accept = (headers?: HeaderList): Tunnel => this.#exchange.accept(headers)
      this.#connect = isConnect ? new Connect(this.#stream, accept) : null
    }
    return this.#connect
  }

  /**
   * Sends a 1xx response before the response, any number of times: `informational(103, { link: '</app.css>;
   * rel=preload' })`.
   */
  informational(status: number, headers?: HeaderList): void {
    this.#stream.informational(status, headers)
  }

  /** Sets the fields to send after the response's body, until the body has ended. A function is called at that time. */
  setTrailers(trailers: Trailers): void {
    this.#exchange.responseTrailers = trailers
  }

  /** Pushes a response (RFC 9113 §8.4); false: the client does not take pushes. */
  push(options: PushOptions): boolean {
    return this.#exchange.push(options)
  }

  /** Counts of this stream, and its state now. */
  stats(): StreamStats {
    return this.#stream.stats()
  }
}
