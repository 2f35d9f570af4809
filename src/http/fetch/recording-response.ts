import { type FlatFields, toPairs } from '../../common/fields.ts'
import { hasContentType, textType } from '../content-type.ts'
import {
  type KeptBody,
  keptBody,
  keptFields,
  keptParts,
  type KnownResponses,
} from './response-memory.ts'

/** Longer bytes are read from the response: a second copy would cost more. */
const longestCopy = 64 * 1024

/**
 * For Bun and browsers, whose APIs take only a `Response` of the runtime: a subclass that keeps its arguments. They are
 * sent as long as the program has not read a part that it could change.
 */
export function recordingResponses(native: typeof Response): KnownResponses {
  /** Bun adds the `content-type` of a text only when Bun sends it; the standard adds it in the constructor. */
  const saysType = new native('').headers.has('content-type')

  class RecordingResponse extends native {
    #body: KeptBody
    /** `undefined` once `headers` was given out, which may have been changed. */
    #fields: FlatFields | undefined

    static parts(response: object): ReturnType<KnownResponses['parts']> {
      if (!(#fields in response)) return undefined
      const own = response as RecordingResponse
      return keptParts(own.#body, own.#fields, own.status, own.bodyUsed, own)
    }

    constructor(body?: BodyInit | null, init?: ResponseInit) {
      super(body, init)
      this.#body = keptBody(body, longestCopy)
      this.#fields = keptFields(body, init)
      if (saysType || typeof body !== 'string') return
      const fields = this.#fields
      const isTyped = fields ? hasContentType(fields) : super.headers.has('content-type')
      if (!isTyped) super.headers.set('content-type', textType)
    }

    override clone(): Response {
      const body = this.#body
      const fields = this.#fields
      if (body === undefined || fields === undefined || this.bodyUsed) return super.clone()
      const copied = typeof body === 'number' ? super.clone().body : body
      const { status, statusText } = this
      const copy = new RecordingResponse(copied, { status, statusText, headers: toPairs(fields) })
      copy.#body = body
      return copy
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
  const { prototype } = RecordingResponse
  Reflect.deleteProperty(prototype, 'constructor')
  for (const key of ['clone', 'headers', 'body'])
    Object.defineProperty(prototype, key, { enumerable: true })
  Object.defineProperty(prototype.clone, 'length', { value: native.prototype.clone.length })
  return {
    make: (body, init) => new RecordingResponse(body, init),
    parts: (response) => RecordingResponse.parts(response),
  }
}
