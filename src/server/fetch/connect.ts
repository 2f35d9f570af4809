import type { HeaderList } from '../../common/fields.ts'
import type { Tunnel } from '../../http/tunnel.ts'
import type { HttpStream } from '../../exchange/http-stream.ts'
import { type TunnelStreams, tunnelStreams } from '../../exchange/tunnel-streams.ts'

/** What a CONNECT request asks for: a tunnel (RFC 9113 §8.5), or a protocol on the stream (RFC 8441 §4). */
export class Connect implements TunnelStreams {
  readonly #stream: HttpStream
  readonly #accept: (headers?: HeaderList) => Tunnel
  #streams: TunnelStreams | undefined

  /** `accept` answers the request. */
  constructor(stream: HttpStream, accept: (headers?: HeaderList) => Tunnel) {
    this.#stream = stream
    this.#accept = accept
  }

  /** `:protocol` of an extended CONNECT, such as `websocket`; `undefined` for a plain one. */
  get protocol(): string | undefined {
    return this.#stream.request.protocol
  }

  /** `:authority`: of a plain CONNECT where to connect to, such as `example.com:443`. */
  get authority(): string {
    return this.#stream.request.authority
  }

  /** Bytes of the client. Accepts the request if that has not been done. */
  get readable(): ReadableStream<Uint8Array> {
    return this.accept().readable
  }

  /** Bytes to the client. Accepts the request if that has not been done. */
  get writable(): WritableStream<Uint8Array> {
    return this.accept().writable
  }

  /** Answers 200: what is read and written from now on goes through. What the handler returns is not sent then. */
  accept(headers?: HeaderList): TunnelStreams {
    this.#streams ??= tunnelStreams(this.#accept(headers))
    return this.#streams
  }
}
