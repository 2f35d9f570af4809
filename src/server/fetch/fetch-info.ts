import type { HeaderField, HeaderList } from '../../common/fields.ts'
import type { Priority } from '../../engine/http2/session-control.ts'
import type { Trailers } from '../../http/trailers.ts'
import type { Tunnel } from '../../http/tunnel.ts'
import { Connect } from './connect.ts'
import type { FetchExchange } from './fetch-exchange.ts'
import type { PushInit } from '../../http/response-options.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'
import type { ServerSession } from '../http2/server-session.ts'
import { readStreamStats, type StreamStats } from '../stats/session-stats.ts'
import type { Address, TlsInfo } from '../../transport/transport.ts'

/** The second argument of a fetch handler: what a `Request` has no place for. */
export class FetchInfo {
  readonly #stream: ServerStream
  readonly #exchange: FetchExchange
  #connect: Connect | null | undefined

  constructor(stream: ServerStream, exchange: FetchExchange) {
    this.#stream = stream
    this.#exchange = exchange
  }

  get remoteAddress(): Address {
    return this.#stream.connection.transport.remoteAddress
  }

  get localAddress(): Address {
    return this.#stream.connection.transport.localAddress
  }

  /** `null` on cleartext. */
  get tls(): TlsInfo | null {
    return this.#stream.connection.transport.tls
  }

  get streamId(): number {
    return this.#stream.id
  }

  /**
   * All fields of the request in the order of arrival, pseudo-header fields included, the cookie in one piece, last. A
   * field that is never indexed (RFC 7541 §6.2.3) has `true` as its third element; `Headers` cannot say so.
   */
  get headers(): readonly HeaderField[] {
    return this.#stream.request.pairs
  }

  /** The connection. */
  get session(): ServerSession {
    return this.#stream.connection.facade
  }

  /** RFC 9218; assign to change the response's place among the others. */
  get priority(): Priority {
    return this.#stream.priority
  }

  set priority(priority: Priority) {
    this.#stream.priority = priority
  }

  /** `null`, or on (extended) CONNECT how to make a tunnel of the stream. */
  get connect(): Connect | null {
    if (this.#connect === undefined) {
      const isConnect = this.#stream.request.method === 'CONNECT'
      const accept = (headers?: HeaderList): Tunnel => this.#exchange.accept(headers)
      this.#connect = isConnect ? new Connect(this.#stream, accept) : null
    }
    return this.#connect
  }

  /** A 1xx response before the response, any number of times: `informational(103, { link: '</app.css>; rel=preload' })`. */
  informational(status: number, headers?: HeaderList): void {
    this.#stream.informational(status, headers)
  }

  /** Fields to send behind the response's body, until that has ended; a function is called then. */
  setTrailers(trailers: Trailers): void {
    this.#exchange.responseTrailers = trailers
  }

  /** Pushes a response (RFC 9113 §8.4); false: the client does not take pushes. */
  push(init: PushInit): boolean {
    return this.#exchange.push(init)
  }

  /** Counts of this stream, and how it stands. */
  stats(): StreamStats {
    return readStreamStats(this.#stream)
  }
}
