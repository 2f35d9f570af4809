/** An HTTP/2 server for Node, Deno and Bun: nghttp2 in WebAssembly. */
export { ErrorCode, HTTP2Error, errorCodeName } from './engine/errors.ts'
export { type HeaderField, type HeaderList, sensitiveHeaders } from './engine/fields.ts'
export type { Limits } from './engine/limits.ts'
export type { Priority } from './engine/session-control.ts'
export type { Settings } from './engine/settings.ts'
export {
  type Body,
  type BodyChunk,
  DATA_DEFERRED,
  DATA_EOF,
  DATA_OK,
  type PullFunction,
  type PullResult,
} from './http/body.ts'
export { type FastBody, FastResponse, type FastResponseInit } from './http/fast-response.ts'
export type { ServerRequest } from './http/fetch-request.ts'
export type { Tunnel, TunnelReader } from './http/tunnel.ts'
export { ServerWebSocket, type WebSocketOptions } from './http/websocket/index.ts'
export { upgradeWebSocket } from './server/upgrade-websocket.ts'
export { BaseRequestHandler, type RequestHandlerClass } from './server/base-request-handler.ts'
export { HTTP2Server, type ServerAddress } from './server/http2-server.ts'
export type { ErrorHandler, FetchHandler } from './server/fetch-exchange.ts'
export type { Connect } from './server/connect.ts'
export type { FetchInfo } from './server/fetch-info.ts'
export { type Servable, type ServeOptions, serve, serveModule } from './server/serve.ts'
export type { Server } from './server/server.ts'
export type { ServerSession } from './server/server-session.ts'
export type { ServerStats } from './server/server-totals.ts'
export type { SessionStats, StreamStats } from './server/session-stats.ts'
export type { ErrorWhere, LogEntry, ServerOptions, Timeouts } from './server/options.ts'
export type { CloseOptions } from './server/server-core.ts'
export type { PushInit, ResponseInit } from './server/response-options.ts'
export type { Trailers } from './http/trailers.ts'
export type {
  Acceptor,
  Address,
  Listening,
  ListenOptions,
  Runtime,
  TlsInfo,
  TlsOptions,
  TlsVersion,
  Transport,
  TransportSink,
} from './server/transport.ts'
