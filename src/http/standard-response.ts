import { textType } from './content-type.ts'

/**
 * Bun gives a `Response` the `content-type` of its text only when Bun itself sends it, and says more than the standard
 * of JSON. Nobody can tell a text from bytes by then, so there the global `Response` is replaced by one that says what
 * the standard does, from the start; on other runtimes nothing is done.
 */
export function installStandardResponse(): void {
  const NativeResponse = globalThis.Response
  if (new NativeResponse('').headers.has('content-type')) return

  class StandardResponse extends NativeResponse {
    static override [Symbol.hasInstance](value: unknown): boolean {
      // Those of the runtime's own making too, such as what fetch() gives; subclasses know their own.
      return this === StandardResponse
        ? value instanceof NativeResponse
        : Function.prototype[Symbol.hasInstance].call(this, value)
    }

    static override json(data: unknown, init: ResponseInit = {}): Response {
      const headers = new Headers(init.headers)
      if (!headers.has('content-type')) headers.set('content-type', 'application/json')
      return new NativeResponse(JSON.stringify(data), { ...init, headers })
    }

    constructor(body?: BodyInit | null, init?: ResponseInit) {
      super(body, init)
      if (typeof body !== 'string') return
      const { headers } = this
      if (!headers.has('content-type')) headers.set('content-type', textType)
    }
  }
  Object.defineProperty(StandardResponse, 'name', { value: 'Response' })
  globalThis.Response = StandardResponse
}
