import type { HeaderList } from '../../common/fields.ts'
import type { Tunnel } from '../../http/tunnel.ts'
import type { HttpStream } from '../../exchange/http-stream.ts'
import { type TunnelStreams, tunnelStreams } from '../../exchange/tunnel-streams.ts'

/** A CONNECT request, which asks for a tunnel (RFC 9113 §8.5), or for a protocol on the stream (RFC 8441 §4). */
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

  /** `:authority`; for a plain CONNECT the host and port to connect to, such as `example.com:443`. */
  get authority(): string {
    return this.#stream.request.authority
  }

  /** Bytes from the client. Accepts the request if it is not accepted yet. */
  get readable(): ReadableStream<Uint8Array> {
    return this.accept().readable
  }

  /** Bytes to the client. Accepts the request if it is not accepted yet. */
  get writable(): WritableStream<Uint8Array> {
    return this.accept().writable
  }

  /** Answers 200. Bytes pass through the tunnel from now on. The handler's return value is not sent then. */
  accept(headers?: HeaderList): TunnelStreams {
    this.#streams ??= tunnelStreams(this.#accept(headers))
    return this.#streams
  }
}
