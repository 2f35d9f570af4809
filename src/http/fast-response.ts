import { describe } from '../engine/arguments.ts'
import { type FlatFields, type HeaderList, flatten, toPairs as pairsOf } from '../engine/fields.ts'
import { type Body, DATA_DEFERRED, DATA_EOF, toBytes } from './body.ts'
import { bodySource } from './body-source.ts'
import { withContentType } from './content-type.ts'
import { nativeResponse } from './native.ts'
import type { Trailers } from './trailers.ts'

/** As the standard's, with trailers. */
export interface FastResponseInit {
  readonly status?: number
  readonly statusText?: string
  readonly headers?: HeaderList
  /** Sent behind the body (RFC 9113 §8.1). */
  readonly trailers?: Trailers
}

/** The parts of a response, as they were given. */
export interface ResponseParts {
  readonly status: number
  readonly headers: HeaderList | FlatFields
  readonly body: Body
}

const noHeaders: HeaderList = []

/** What can be sent, and what a real response can be made of. */
export type FastBody = Body | FormData | URLSearchParams

/**
 * A `Response` that only keeps what it was given. The server sends it without making a real one; whoever asks for
 * its headers or reads its body gets what a real one would give. Bodies may be anything that the server sends.
 */
export class FastResponse {
  readonly #body: FastBody
  readonly #init: FastResponseInit
  #real: Response | undefined

  /** Throws a RangeError for a status below 200 or above 599, a TypeError for a body where the status allows none. */
  constructor(body?: FastBody, init: FastResponseInit = {}) {
    const status = init.status ?? 200
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError(`a status is 200 to 599, not ${describe(status)}`)
    }
    if (body !== undefined && body !== null && hasNoBody(status)) {
      throw new TypeError(`a response with status ${status} has no body`)
    }
    this.#body = body
    this.#init = init
  }

  /** The parts to send; `undefined` once somebody has had the real one in hands. */
  static parts(response: object): ResponseParts | undefined {
    if (!(#init in response)) return undefined
    const fast = response as FastResponse
    const body = fast.#body
    if (fast.#real || isForm(body)) return undefined
    const { status = 200, headers } = fast.#init
    return { status, headers: withContentType(headers, body) ?? noHeaders, body }
  }

  /** The trailers it was given. */
  static trailers(response: object): Trailers | undefined {
    return #init in response ? (response as FastResponse).#init.trailers : undefined
  }

  static json(data: unknown, init: FastResponseInit = {}): FastResponse {
    const headers = new Headers(toPairs(init.headers))
    if (!headers.has('content-type')) headers.set('content-type', 'application/json')
    return new FastResponse(JSON.stringify(data), { ...init, headers })
  }

  static error(): Response {
    return nativeResponse.native.error()
  }

  static redirect(url: string | URL, status = 302): Response {
    return nativeResponse.native.redirect(url, status)
  }

  get status(): number {
    return this.#init.status ?? 200
  }

  get ok(): boolean {
    return this.status < 300
  }

  get statusText(): string {
    return this.#init.statusText ?? ''
  }

  get type(): ResponseType {
    return 'default'
  }

  get url(): string {
    return ''
  }

  get redirected(): boolean {
    return false
  }

  get headers(): Headers {
    return this.real.headers
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.real.body as ReadableStream<Uint8Array> | null
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? false
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.real.arrayBuffer()
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.real.arrayBuffer())
  }

  blob(): Promise<Blob> {
    return this.real.blob()
  }

  formData(): Promise<FormData> {
    return this.real.formData()
  }

  json(): Promise<unknown> {
    return this.real.json()
  }

  text(): Promise<string> {
    return this.real.text()
  }

  clone(): Response {
    return this.real.clone()
  }

  /** A response of the runtime's own making, with the same parts. */
  get real(): Response {
    if (!this.#real) {
      const { status, statusText } = this
      const body = this.#body
      const headers = new Headers(toPairs(withContentType(this.#init.headers, body)))
      this.#real = new nativeResponse.native(toBodyInit(body), { status, statusText, headers })
    }
    return this.#real
  }
}

// `instanceof` holds from the moment on in which somebody can ask.
nativeResponse.whenMade((native) => {
  Object.setPrototypeOf(FastResponse.prototype, native.prototype)
})

/** RFC 9110 §15.3.5, §15.3.6, §15.4.5. */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

function isForm(body: FastBody): body is FormData | URLSearchParams {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return false
  return body instanceof URLSearchParams || body instanceof FormData
}

/** A body that the runtime's own `Response` takes. */
function toBodyInit(body: FastBody): BodyInit | null {
  if (body === undefined || body === null) return null
  if (typeof body === 'string' || ArrayBuffer.isView(body)) return body as BodyInit
  if (body instanceof ArrayBuffer || body instanceof Blob || isForm(body)) return body
  const source = bodySource(body)
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const [chunk, flag] = await source.pull(64 * 1024)
        if (flag === DATA_DEFERRED) throw new TypeError('a body that defers can be sent, not read')
        if (chunk !== null) controller.enqueue(toBytes(chunk))
        if (flag === DATA_EOF) controller.close()
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

function toPairs(headers: HeaderList | FlatFields | undefined): [string, string][] {
  return headers === undefined ? [] : pairsOf(flatten(headers))
}
