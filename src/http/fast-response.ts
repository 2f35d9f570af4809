import { type HeaderList, flatten, toPairs } from '../engine/fields.ts'
import type { Body } from './body.ts'
import { type Trailers } from './trailers.ts'

/** As the standard's, with trailers. */
export interface FastResponseInit {
  readonly status?: number
  readonly statusText?: string
  readonly headers?: HeaderList
  /** Sent behind the body (RFC 9113 §8.1). */
  readonly trailers?: Trailers
}

/** The parts of a response, as they were given. */
export interface ResponseParts extends FastResponseInit {
  readonly status: number
  readonly body: Body
}

/**
 * A `Response` that only keeps what it was given. The server sends it without making a real one; whoever asks for
 * its headers or reads its body gets what a real one would give. Bodies may be anything that the server sends.
 */
export class FastResponse {
  readonly #body: Body
  readonly #init: FastResponseInit
  #real: Response | undefined

  constructor(body?: Body, init: FastResponseInit = {}) {
    const status = init.status ?? 200
    if (status < 200 || status > 599) throw new RangeError(`a status is 200 to 599, not ${status}`)
    this.#body = body
    this.#init = init
  }

  /** The parts to send; `undefined` once somebody has had the real one in hands. */
  static parts(response: object): ResponseParts | undefined {
    if (!(#init in response)) return undefined
    const fast = response as FastResponse
    if (fast.#real) return undefined
    return { ...fast.#init, status: fast.status, body: fast.#body }
  }

  /** The trailers it was given. */
  static trailers(response: object): Trailers | undefined {
    return #init in response ? (response as FastResponse).#init.trailers : undefined
  }

  static json(data: unknown, init: FastResponseInit = {}): FastResponse {
    const headers = toHeaders(init.headers)
    if (!headers.has('content-type')) headers.set('content-type', 'application/json')
    return new FastResponse(JSON.stringify(data), { ...init, headers })
  }

  static error(): Response {
    return Response.error()
  }

  static redirect(url: string | URL, status = 302): Response {
    return Response.redirect(url, status)
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
      const headers = toHeaders(this.#init.headers)
      this.#real = new Response(toBodyInit(this.#body), { status, statusText, headers })
    }
    return this.#real
  }
}

Object.setPrototypeOf(FastResponse.prototype, Response.prototype)

/** A body that the runtime's own `Response` takes. */
function toBodyInit(body: Body): BodyInit | null {
  if (body === undefined || body === null) return null
  if (typeof body === 'function') throw new TypeError('a pull function can be sent, not read')
  return body as BodyInit
}

function toHeaders(list: HeaderList | undefined): Headers {
  return new Headers(list === undefined ? [] : (toPairs(flatten(list)).map(([name, value]): [string, string] => [name, value])))
}
