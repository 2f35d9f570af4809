import { type FlatFields, nameCharacters, toPairs } from '../engine/fields.ts'
import { hasNoBody, type ResponseParts } from './fast-response.ts'
import {
  copyOf,
  fieldsOf,
  jsonParts,
  type KeptBody,
  keptParts,
  type StandardResponseClass,
} from './response-memory.ts'

/** RFC 9110 §5.5, without what some runtimes trim or refuse. */
const fieldValue = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/

/**
 * For Node and Deno, where `new Response()` costs more than all the rest of a request: a response that keeps what it was
 * given, as long as that is plainly right, and makes the runtime's own when somebody asks for more. What is not plainly
 * right goes to the runtime's constructor at once, and its errors come from there.
 */
export function deferredResponse(native: typeof Response): StandardResponseClass {
  /** The runtime's own with the same parts. */
  let realOf!: (response: DeferredResponse) => Response
  /** The same, for somebody who may change anything. */
  let surrender!: (response: DeferredResponse) => Response

  class DeferredResponse {
    readonly #status: number
    #body: KeptBody
    /** `undefined`: ask the real one's `headers`, which somebody may have changed. */
    #fields: FlatFields | undefined
    #real: Response | undefined

    static parts(response: object): ResponseParts | undefined {
      if (!(#fields in response)) return undefined
      const own = response as DeferredResponse
      return keptParts(own.#body, own.#fields, own as unknown as Response)
    }

    static {
      realOf = (response) => (response.#real ??= response.#makeReal())
      surrender = (response) => {
        const real = realOf(response)
        response.#body = response.#fields = undefined
        return real
      }
    }

    static json(data: unknown, init?: ResponseInit): DeferredResponse {
      return new DeferredResponse(...jsonParts(data, init))
    }

    constructor(body?: BodyInit | null, init?: ResponseInit) {
      this.#body = copyOf(body)
      this.#fields = fieldsOf(init?.headers)
      if (!arePlain(this.#fields)) this.#fields = undefined
      const isPlain = this.#fields !== undefined && isPlainBody(this.#body, init)
      if (!isPlain) this.#real = new native(body, init)
      this.#status = this.#real?.status ?? init?.status ?? 200
    }

    get headers(): Headers {
      const real = realOf(this)
      this.#fields = undefined
      return real.headers
    }

    get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
      const real = realOf(this)
      this.#body = undefined
      return real.body
    }

    get status(): number {
      return this.#status
    }

    get ok(): boolean {
      return this.#status >= 200 && this.#status < 300
    }

    get bodyUsed(): boolean {
      return this.#real?.bodyUsed ?? false
    }

    #makeReal(): Response {
      return new native(this.#body, { status: this.#status, headers: toPairs(this.#fields!) })
    }
  }
  Object.setPrototypeOf(DeferredResponse, native)
  Object.setPrototypeOf(DeferredResponse.prototype, native.prototype)
  forward(DeferredResponse.prototype, native.prototype, realOf)
  lend(DeferredResponse.prototype, new native(''), surrender)
  return DeferredResponse as unknown as StandardResponseClass
}

type Properties = Record<PropertyKey, unknown>

/** Gives `to` what `from` has and `to` has not, done by the real one. */
function forward<T extends object>(to: T, from: object, realOf: (self: T) => object): void {
  for (const key of Reflect.ownKeys(from)) {
    const given = Object.getOwnPropertyDescriptor(from, key)!
    if (Object.hasOwn(to, key)) continue
    const method: unknown = given.value
    if (typeof method === 'function') {
      const value = function (this: T, ...args: unknown[]): unknown {
        return Reflect.apply(method, realOf(this), args)
      }
      Object.defineProperty(value, 'name', { value: method.name })
      Object.defineProperty(to, key, { ...given, value })
    } else if (given.get) {
      const get = function (this: T): unknown {
        return Reflect.get(realOf(this), key)
      }
      Object.defineProperty(to, key, { configurable: true, enumerable: given.enumerable!, get })
    }
  }
}

/** The runtime's own code finds in `to` the state that it keeps in a `sample`: `Deno.serve` sends it like one of its own. */
function lend<T extends object>(to: T, sample: object, realOf: (self: T) => object): void {
  for (const key of Object.getOwnPropertySymbols(sample)) {
    Object.defineProperty(to, key, {
      configurable: true,
      get(this: T) {
        return (realOf(this) as Properties)[key]
      },
      set(this: T, value: unknown) {
        ;(realOf(this) as Properties)[key] = value
      },
    })
  }
}

/** A body that is kept, and a status that it may have. */
function isPlainBody(body: KeptBody, init: ResponseInit | null | undefined): boolean {
  if (body === undefined) return false
  if (init === undefined || init === null) return true
  const { status = 200, statusText = '' } = init
  if (typeof init !== 'object' || statusText !== '') return false
  if (!Number.isInteger(status) || status < 200 || status > 599) return false
  return body === null || !hasNoBody(status)
}

function arePlain(fields: FlatFields | undefined): boolean {
  if (fields === undefined) return false
  for (let i = 0; i < fields.length; i += 2) {
    if (!nameCharacters.test(fields[i]!) || !fieldValue.test(fields[i + 1]!)) return false
  }
  return true
}
