import { FetchRequest, type RequestSource } from './fetch-request.ts'
import { nativeRequest } from './native.ts'
import { standIn } from './stand-in.ts'

/** A request that nobody makes. */
const probe: RequestSource = {
  method: 'GET',
  url: () => 'http://localhost/',
  headers: () => new Headers(),
  body: null,
  signal: () => new AbortController().signal,
  trailers: () => Promise.resolve(new Headers()),
}

/**
 * `new Request(request)` and `fetch(request)` of Node from 24 on look for private fields, which nobody can lend to a request
 * of ours. There the globals `Request` and `fetch` are replaced by ones that take the real request behind it; on other
 * runtimes nothing is done.
 */
export function installStandardRequest(): void {
  nativeRequest.whenMade((native) => {
    if (isTakenBy(native)) return
    Reflect.set(globalThis, 'Request', standardRequest(native))
    const nativeFetch = globalThis.fetch
    Reflect.set(globalThis, 'fetch', function fetch(input: RequestInfo | URL, init?: RequestInit) {
      return nativeFetch(realOf(input), init)
    })
  })
}

function standardRequest(native: typeof Request): typeof Request {
  class StandardRequest extends native {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(realOf(input), init)
    }
  }
  standIn(StandardRequest, native)
  return StandardRequest
}

function realOf(input: RequestInfo | URL): RequestInfo | URL {
  return typeof input === 'object' ? FetchRequest.realOf(input) : input
}

function isTakenBy(native: typeof Request): boolean {
  try {
    return new native(new FetchRequest(probe) as unknown as Request).method === 'GET'
  } catch {
    return false
  }
}
