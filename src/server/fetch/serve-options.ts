import type { ServerOptions } from '../connection/options.ts'
import type { ErrorHandler, FetchHandler } from './fetch-handler.ts'

/** Options of `serve()`: those of the server, and what answers. */
export interface ServeOptions extends ServerOptions {
  readonly fetch: FetchHandler
  /** 0: a free one, which `server.url` tells. Default 8080. */
  readonly port?: number
  /** A name or an address; default: all interfaces. */
  readonly hostname?: string
  /** Makes a response of what a handler threw. Default: 500, with nothing of the error in it. */
  readonly error?: ErrorHandler
  /** Closes the server, in order, when it aborts. */
  readonly signal?: AbortSignal
  /** Told once the server listens. Where it throws, nothing listens any more, and `ready()` rejects. */
  readonly onListen?: (address: { readonly hostname: string; readonly port: number }) => void
  /**
   * Replaces the global `Response` by a faster one, and on Node from 24 on `Request` and `fetch` by ones that take a
   * request of a server. `import 'nghttp2-wasm/globals'` does it earlier, for frameworks that keep a global they find.
   * Default true.
   */
  readonly overrideGlobalObjects?: boolean
}
