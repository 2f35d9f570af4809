import type { HeaderField } from '../../common/fields.ts'
import { badRequest, RequestRefusal, textResponse } from '../../http/request-refusal.ts'
import {
  acceptOf,
  negotiate,
  type ServerWebSocket,
  WebSocketConnection,
  type WebSocketOptions,
} from '../../websocket/index.ts'
import type { HttpStream } from '../../exchange/http-stream.ts'

/** A WebSocket handshake that was accepted (RFC 8441 §5), and whose response is not sent yet. */
export interface WebSocketUpgrade {
  readonly connection: WebSocketConnection
  readonly socket: ServerWebSocket
  /** The fields of the response. */
  readonly fields: readonly HeaderField[]
}

/**
 * Reads the handshake of a request: an extended CONNECT (RFC 8441), or Upgrade (RFC 6455 §4.2). Throws
 * `ERR_NOT_WEBSOCKET` when the request asks for something else, and `ERR_WEBSOCKET_HANDSHAKE` when the handshake is
 * malformed or of another version.
 */
export function negotiateUpgrade(
  stream: HttpStream,
  url: string,
  options: WebSocketOptions | undefined,
): WebSocketUpgrade {
  const { pairs } = stream.request
  const isUpgrade = asksByUpgrade(stream)
  if (!isUpgrade && !asksByConnect(stream)) {
    throw new RequestRefusal(
      'ERR_NOT_WEBSOCKET',
      'the request does not ask for a WebSocket (RFC 6455 §4.1, RFC 8441 §5): answer it in another way',
      { streamId: stream.id },
      badRequest(),
    )
  }
  const agreement = negotiate(pairs, options)
  if (!agreement.isAccepted) throw malformed(agreement.reason, stream)
  const fields = isUpgrade ? [acceptField(stream), ...agreement.fields] : agreement.fields
  const report = (error: unknown): void => stream.report(error)
  const address = url.replace(/^http/, 'ws')
  const connection = new WebSocketConnection(address, agreement, options, report)
  return { connection, socket: connection.socket, fields }
}

function asksByConnect({ request }: HttpStream): boolean {
  return request.method === 'CONNECT' && request.protocol === 'websocket'
}

function asksByUpgrade({ request }: HttpStream): boolean {
  const { method, upgrade } = request
  return method === 'GET' && upgrade !== undefined && upgrade.toLowerCase() === 'websocket'
}

function acceptField(stream: HttpStream): HeaderField {
  const accept = acceptOf(stream.request.find('sec-websocket-key'))
  if (accept !== undefined) return ['sec-websocket-accept', accept]
  throw malformed('sec-websocket-key is not sixteen bytes in base64', stream)
}

/**
 * The refusal of a handshake. A client of another version gets the server's version (RFC 6455 §4.2.2, §4.4), over
 * HTTP/1.1 with status 426.
 */
function malformed(reason: string, stream: HttpStream): RequestRefusal {
  const ours = { 'sec-websocket-version': '13' }
  const response = isOfOtherVersion(stream)
    ? textResponse(426, 'Upgrade Required', { ...ours, upgrade: 'websocket' })
    : badRequest(ours)
  return new RequestRefusal('ERR_WEBSOCKET_HANDSHAKE', reason, { streamId: stream.id }, response)
}

/** HTTP/2 has no Upgrade, and so no 426 (RFC 9110 §15.5.22). */
function isOfOtherVersion(stream: HttpStream): boolean {
  const version = stream.request.find('sec-websocket-version') ?? ''
  return asksByUpgrade(stream) && /^\d{1,3}$/.test(version) && version !== '13'
}
