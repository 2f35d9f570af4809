import { describe } from '../../common/arguments.ts'
import { asBytes } from '../../common/bytes.ts'
import {
  type FlatFields,
  type HeaderList,
  flatten,
  toPairs as pairsOf,
} from '../../common/fields.ts'
import { type Body, DATA_DEFERRED, DATA_EOF, toBytes } from '../body.ts'
import { bodySource } from '../body-source.ts'
import { hasContentType, isParameters, withContentType } from '../content-type.ts'
import { nativeResponse } from './native.ts'
import { resemble, share, standBefore, type StandIns } from './stand-in.ts'
import type { Trailers } from '../trailers.ts'
import { standForUnmade } from './unmade.ts'

/** The standard's `ResponseInit`, with trailers. */
export interface FastResponseInit {
  readonly status?: number
  readonly statusText?: string
  readonly headers?: HeaderList
  /** Sent after the body (RFC 9113 §8.1). */
  readonly trailers?: Trailers
}

/** The parts of a response, as they were given. */
export interface ResponseParts {
  readonly status: number
  readonly headers: HeaderList | FlatFields
  readonly body: Body
}

const noHeaders: HeaderList = []

/** Bodies that can be sent and that a `Response` of the runtime can be made of. */
export type FastBody = Body | FormData | URLSearchParams

let standIns!: StandIns<FastResponse>
/** Whether `instanceof Response` holds, or will once the runtime has made its class. */
let isLinked = false

/**
 * A `Response` that keeps its arguments. The server sends it without making a `Response` of the runtime. Its headers
 * and its body read as those of such a `Response`. A body may be anything that the server sends.
 */
export class FastResponse {
  readonly #body: FastBody
  readonly #init: FastResponseInit
  #real: Response | undefined

  static {
    standIns = {
      prototype: FastResponse.prototype,
      find: (value) =>
        typeof value === 'object' && value !== null && #init in value
          ? (value as FastResponse)
          : undefined,
      realOf: (response) => (response.#real ??= response.#makeReal()),
    }
  }

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
    if (!isLinked) link(nativeResponse.native)
  }

  /** The parts to send; `undefined` once the runtime's `Response` was made, whose headers may have been changed. */
  static parts(response: object): ResponseParts | undefined {
    if (!(#init in response)) return undefined
    const fast = response as FastResponse
    const body = fast.#body
    if (fast.#real || isForm(body)) return undefined
    const { status = 200, headers } = fast.#init
    const all = withContentType(headers, body) ?? noHeaders
    return { status, headers: all, body: isParameters(body) ? String(body) : body }
  }

  /** The trailers of a response's `init`. */
  static trailers(response: object): Trailers | undefined {
    return #init in response ? (response as FastResponse).#init.trailers : undefined
  }

  static json(data: unknown, init: FastResponseInit = {}): FastResponse {
    const body = JSON.stringify(data) as string | undefined
    if (body === undefined) throw new TypeError(`${describe(data)} has no form in JSON`)
    // The fields stay as given: `Headers` has no never-indexed fields.
    const fields = init.headers === undefined ? [] : flatten(init.headers)
    if (!hasContentType(fields)) fields.push('content-type', 'application/json')
    return new FastResponse(body, { ...init, headers: fields as unknown as HeaderList })
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
    return realOf(this).headers
  }

  get body(): ReadableStream<Uint8Array> | null {
    return realOf(this).body as ReadableStream<Uint8Array> | null
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? false
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return realOf(this).arrayBuffer()
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await realOf(this).arrayBuffer())
  }

  blob(): Promise<Blob> {
    return realOf(this).blob()
  }

  formData(): Promise<FormData> {
    return realOf(this).formData()
  }

  json(): Promise<unknown> {
    return realOf(this).json()
  }

  text(): Promise<string> {
    return realOf(this).text()
  }

  clone(): Response {
    return realOf(this).clone()
  }

  get [Symbol.toStringTag](): string {
    return 'Response'
  }

  /** Makes a `Response` of the runtime with the same parts. */
  #makeReal(): Response {
    const { status, statusText } = this
    const headers = new Headers(toPairs(withContentType(this.#init.headers, this.#body)))
    return new nativeResponse.native(toBodyInit(this.#body), { status, statusText, headers })
  }
}

function realOf(response: FastResponse): Response {
  return standIns.realOf(response) as Response
}

const shown = ['status', 'statusText', 'ok', 'headers', 'redirected', 'bodyUsed', 'url']
standForUnmade(FastResponse.prototype, nativeResponse, realOf, shown)

/** Puts `FastResponse` before the runtime's `Response` in the prototype chain, without a change to that class. */
function link(native: typeof Response): void {
  isLinked = true
  standBefore(standIns, native, new native(''))
  resemble(standIns, native)
}

/** Links when the runtime makes its class, and lets the members of the class take a `FastResponse`. */
export function shareFastResponses(): void {
  isLinked = true
  nativeResponse.whenMade((native) => {
    link(native)
    share(standIns, native, () => false)
  })
}

/** Whether a response with this status has no body (RFC 9110 §15.3.5, §15.3.6, §15.4.5). */
export function hasNoBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304
}

function isForm(body: FastBody): body is FormData {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return false
  return body instanceof FormData
}

/** A body that the runtime's own `Response` takes. */
function toBodyInit(body: FastBody): BodyInit | null {
  if (body === undefined || body === null) return null
  if (typeof body === 'string') return body
  if (body instanceof Blob || isForm(body) || isParameters(body)) return body
  const bytes = asBytes(body)
  if (bytes) return bytes as BodyInit
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
