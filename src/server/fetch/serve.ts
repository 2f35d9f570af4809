import { checkObject, invalidArgument } from '../../common/arguments.ts'
import { HTTP2Error } from '../../common/errors.ts'
import { checkFunction, resolveBoolean } from '../../common/option-table.ts'
import { leaveGlobalObjects, overrideGlobalObjects } from '../../http/fetch/global-objects.ts'
import {
  type RequestHandlerClass,
  BaseRequestHandler,
  makeHandler,
} from '../handler/base-request-handler.ts'
import type { Application } from '../../exchange/exchange.ts'
import { type ErrorHandler, FetchExchange, type FetchHandler } from './fetch-exchange.ts'
import { resolveAddress, resolveOptions, type ServerOptions } from '../connection/options.ts'
import { Server } from './server.ts'
import { ServerCore } from '../listener/server-core.ts'

const defaultPort = 8080

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

/** A module that can be served: its default export, or what that has as `fetch`. */
export type Servable = FetchHandler | RequestHandlerClass | { readonly fetch: FetchHandler }

/** Serves a fetch handler over HTTP/2. */
export function serve(options: ServeOptions): Server {
  checkServeOptions(options)
  if (typeof options.fetch !== 'function') {
    throw invalidArgument('fetch', 'a function of a Request, serve({ fetch })', options.fetch)
  }
  return serveApplication(fetchApplication(options.fetch, options.error), options)
}

/** As `serve`, for what a module exports by default. Throws `ERR_INVALID_MODULE`. */
export function serveModule(servable: Servable, options: Omit<ServeOptions, 'fetch'>): Server {
  checkServeOptions(options)
  return serveApplication(applicationOf(servable, options.error), options)
}

/** What is not of a `ServerCore`. */
function checkServeOptions(options: Omit<ServeOptions, 'fetch'>): void {
  const { signal, error, onListen } = checkObject('the argument of serve()', options)
  checkFunction('error', error)
  checkFunction('onListen', onListen)
  if (signal === undefined) return
  const { aborted, addEventListener, removeEventListener } = checkObject('signal', signal)
  const isTarget =
    typeof addEventListener === 'function' && typeof removeEventListener === 'function'
  if (typeof aborted !== 'boolean' || !isTarget) {
    throw invalidArgument('signal', 'an AbortSignal', signal)
  }
}

function applicationOf(servable: Servable, onError: ErrorHandler | undefined): Application {
  if (typeof servable === 'function') {
    if (servable.prototype instanceof BaseRequestHandler) {
      return (stream) => makeHandler(servable as RequestHandlerClass, stream)
    }
    return fetchApplication(servable as FetchHandler, onError)
  }
  if (typeof servable?.fetch === 'function') {
    // With its `this`: a framework's application is an object.
    return fetchApplication((request, info) => servable.fetch(request, info), onError)
  }
  throw new HTTP2Error(
    'ERR_INVALID_MODULE',
    'a module to serve exports by default a function, { fetch }, or a class that extends BaseRequestHandler',
  )
}

function fetchApplication(fetch: FetchHandler, onError: ErrorHandler | undefined): Application {
  return (stream) => new FetchExchange(stream, fetch, onError)
}

function serveApplication(application: Application, options: Omit<ServeOptions, 'fetch'>): Server {
  const resolved = resolveOptions(options)
  if (resolveBoolean('overrideGlobalObjects', options.overrideGlobalObjects, true)) {
    overrideGlobalObjects()
  } else {
    leaveGlobalObjects()
  }
  const settings = { enableConnectProtocol: true, ...resolved.settings }
  const date = options.date ?? true
  const { hostname, port } = options
  const address = resolveAddress(hostname, port, defaultPort, ['hostname', 'port'])
  const core = new ServerCore({ ...resolved, settings, date }, application)
  return new Server(core, address, options)
}
