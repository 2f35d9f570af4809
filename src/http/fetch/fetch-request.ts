import type { IncomingBody } from './incoming-body.ts'
import { standForUnmade } from './unmade.ts'
import { markUncloneable, nativeRequest } from './native.ts'
import {
  type Findable,
  makeFindable,
  resemble,
  share,
  standBefore,
  type StandIns,
  target,
} from './stand-in.ts'

/** The parts of a request. Each is read once, at its first use. */
export interface RequestSource {
  readonly method: string
  url(): string
  headers(): Headers
  /** `null`: a request without a body. */
  readonly body: IncomingBody | null
  /** Aborts when the client leaves before the response is complete. */
  signal(): AbortSignal
  /** Rejects when the client leaves before the request is complete. */
  trailers(): Promise<Headers>
}

/** A `Request` that a server receives. */
export interface ServerRequest extends Request {
  /**
   * The trailer fields; empty where there are none. The body has to be read first. Rejects when the client leaves
   * before the request is complete. The name is that of whatwg/fetch #981.
   */
  readonly trailers: Promise<Headers>
}

/** Set inside the class, because only it can read the private fields. */
let find!: (value: unknown) => FetchRequest | undefined
let realOf!: (request: FetchRequest) => Request
/** The `FetchRequest` that a value is, or has behind a Proxy. */
let own!: (value: FetchRequest) => FetchRequest
/** See `target`. */
let isFoundBehindProxies = !('Bun' in globalThis)

/**
 * A `Request` whose parts are made at their first use: to make a `Request` of the runtime costs more than the response.
 * Its prototype chain ends in the runtime's `Request.prototype`. A use that needs the runtime's `Request` makes it.
 */
export class FetchRequest {
  readonly #source: RequestSource
  #url: string | undefined
  #headers: Headers | undefined
  #real: Request | undefined

  static {
    find = (value) => {
      if (typeof value !== 'object' || value === null) return undefined
      if (#source in value) return value as FetchRequest
      const found = (value as Findable)[target]
      return found && #source in found ? (found as FetchRequest) : undefined
    }
    own = (value) => {
      if (#source in value) return value
      const found = find(value)
      if (found) return found
      throw new TypeError('Illegal invocation')
    }
    realOf = (request) => (request.#real ??= request.#makeReal())
  }

  constructor(source: RequestSource) {
    this.#source = source
    if (isFoundBehindProxies) makeFindable(this as Findable)
    markUncloneable(this)
  }

  /** The parts that a request was made from; `undefined` for a request of another class. */
  static source(request: object): RequestSource | undefined {
    const found = find(request)
    return found && found.#source
  }

  /** The runtime's `Request` behind a `FetchRequest`; another value is returned unchanged. */
  static realOf<T>(value: T): T | Request {
    const request = find(value)
    return request ? realOf(request) : value
  }

  get method(): string {
    return own(this).#source.method
  }

  get url(): string {
    const request = own(this)
    return (request.#url ??= request.#source.url())
  }

  get headers(): Headers {
    const request = own(this)
    return (request.#headers ??= request.#source.headers())
  }

  get signal(): AbortSignal {
    return own(this).#source.signal()
  }

  /** See `ServerRequest`. */
  get trailers(): Promise<Headers> {
    return own(this).#source.trailers()
  }

  get body(): ReadableStream<Uint8Array> | null {
    const request = own(this)
    if (request.#real) return request.#real.body as ReadableStream<Uint8Array> | null
    return request.#source.body?.stream() ?? null
  }

  get bodyUsed(): boolean {
    const request = own(this)
    return request.#real?.bodyUsed ?? request.#source.body?.isDisturbed ?? false
  }

  get cache(): RequestCache {
    return 'default'
  }

  get credentials(): RequestCredentials {
    return 'same-origin'
  }

  get destination(): RequestDestination {
    return ''
  }

  get integrity(): string {
    return ''
  }

  get keepalive(): boolean {
    return false
  }

  get mode(): RequestMode {
    return 'cors'
  }

  get redirect(): RequestRedirect {
    return 'follow'
  }

  get referrer(): string {
    return 'about:client'
  }

  get referrerPolicy(): ReferrerPolicy {
    return ''
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return bufferOf(await own(this).#bytes())
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(bufferOf(await own(this).#bytes()))
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await own(this).#bytes())
  }

  async json(): Promise<unknown> {
    return JSON.parse(new TextDecoder().decode(await own(this).#bytes()))
  }

  async blob(): Promise<Blob> {
    const request = own(this)
    // The `blob()` of Bun's `Request` does not set the type.
    const type = request.headers.get('content-type') ?? ''
    return new Blob([bufferOf(await request.#bytes())], { type })
  }

  async formData(): Promise<FormData> {
    return realOf(own(this)).formData()
  }

  clone(): Request {
    return realOf(own(this)).clone()
  }

  get [Symbol.toStringTag](): string {
    return 'Request'
  }

  #bytes(): Promise<Uint8Array> {
    if (this.#real) return this.#real.arrayBuffer().then((buffer) => new Uint8Array(buffer))
    return this.#source.body?.bytes() ?? Promise.resolve(new Uint8Array(0))
  }

  /** Makes the runtime's `Request`, to which this one passes all uses from now on. */
  #makeReal(): Request {
    const { method, url, headers, signal, bodyUsed } = this
    // If the body was read, the body of the runtime's `Request` is read as well.
    const body = bodyUsed ? new Uint8Array(1) : this.body
    const init: RequestInit & { duplex: 'half' } = { method, headers, signal, body, duplex: 'half' }
    const real = new nativeRequest.native(url, init)
    if (bodyUsed) void real.arrayBuffer()
    return real
  }
}

/** A body joined of several chunks has memory of its own; a single chunk is a part of the read buffer. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const { buffer } = bytes
  return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length
    ? buffer
    : new Uint8Array(bytes).buffer
}

/** Members that only some runtimes have. */
const others: object = {
  get duplex(): string {
    return 'half'
  },
  get isHistoryNavigation(): boolean {
    return false
  },
  get isReloadNavigation(): boolean {
    return false
  },
}

const standIns: StandIns<FetchRequest> = {
  prototype: FetchRequest.prototype,
  find: (value) => find(value),
  realOf: (request) => realOf(request),
}

const shown = ['method', 'url', 'headers']
standForUnmade(FetchRequest.prototype, nativeRequest, (request) => realOf(own(request)), shown)
Object.defineProperties(FetchRequest.prototype, {
  trailers: { enumerable: false },
  constructor: { configurable: true, get: () => nativeRequest.native.prototype.constructor },
})

let isLinked = false

/** Puts `FetchRequest` before the runtime's `Request` in the prototype chain. */
function link(native: typeof Request): void {
  if (isLinked) return
  isLinked = true
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(others))) {
    if (key in native.prototype) Object.defineProperty(FetchRequest.prototype, key, descriptor)
  }
  const sample = new native('http://localhost/')
  isFoundBehindProxies = Object.getOwnPropertySymbols(sample).length > 0
  Reflect.deleteProperty(FetchRequest.prototype, 'constructor')
  standBefore(standIns, native, sample)
  resemble(standIns, native)
}

/** Makes `instanceof Request` hold for requests, without a change to the runtime's class. */
export function linkRequests(): void {
  link(nativeRequest.native)
}

/** Links when a program first uses the class, and lets the members of the class take a `FetchRequest`. */
export function shareRequests(): void {
  nativeRequest.whenMade((native) => {
    link(native)
    share(standIns, native, ({ value }) => value !== undefined)
  })
}
