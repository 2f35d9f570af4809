import { FetchRequest, type RequestSource, shareRequests } from './fetch-request.ts'
import { nativeRequest } from './native.ts'
import { notConstructed, standardClass } from './global-class.ts'

/** A request that probes how the runtime treats a `FetchRequest`; it is not sent. */
const probe: RequestSource = {
  method: 'GET',
  url: () => 'http://localhost/',
  headers: () => new Headers(),
  body: null,
  signal: () => new AbortController().signal,
  trailers: () => Promise.resolve(new Headers()),
}

/**
 * Lets the runtime's `Request` take a `FetchRequest`. `new Request(request)` and `fetch(request)` of browsers and of
 * Node from 24 on read private fields, which no other object can have. There the globals `Request` and `fetch` are
 * replaced by ones that pass on the runtime's `Request` behind it.
 */
export function installStandardRequest(): void {
  shareRequests()
  nativeRequest.whenMade((native) => {
    if (isTakenBy(native)) return
    if (nativeRequest.isInPlace) {
      const made = function standard(...args: unknown[]): Request {
        if (new.target === undefined) throw notConstructed(native)
        const isOwn = (new.target as unknown) === made
        const newTarget = isOwn ? native : (new.target as unknown as typeof Request)
        if (args.length > 0) args[0] = FetchRequest.realOf(args[0])
        return Reflect.construct(native, args, newTarget)
      }
      Reflect.set(globalThis, 'Request', standardClass(native, made))
    }
    const before = globalThis.fetch
    const fetch: typeof before = (input, init) => before(FetchRequest.realOf(input), init)
    Object.defineProperty(fetch, 'length', { value: before.length })
    Reflect.set(globalThis, 'fetch', fetch)
  })
}

function isTakenBy(native: typeof Request): boolean {
  try {
    // A browser converts the request to a string, which is not a valid URL.
    return new native(new FetchRequest(probe) as unknown as Request).url === probe.url()
  } catch {
    return false
  }
}
