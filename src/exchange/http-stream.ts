import type { FlatFields, HeaderList } from '../common/fields.ts'
import type { HTTPError } from '../common/errors.ts'
import type { Priority } from '../common/priority.ts'
import type { AnyResponseOptions } from '../http/prepared-response.ts'
import type { RequestHead } from '../http/request-head.ts'
import type { PushOptions } from '../http/response-options.ts'
import type { ConnectionInfo } from './connection-info.ts'
import type { Exchange } from './exchange.ts'
import type { ServerTunnel } from './server-tunnel.ts'
import type { StreamStats } from './stream-stats.ts'

/**
 * One request and its response, as exchanges, WebSocket, the log and the counts see them. The protocol that carries the
 * two is not visible.
 */
export interface HttpStream {
  /** HTTP/2: the identifier of the stream. HTTP/1.1: the ordinal number of the request on its connection. */
  readonly id: number
  readonly connection: ConnectionInfo
  readonly request: RequestHead
  /** The request has a body that has not arrived in full. */
  readonly hasRequestBody: boolean
  /** Empty until the request is complete. */
  readonly requestTrailers: FlatFields
  /** The response was promised by PUSH_PROMISE: no request of the client's asked for it. */
  readonly isPushed: boolean
  readonly isResponded: boolean
  /** All of the response has been handed to the connection. */
  readonly isComplete: boolean
  /** Nothing can be sent any more; `onClose` may still be queued. */
  readonly isClosed: boolean
  /** The server ended the stream before the response was complete. */
  readonly isReset: boolean
  /** The error with which the server ended the stream because of its request. */
  readonly failure: HTTPError | undefined
  /** The priority of the response (RFC 9218). Assign a value to change it. */
  priority: Priority
  /** Sends 100, at most once, where the client waits for it (RFC 9110 §10.1.1). */
  continue(): void
  /** Sends a 1xx response; any number of them before the response (RFC 9110 §15.2). */
  informational(status: number, headers?: HeaderList): void
  /** Sends the response. Throws `ERR_RESPONSE_SENT` the second time, and typed errors for what cannot be sent. */
  respond(response: AnyResponseOptions): void
  /**
   * Makes a tunnel of the stream and answers the request so. `exchangeOf` gives the exchange of the stream from then
   * on. Without `exchangeOf` the exchange stays, and passes received bytes to the tunnel.
   */
  accept(headers?: HeaderList, exchangeOf?: (tunnel: ServerTunnel) => Exchange): ServerTunnel
  /**
   * Pushes a response (RFC 9113 §8.4). `exchangeOf` gives the exchange of the promised stream. `undefined`: the client
   * takes no pushes, or the protocol has none.
   */
  push(options: PushOptions, exchangeOf: (stream: HttpStream) => Exchange): HttpStream | undefined
  /** Continues a body whose source had no bytes (`DATA_DEFERRED`). */
  resume(): void
  /** Ends the stream at once; the default code is CANCEL. Does not throw. */
  reset(errorCode?: number): void
  /** Ends the stream and reports the error. For a `RequestRefusal`, its response is sent instead. Does not throw. */
  fail(error: unknown): void
  /** Reports an error of the application to the server's `onError`. */
  report(error: unknown): void
  stats(): StreamStats
}
