import type { HeaderList } from '../common/fields.ts'
import type { Body } from './body.ts'
import type { Trailers } from './trailers.ts'

/** A response. */
export interface ResponseOptions {
  /** 200 to 599. Default 200. */
  readonly status?: number
  readonly headers?: HeaderList
  readonly body?: Body
  /** Sent after the body (RFC 9113 §8.1). */
  readonly trailers?: Trailers
}

/** A response to a request that the client has not made (RFC 9113 §8.4). */
export interface PushOptions extends ResponseOptions {
  readonly path: string
  /** Default `GET`. */
  readonly method?: string
  readonly requestHeaders?: HeaderList
}
