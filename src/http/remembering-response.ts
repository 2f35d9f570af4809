import type { FlatFields } from '../engine/fields.ts'
import { hasContentType, textType } from './content-type.ts'
import type { ResponseParts } from './fast-response.ts'
import {
  copyOf,
  fieldsOf,
  jsonParts,
  type KeptBody,
  keptParts,
  type StandardResponseClass,
} from './response-memory.ts'

/**
 * For Bun, whose own APIs take nothing but its own responses: such a one, which remembers what it was made of. As long as
 * nobody has had its parts in hands, none need be read back.
 */
export function rememberingResponse(native: typeof Response): StandardResponseClass {
  /** Bun gives a text its `content-type` only when Bun itself sends it; the standard says from the start. */
  const saysType = new native('').headers.has('content-type')

  class RememberingResponse extends native {
    #body: KeptBody
    /** `undefined`: ask `headers`, which somebody may have changed. */
    #fields: FlatFields | undefined

    static parts(response: object): ResponseParts | undefined {
      if (!(#fields in response)) return undefined
      const own = response as RememberingResponse
      return keptParts(own.#body, own.#fields, own)
    }

    static override json(data: unknown, init?: ResponseInit): Response {
      return new RememberingResponse(...jsonParts(data, init))
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
  return RememberingResponse
}
