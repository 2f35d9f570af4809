import type { IncomingBody } from './incoming-body.ts'
import { nativeRequest } from './native.ts'

/** What a request is made from, each asked for once, when first wanted. */
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

/** A `Request` as a server gets it. */
export interface ServerRequest extends Request {
  /**
   * The fields behind the body, which has to be read first; empty where there are none. Rejects when the client leaves
   * before the request is complete. The name is that of whatwg/fetch #981.
   */
  readonly trailers: Promise<Headers>
}

/**
 * A `Request` of which nothing is made until it is touched: making a real one costs more than answering it. Its
 * prototype chain ends in the runtime's own `Request.prototype`; what needs a real one gets it.
 */
export class FetchRequest {
  readonly #source: RequestSource
  #url: string | undefined
  #headers: Headers | undefined
  #real: Request | undefined

  constructor(source: RequestSource) {
    this.#source = source
  }

  /** What this request was made from; `undefined` for a request of another making. */
  static source(request: object): RequestSource | undefined {
    return #source in request ? (request as FetchRequest).#source : undefined
  }

  /** The request of the runtime's own making behind one of these; others as they are. */
  static realOf(request: Request | URL): Request | URL {
    return #source in request ? (request as unknown as FetchRequest).real : request
  }

  get method(): string {
    return this.#source.method
  }

  get url(): string {
    this.#url ??= this.#source.url()
    return this.#url
  }

  get headers(): Headers {
    this.#headers ??= this.#source.headers()
    return this.#headers
  }

  get signal(): AbortSignal {
    return this.#source.signal()
  }

  /** See `ServerRequest`. */
  get trailers(): Promise<Headers> {
    return this.#source.trailers()
  }

  get body(): ReadableStream<Uint8Array> | null {
    if (this.#real) return this.#real.body as ReadableStream<Uint8Array> | null
    return this.#source.body?.stream() ?? null
  }

  get bodyUsed(): boolean {
    return this.#real?.bodyUsed ?? this.#source.body?.isDisturbed ?? false
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

  get duplex(): 'half' {
    return 'half'
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
    if (this.#real) return this.#real.arrayBuffer()
    const bytes = await this.#bytes()
    const { buffer } = bytes
    // A body that was put together has memory of its own; a chunk is a part of what the socket read.
    return buffer instanceof ArrayBuffer && buffer.byteLength === bytes.length
      ? buffer
      : new Uint8Array(bytes).buffer
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.arrayBuffer())
  }

  async text(): Promise<string> {
    if (this.#real) return this.#real.text()
    return new TextDecoder().decode(await this.#bytes())
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async blob(): Promise<Blob> {
    // Bun's own does not tell the type.
    const type = this.headers.get('content-type') ?? ''
    return new Blob([await this.arrayBuffer()], { type })
  }

  async formData(): Promise<FormData> {
    return this.real.formData()
  }

  clone(): Request {
    return this.real.clone()
  }

  /**
   * A request of the runtime's own making, of which this one is a front from now on. Throws a TypeError once the body
   * has been read.
   */
  get real(): Request {
    if (!this.#real) {
      if (this.bodyUsed) throw new TypeError('the body was read already: clone the request before')
      const { method, url, headers, signal } = this
      const isBodiless = method === 'GET' || method === 'HEAD'
      const body = isBodiless ? null : this.body
      const init: RequestInit & { duplex: 'half' } = {
        method,
        headers,
        signal,
        body,
        duplex: 'half',
      }
      this.#real = new nativeRequest.native(url, init)
    }
    return this.#real
  }

  #bytes(): Promise<Uint8Array> {
    return this.#source.body?.bytes() ?? Promise.resolve(new Uint8Array(0))
  }
}

/*
 * `new Request(request)` looks for what a real one keeps under symbols of the runtime's own (Node 20 and 22, Deno): they
 * lead to the real one. Bun reads the public properties instead; for later versions of Node see standard-request.ts.
 */
nativeRequest.whenMade((native) => {
  Object.setPrototypeOf(FetchRequest.prototype, native.prototype)
  for (const symbol of Object.getOwnPropertySymbols(new native('http://localhost/'))) {
    Object.defineProperty(FetchRequest.prototype, symbol, {
      get(this: FetchRequest) {
        return Reflect.get(this.real, symbol)
      },
      set(this: FetchRequest, value: unknown) {
        Reflect.set(this.real, symbol, value)
      },
    })
  }
})
