/** An HTTP/2 server for Node, Deno and Bun: nghttp2 in WebAssembly. */
export { ErrorCode, HTTP2Error, HTTPError, errorCodeName } from './common/errors.ts'
export { type HeaderField, type HeaderList, sensitiveHeaders } from './common/fields.ts'
export type { Limits } from './engine/http2/limits.ts'
export type { Priority } from './common/priority.ts'
export type { Settings } from './common/settings.ts'
export {
  type Body,
  type BodyChunk,
  DATA_DEFERRED,
  DATA_EOF,
  DATA_OK,
  type PullFunction,
  type PullResult,
} from './http/body.ts'
export { type FastBody, FastResponse, type FastResponseInit } from './http/fetch/fast-response.ts'
export type { ServerRequest } from './http/fetch/fetch-request.ts'
export type { Tunnel, TunnelReader } from './http/tunnel.ts'
export { ServerWebSocket, type WebSocketOptions } from './websocket/index.ts'
export { upgradeWebSocket } from './server/fetch/upgrade-websocket.ts'
export {
  BaseRequestHandler,
  type RequestHandlerClass,
} from './server/handler/base-request-handler.ts'
export { HTTP2Server, type ServerAddress } from './server/handler/http2-server.ts'
export type { ErrorHandler, FetchHandler } from './server/fetch/fetch-handler.ts'
export type { Connect } from './server/fetch/connect.ts'
export type { FetchInfo } from './server/fetch/fetch-info.ts'
export { type Servable, serve, serveModule } from './server/fetch/serve.ts'
export type { ServeOptions } from './server/fetch/serve-options.ts'
export type { Server } from './server/fetch/server.ts'
export type { ProtocolName } from './exchange/connection-info.ts'
export type { ServerSession } from './exchange/server-session.ts'
export type { ServerStats } from './server/stats/server-totals.ts'
export type { SessionStats } from './exchange/session-stats.ts'
export type { StreamStats } from './exchange/stream-stats.ts'
export type { ErrorWhere, LogEntry, ServerOptions } from './server/connection/options.ts'
export type { Timeouts } from './server/times/timeouts.ts'
export type { CloseOptions } from './server/listener/server-core.ts'
export type { PushOptions, ResponseOptions } from './http/response-options.ts'
export type { Trailers } from './http/trailers.ts'
export type {
  Acceptor,
  Address,
  Listening,
  ListenOptions,
  NamedCertificate,
  Runtime,
  SecureContextOptions,
  TlsCertificate,
  TlsInfo,
  TlsOptions,
  TlsVersion,
  Transport,
  TransportSink,
} from './transport/transport.ts'
