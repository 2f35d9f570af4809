import { type FlatFields, nameCharacters, toPairs } from '../../common/fields.ts'
import { hasNoBody } from './fast-response.ts'
import { markUncloneable } from './native.ts'
import {
  type KeptBody,
  keptBody,
  keptFields,
  keptParts,
  type KnownResponses,
} from './response-memory.ts'
import {
  type Findable,
  makeFindable,
  share,
  standBefore,
  type StandIns,
  target,
} from './stand-in.ts'

/** Field values (RFC 9110 §5.5) that no runtime trims or refuses. */
const fieldValue = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/

/**
 * For Node and Deno, where `new Response()` costs more than the rest of a request: a response that keeps its arguments
 * where they are valid beyond doubt, and makes the runtime's `Response` at the first use that needs it. Other arguments
 * go to the runtime's constructor at once, which throws its own errors.
 */
export function lazyResponses(native: typeof Response): KnownResponses {
  let standIns!: StandIns<LazyResponse>
  /** The runtime's `Response`, for code that may change any part of it. */
  let surrender!: (response: LazyResponse) => Response
  let parts!: KnownResponses['parts']
  const sample = new native('')
  const isFoundBehindProxies = Object.getOwnPropertySymbols(sample).length > 0

  class LazyResponse {
    #status: number
    #body: KeptBody
    /** `undefined` once the runtime's `headers` were given out, which may have been changed. */
    #fields: FlatFields | undefined
    #real: Response | undefined

    static {
      const find = (value: unknown): LazyResponse | undefined => {
        if (typeof value !== 'object' || value === null) return undefined
        if (#fields in value) return value as LazyResponse
        const found = (value as Findable)[target]
        return found && #fields in found ? (found as LazyResponse) : undefined
      }
      const realOf = (response: LazyResponse): Response => (response.#real ??= response.#makeReal())
      standIns = { prototype: LazyResponse.prototype, find, realOf }
      surrender = (response) => {
        const real = realOf(response)
        response.#body = response.#fields = undefined
        return real
      }
      parts = (response) => {
        const own = find(response)
        if (own === undefined) return undefined
        const isUsed = own.#real?.bodyUsed ?? false
        return keptParts(own.#body, own.#fields, own.#status, isUsed, own as unknown as Response)
      }
    }

    constructor(body?: BodyInit | null, init?: ResponseInit) {
      this.#body = keptBody(body)
      this.#fields = keptFields(body, init)
      if (!arePlain(this.#fields)) this.#fields = undefined
      const isPlain = this.#fields !== undefined && isPlainBody(this.#body, init)
      if (!isPlain) this.#real = new native(body, init)
      this.#status = this.#real?.status ?? init?.status ?? 200
      if (isFoundBehindProxies) makeFindable(this as Findable)
      markUncloneable(this)
    }

    get headers(): Headers {
      const real = standIns.realOf(this) as Response
      this.#fields = undefined
      return real.headers
    }

    get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
      const real = standIns.realOf(this) as Response
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

    clone(): Response {
      if (this.#real) return this.#real.clone()
      const copy = new LazyResponse()
      copy.#status = this.#status
      copy.#body = this.#body
      copy.#fields = [...this.#fields!]
      return copy as unknown as Response
    }

    #makeReal(): Response {
      const init = { status: this.#status, headers: toPairs(this.#fields!) }
      return new native(this.#body as BodyInit | null, init)
    }
  }
  Reflect.deleteProperty(LazyResponse.prototype, 'constructor')
  share(standIns, native, () => true)
  standBefore(standIns, native, sample, surrender)
  return {
    make: (body, init) => new LazyResponse(body, init) as unknown as Response,
    parts,
  }
}

/** Whether the body is one that is kept, and the status allows a body. */
function isPlainBody(body: KeptBody, init: ResponseInit | null | undefined): boolean {
  if (body === undefined || typeof body === 'number') return false
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
