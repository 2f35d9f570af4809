import type { ServerOptions } from '../connection/options.ts'
import type { ErrorHandler, FetchHandler } from './fetch-handler.ts'

/** Options of `serve()`: options of the server, and the handler. */
export interface ServeOptions extends ServerOptions {
  readonly fetch: FetchHandler
  /** 0: a free port, which `server.port` has. Default 8080. */
  readonly port?: number
  /** A name or an address; default: all interfaces. */
  readonly hostname?: string
  /** Makes a response of an error that a handler threw. Default: 500, without details of the error. */
  readonly error?: ErrorHandler
  /** Closes the server gracefully when the signal aborts. */
  readonly signal?: AbortSignal
  /** Called once the server listens. If it throws, the server is closed and `ready()` rejects. */
  readonly onListen?: (address: { readonly hostname: string; readonly port: number }) => void
  /**
   * Replaces the global `Response` by a faster class, and on Node from 24 on `Request` and `fetch` by ones that take a
   * request of a server. `import 'nghttp2-wasm/globals'` replaces them earlier, for frameworks that keep a reference to
   * a global. Default true.
   */
  readonly overrideGlobalObjects?: boolean
}
