import type { FlatFields } from '../engine/fields.ts'
import { hasContentType, textType, withContentType } from './content-type.ts'
import type { ResponseParts } from './fast-response.ts'
import { nativeResponse } from './native.ts'

/** Longer bytes are read from the response: a second copy would cost more. */
const longestCopy = 64 * 1024

type StandardClass = typeof Response & {
  parts(response: object): ResponseParts | undefined
}

let standard: StandardClass | undefined

/** Makes the global `Response` one that remembers what it was made of. */
export function installStandardResponse(): void {
  nativeResponse.whenMade((native) => {
    standard = standardResponse(native)
    // Where globals are frozen it stays as it is.
    Reflect.set(globalThis, 'Response', standard)
  })
}

/** What to send, without a look at the runtime's part of a response; `undefined` when only that knows. */
export function partsOfStandard(response: object): ResponseParts | undefined {
  return standard?.parts(response)
}

/**
 * The runtime's own `Response`, which remembers what it was made of. To read a body of 13 bytes back from a response costs
 * Node, Deno and Bun as much as all the rest of a request; as long as nobody has had its parts in hands, nobody need.
 *
 * On Bun it also has the `content-type` of its text from the start, as the standard says.
 */
function standardResponse(native: typeof Response): StandardClass {
  /** Bun gives a text its `content-type` only when Bun itself sends it. */
  const saysType = new native('').headers.has('content-type')

  class StandardResponse extends native {
    /** `undefined`: only the runtime's part knows. */
    #body: string | Uint8Array | null | undefined
    /** `undefined`: ask `headers`, which somebody may have changed. */
    #fields: FlatFields | undefined

    static override [Symbol.hasInstance](value: unknown): boolean {
      // Those of the runtime's own making too, such as what fetch() gives; subclasses know their own.
      return this === StandardResponse
        ? value instanceof native
        : Function.prototype[Symbol.hasInstance].call(this, value)
    }

    static parts(response: object): ResponseParts | undefined {
      if (!(#fields in response)) return undefined
      const own = response as StandardResponse
      const body = own.#body
      if (body === undefined || (body !== null && own.bodyUsed)) return undefined
      const fields = own.#fields
      const headers = fields ? withContentType(fields, body) : [...own.headers].flat()
      return { status: own.status, headers, body }
    }

    static override json(data: unknown, init: ResponseInit = {}): Response {
      const text = JSON.stringify(data) as string | undefined
      if (text === undefined) throw new TypeError('this has no form in JSON')
      const headers = new Headers(init.headers)
      if (!headers.has('content-type')) headers.set('content-type', 'application/json')
      return new StandardResponse(text, { ...init, headers })
    }

    constructor(body?: BodyInit | null, init?: ResponseInit) {
      super(body, init)
      this.#body = copyOf(body)
      this.#fields = fieldsOf(init?.headers)
      if (saysType || typeof body !== 'string') return
      const fields = this.#fields
      const isTyped = fields ? hasContentType(fields) : super.headers.has('content-type')
      if (!isTyped) super.headers.set('content-type', textType)
    }

    override get headers(): Headers {
      this.#fields = undefined
      return super.headers
    }

    override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
      this.#body = undefined
      return super.body
    }
  }
  Object.defineProperty(StandardResponse, 'name', { value: 'Response' })
  return StandardResponse
}

/** As the response keeps it: what is done to the bytes afterwards is nothing to it. */
function copyOf(body: BodyInit | null | undefined): string | Uint8Array | null | undefined {
  if (typeof body === 'string') return body
  if (body === null || body === undefined) return null
  if (body instanceof ArrayBuffer && body.byteLength <= longestCopy) {
    return new Uint8Array(body.slice(0))
  }
  if (!ArrayBuffer.isView(body) || body.byteLength > longestCopy) return undefined
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
}

/** The fields as they are now; `undefined` where that costs a walk, or can be seen only once (an iterator). */
function fieldsOf(headers: HeadersInit | null | undefined): FlatFields | undefined {
  if (headers === undefined || headers === null) return []
  const fields: FlatFields = []
  if (Array.isArray(headers)) {
    for (const pair of headers as unknown[]) {
      if (!Array.isArray(pair)) return undefined
      fields.push(String(pair[0]), String(pair[1]))
    }
    return fields
  }
  if (Symbol.iterator in headers) return undefined
  for (const name of Object.keys(headers)) fields.push(name, String(headers[name]))
  return fields
}
