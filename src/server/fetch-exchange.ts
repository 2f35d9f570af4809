import { ErrorCode, HTTP2Error } from '../engine/errors.ts'
import type { FlatFields, HeaderList } from '../engine/fields.ts'
import type { FastResponse } from '../http/fast-response.ts'
import { FetchRequest, type RequestSource } from '../http/fetch-request.ts'
import { IncomingBody } from '../http/incoming-body.ts'
import type { Trailers } from '../http/trailers.ts'
import { type Exchange, nobody } from './exchange.ts'
import { FetchInfo } from './fetch-info.ts'
import { toResponseInit } from './response-init.ts'
import type { PushInit, ServerStream } from './server-stream.ts'
import type { ServerTunnel } from './server-tunnel.ts'

/** A response of any make; nothing after a tunnel was accepted. */
export type Answer = Response | FastResponse | undefined | void

/** Answers a request; `info` has what a `Request` has no place for. */
export type FetchHandler = (request: Request, info: FetchInfo) => Answer | Promise<Answer>

/** Makes a response of what a handler threw. */
export type ErrorHandler = (error: unknown) => Answer | Promise<Answer>

/** A request on its way through a fetch handler. */
export class FetchExchange implements Exchange, RequestSource {
  readonly body: IncomingBody | null
  /** Sent behind the response's body. */
  responseTrailers: Trailers | undefined
  readonly #stream: ServerStream
  readonly #fetch: FetchHandler
  readonly #onError: ErrorHandler | undefined
  #tunnel: ServerTunnel | undefined
  #abort: AbortController | undefined
  #isDone = false
  #failure: HTTP2Error | undefined
  #settleTrailers: (() => void) | undefined

  constructor(stream: ServerStream, fetch: FetchHandler, onError: ErrorHandler | undefined) {
    this.#stream = stream
    this.#fetch = fetch
    this.#onError = onError
    this.body = stream.requestBody.isComplete ? null : new IncomingBody()
  }

  // ---- what the stream tells ------------------------------------------------------------------

  onHeaders(): void {
    const { body } = this
    if (body && expectsContinue(this.#stream.request.fields)) {
      body.onFirstRead = () => {
        if (!this.#stream.hasResponded && !this.#stream.isClosed) this.#stream.informational(100)
      }
    }
    // A FetchRequest stands in for the runtime's own Request, down to `instanceof`.
    const request = new FetchRequest(this) as unknown as Request
    try {
      const answer = this.#fetch(request, new FetchInfo(this.#stream, this))
      if (answer instanceof Promise) this.#wait(answer)
      else this.#answer(answer)
    } catch (error) {
      this.#fail(error)
    }
  }

  onData(chunk: Uint8Array): void | Promise<void> {
    return this.#tunnel ? this.#tunnel.onData(chunk) : this.body?.push(chunk)
  }

  onRequestDone(): void {
    this.#isDone = true
    if (this.#tunnel) this.#tunnel.onEnd()
    else this.body?.end()
    this.#settleTrailers?.()
  }

  onClose(errorCode: number): void {
    this.#tunnel?.onClose(errorCode)
    if (errorCode === ErrorCode.NO_ERROR && this.#stream.hasResponded) return
    this.#failure = new HTTP2Error(
      'ERR_STREAM_CLOSED',
      'the client left before the response was complete',
      { streamId: this.#stream.id, errorCode },
    )
    this.body?.fail(this.#failure)
    this.#settleTrailers?.()
    this.#abort?.abort(this.#failure)
  }

  // ---- what the request asks ------------------------------------------------------------------

  get method(): string {
    return this.#stream.request.method
  }

  url(): string {
    const { authority, path } = this.#stream.request
    const scheme = this.#stream.connection.transport.tls ? 'https' : 'http'
    return new URL(path === '*' ? '/*' : path, `${scheme}://${authority || 'localhost'}`).href
  }

  headers(): Headers {
    return toHeaders(this.#stream.request.fields)
  }

  signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#failure) this.#abort.abort(this.#failure)
    return this.#abort.signal
  }

  async trailers(): Promise<Headers> {
    if (!this.#isDone && !this.#failure) {
      await new Promise<void>((resolve) => {
        const before = this.#settleTrailers
        this.#settleTrailers = () => {
          before?.()
          resolve()
        }
      })
    }
    if (!this.#isDone && this.#failure) throw this.#failure
    return toHeaders(this.#stream.trailers)
  }

  // ---- what `info` asks -----------------------------------------------------------------------

  /** Makes a tunnel of the stream. */
  accept(headers?: HeaderList): ServerTunnel {
    this.#tunnel ??= this.#stream.accept(headers)
    return this.#tunnel
  }

  push(init: PushInit): boolean {
    return this.#stream.push(init, () => nobody) !== undefined
  }

  // ---- inside ---------------------------------------------------------------------------------

  async #wait(answer: Promise<Answer>): Promise<void> {
    try {
      this.#answer(await answer)
    } catch (error) {
      this.#fail(error)
    }
  }

  #answer(answer: Answer): void {
    if (this.#stream.isClosed || this.#tunnel) return
    this.#stream.respond(toResponseInit(answer, this.responseTrailers))
  }

  /** The handler threw: `error` may make a response of it; the client learns nothing else. */
  async #fail(error: unknown): Promise<void> {
    const stream = this.#stream
    if (stream.hasResponded || stream.isClosed) {
      stream.fail(error)
      return
    }
    try {
      const answer = await this.#onError?.(error)
      if (answer) {
        this.#answer(answer)
        return
      }
    } catch (second) {
      stream.connection.report(second, 'handler', stream.id)
    }
    if (stream.hasResponded || stream.isClosed) return
    stream.connection.report(error, 'handler', stream.id)
    const headers = { 'content-type': 'text/plain' }
    stream.respond({ status: 500, headers, body: 'Internal Server Error' })
  }
}

function toHeaders(fields: FlatFields): Headers {
  const headers = new Headers()
  let cookie = ''
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    if (name.charCodeAt(0) === 0x3a) continue
    // Crumbs are one field (RFC 9113 §8.2.3); `Headers` would join them with a comma.
    if (name === 'cookie') cookie += cookie === '' ? fields[i + 1]! : `; ${fields[i + 1]!}`
    else headers.append(name, fields[i + 1]!)
  }
  if (cookie !== '') headers.set('cookie', cookie)
  return headers
}

function expectsContinue(fields: FlatFields): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === 'expect') return fields[i + 1]!.toLowerCase() === '100-continue'
  }
  return false
}
