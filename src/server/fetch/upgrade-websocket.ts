import { checkObject } from '../../common/arguments.ts'
import { HTTPError } from '../../common/errors.ts'
import { FetchRequest } from '../../http/fetch/fetch-request.ts'
import type { ServerWebSocket, WebSocketOptions } from '../../websocket/index.ts'
import { FetchExchange } from './fetch-exchange.ts'
import { UpgradeResponse } from './upgrade-response.ts'

/**
 * Makes a WebSocket of a request (RFC 6455 §4.2, RFC 8441 §5): add listeners to `socket`, and return `response`. Throws
 * `ERR_NOT_WEBSOCKET`, `ERR_WEBSOCKET_HANDSHAKE`. Where the handler does not catch the error, the client is answered
 * with 400 or 426.
 */
export function upgradeWebSocket(
  request: Request,
  options?: WebSocketOptions,
): { readonly socket: ServerWebSocket; readonly response: Response } {
  const source = FetchRequest.source(checkObject('request', request))
  if (!(source instanceof FetchExchange)) {
    throw new HTTPError(
      'ERR_INVALID_ARGUMENT',
      'only the request that a fetch handler was given can become a WebSocket, not a copy of it',
    )
  }
  const upgrade = source.negotiateUpgrade(options)
  // A FastResponse stands in for the runtime's Response, down to `instanceof`.
  const response = new UpgradeResponse(upgrade) as unknown as Response
  return { socket: upgrade.socket, response }
}
