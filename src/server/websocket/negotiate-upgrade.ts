import { HTTP2Error } from '../../common/errors.ts'
import type { HeaderField } from '../../common/fields.ts'
import {
  negotiate,
  type ServerWebSocket,
  WebSocketConnection,
  type WebSocketOptions,
} from '../../websocket/index.ts'
import type { HttpStream } from '../../exchange/http-stream.ts'

/** A WebSocket handshake that was agreed on (RFC 8441 §5), and waits for its response to be sent. */
export interface WebSocketUpgrade {
  readonly connection: WebSocketConnection
  readonly socket: ServerWebSocket
  /** For the response. */
  readonly fields: readonly HeaderField[]
}

/**
 * Reads a request's handshake. Throws `ERR_NOT_WEBSOCKET` when it asks for something else, and `ERR_WEBSOCKET_HANDSHAKE` when
 * what it asks for is malformed or a version we do not speak.
 */
export function negotiateUpgrade(
  stream: HttpStream,
  url: string,
  options: WebSocketOptions | undefined,
): WebSocketUpgrade {
  const { method, protocol, pairs } = stream.request
  if (method !== 'CONNECT' || protocol !== 'websocket') {
    throw new HTTP2Error(
      'ERR_NOT_WEBSOCKET',
      'the request does not ask for a WebSocket (RFC 8441 §5): answer it in another way',
      { streamId: stream.id },
    )
  }
  const agreement = negotiate(pairs, options)
  if (!agreement.isAccepted) {
    throw new HTTP2Error('ERR_WEBSOCKET_HANDSHAKE', agreement.reason, { streamId: stream.id })
  }
  const report = (error: unknown): void => stream.report(error)
  const address = url.replace(/^http/, 'ws')
  const connection = new WebSocketConnection(address, agreement, options, report)
  return { connection, socket: connection.socket, fields: agreement.fields }
}
