import { FetchRequest, type RequestSource } from './fetch-request.ts'

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
  const NativeRequest = globalThis.Request
  if (isTakenBy(NativeRequest)) return

  class StandardRequest extends NativeRequest {
    static override [Symbol.hasInstance](value: unknown): boolean {
      // Those of the runtime's own making too, and ours; subclasses know their own.
      return this === StandardRequest
        ? value instanceof NativeRequest
        : Function.prototype[Symbol.hasInstance].call(this, value)
    }

    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(realOf(input), init)
    }
  }
  Object.defineProperty(StandardRequest, 'name', { value: 'Request' })
  globalThis.Request = StandardRequest

  const nativeFetch = globalThis.fetch
  globalThis.fetch = function fetch(input, init) {
    return nativeFetch(realOf(input), init)
  }
}

function realOf(input: RequestInfo | URL): RequestInfo | URL {
  return typeof input === 'object' ? FetchRequest.realOf(input) : input
}

function isTakenBy(NativeRequest: typeof Request): boolean {
  try {
    return new NativeRequest(new FetchRequest(probe) as unknown as Request).method === 'GET'
  } catch {
    return false
  }
}
