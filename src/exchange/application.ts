import type { Exchange } from './exchange.ts'
import type { HttpStream } from './http-stream.ts'

/** Makes the exchange that answers the request of a stream. */
export type Application = (stream: HttpStream) => Exchange
