/** WebSockets for a server: RFC 6455 on a tunnel (RFC 8441), with permessage-deflate (RFC 7692). */
export { WebSocketConnection } from './connection.ts'
export type { SocketCloseEvent, SocketErrorEvent } from './events.ts'
export {
  negotiate,
  type NegotiateOptions,
  type WebSocketAgreement,
  type WebSocketRefusal,
} from './negotiate.ts'
export type { WebSocketOptions } from './options.ts'
export { WebSocketProtocolError } from './protocol-error.ts'
export {
  ServerWebSocket,
  type ServerWebSocketEventMap,
  type SocketData,
} from './server-websocket.ts'
export { acceptOf } from './accept-key.ts'
