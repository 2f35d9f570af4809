import { checkObject, invalidArgument } from '../../common/arguments.ts'
import { HTTPError } from '../../common/errors.ts'
import { checkFunction, resolveBoolean } from '../../common/option-table.ts'
import { leaveGlobalObjects, overrideGlobalObjects } from '../../http/fetch/global-objects.ts'
import {
  type RequestHandlerClass,
  BaseRequestHandler,
  makeHandler,
} from '../handler/base-request-handler.ts'
import type { Application } from '../../exchange/application.ts'
import { FetchExchange } from './fetch-exchange.ts'
import type { ErrorHandler, FetchHandler } from './fetch-handler.ts'
import { resolveAddress, resolveOptions } from '../connection/options.ts'
import type { ServeOptions } from './serve-options.ts'
import { Server } from './server.ts'
import { ServerCore } from '../listener/server-core.ts'

const defaultPort = 8080

/**
 * The default export of a module that can be served: a fetch handler, a class of handlers, or an object with a fetch
 * handler.
 */
export type Servable = FetchHandler | RequestHandlerClass | { readonly fetch: FetchHandler }

/** Serves a fetch handler over HTTP/2. */
export function serve(options: ServeOptions): Server {
  checkServeOptions(options)
  if (typeof options.fetch !== 'function') {
    throw invalidArgument('fetch', 'a function of a Request, serve({ fetch })', options.fetch)
  }
  return serveApplication(fetchApplication(options.fetch, options.error), options)
}

/** As `serve`, for the default export of a module. Throws `ERR_INVALID_MODULE`. */
export function serveModule(servable: Servable, options: Omit<ServeOptions, 'fetch'>): Server {
  checkServeOptions(options)
  return serveApplication(applicationOf(servable, options.error), options)
}

/** Checks the options that `resolveOptions` does not check. */
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
    // Called as a method, because the application of a framework needs its `this`.
    return fetchApplication((request, info) => servable.fetch(request, info), onError)
  }
  throw new HTTPError(
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
