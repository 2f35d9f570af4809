/** The engine: HTTP/2 without input and output. `nghttp2-wasm/engine`. */
export { BlockFlag, BlockFlag as Flag, Category } from './abi.ts'
export { Engine, type EngineOptions } from './engine.ts'
export {
  type ErrorPlace,
  ErrorCode,
  HTTP2Error,
  HTTPError,
  errorCodeName,
} from '../common/errors.ts'
export type * from './http2/events.ts'
export { IgnoringSink } from './ignoring-sink.ts'
export {
  type FlatFields,
  type HeaderField,
  type HeaderList,
  sensitiveHeaders,
} from '../common/fields.ts'
export { type Limits, defaultLimits } from './http2/limits.ts'
export type { HTTP1Event, MessageRefused } from './http1/events.ts'
export type { HTTP1Limits, HTTP1SessionOptions } from './http1/http1-options.ts'
export { type HTTP1MessageOptions, HTTP1Session } from './http1/http1-session.ts'
export type { Refusal } from './http1/refusal.ts'
export { type ModuleSource, compileModule } from './module.ts'
export type { ByteOutput } from '../common/byte-output.ts'
export type { Priority } from '../common/priority.ts'
export type { SessionCounters } from './http2/session-control.ts'
export type { SessionOptions } from './http2/session-options.ts'
export { type MessageOptions, Session } from './http2/session.ts'
export type { Settings } from '../common/settings.ts'
export type { SessionSink } from './sink.ts'
