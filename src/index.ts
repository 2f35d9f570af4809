/** An HTTP/2 server for Node, Deno and Bun: nghttp2 in WebAssembly. */
export { ErrorCode, HTTP2Error, errorCodeName } from './engine/errors.ts'
export type { HeaderField, HeaderList } from './engine/fields.ts'
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
export { BaseRequestHandler, type RequestHandlerClass } from './server/base-request-handler.ts'
export { HTTP2Server, type ServerAddress } from './server/http2-server.ts'
export type { ErrorWhere, LogEntry, ServerOptions, Timeouts } from './server/options.ts'
export type { CloseOptions } from './server/server-core.ts'
export type { PushInit, ResponseInit, Trailers } from './server/server-stream.ts'
export type { Address, Runtime, TlsInfo, TlsOptions } from './server/transport.ts'
