import { ErrorCode, HTTPError } from '../../common/errors.ts'
import type { FlatFields, HeaderList } from '../../common/fields.ts'
import {
  FetchRequest,
  type RequestSource,
  type ServerRequest,
} from '../../http/fetch/fetch-request.ts'
import { IncomingBody } from '../../http/fetch/incoming-body.ts'
import { requestUrl } from '../../http/fetch/request-url.ts'
import { isThenable } from '../../common/thenable.ts'
import type { Trailers } from '../../http/trailers.ts'
import type { WebSocketOptions } from '../../websocket/index.ts'
import { type Exchange, noExchange } from '../../exchange/exchange.ts'
import type { HttpStream } from '../../exchange/http-stream.ts'
import type { Answer, ErrorHandler, FetchHandler } from './fetch-handler.ts'
import { FetchInfo } from './fetch-info.ts'
import {
  type AnswerOptions,
  cancelBody,
  discard,
  toResponseOptions,
  withBodyAtHand,
} from './answer.ts'
import { badRequest, RequestRefusal, textResponse } from '../../http/request-refusal.ts'
import type { PushOptions } from '../../http/response-options.ts'
import { abortError } from '../../exchange/stream-errors.ts'
import type { ServerTunnel } from '../../exchange/server-tunnel.ts'
import { UpgradeResponse } from './upgrade-response.ts'
import { negotiateUpgrade, type WebSocketUpgrade } from '../websocket/negotiate-upgrade.ts'

/** A request on its way through a fetch handler. */
export class FetchExchange implements Exchange, RequestSource {
  /** `null` also for GET and HEAD, whose bodies have no meaning (RFC 9110 §9.3.1); their bytes are discarded. */
  readonly body: IncomingBody | null
  /** Sent after the response's body. */
  responseTrailers: Trailers | undefined
  readonly #stream: HttpStream
  readonly #fetch: FetchHandler
  readonly #onError: ErrorHandler | undefined
  #tunnel: ServerTunnel | undefined
  #upgrade: WebSocketUpgrade | undefined
  #abort: AbortController | undefined
  #isDone = false
  /** The reason why the rest of the request does not arrive. */
  #failure: HTTPError | undefined
  /** The client left before the response was complete. */
  #isAbandoned = false
  #settleTrailers: (() => void) | undefined

  constructor(stream: HttpStream, fetch: FetchHandler, onError: ErrorHandler | undefined) {
    this.#stream = stream
    this.#fetch = fetch
    this.#onError = onError
    const hasBody = stream.hasRequestBody && !isBodiless(stream.request.method)
    this.body = hasBody ? new IncomingBody() : null
  }

  // ---- called by the stream -------------------------------------------------------------------

  onHeaders(): void {
    const { body } = this
    if (body && expectsContinue(this.#stream.request.fields)) {
      body.onFirstRead = () => this.#stream.continue()
    }
    // A FetchRequest stands in for the runtime's own Request, down to `instanceof`.
    const request = new FetchRequest(this) as unknown as ServerRequest
    try {
      const answer = this.#fetch(request, new FetchInfo(this.#stream, this))
      if (isThenable(answer)) void this.#wait(answer)
      else void this.#answer(answer)?.catch((error: unknown) => this.#fail(error))
    } catch (error) {
      void this.#fail(error)
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
    this.#upgrade?.connection.abort()
    const stream = this.#stream
    const isAnswered = stream.isComplete && errorCode === ErrorCode.NO_ERROR
    if (isAnswered && this.#isDone) return
    // A reset because the response's body failed does not mean that the client left.
    this.#isAbandoned = !isAnswered && !(stream.isReset && errorCode === ErrorCode.INTERNAL_ERROR)
    this.#failure =
      stream.failure ??
      new HTTPError(
        'ERR_STREAM_CLOSED',
        isAnswered
          ? 'the response was complete before the request was'
          : 'the client left before the response was complete',
        { streamId: stream.id, errorCode },
      )
    this.body?.fail(this.#failure)
    this.#settleTrailers?.()
    if (this.#isAbandoned) this.#abort?.abort(abortError(this.#failure))
  }

  onShutdown(): void {
    this.#upgrade?.connection.goAway()
  }

  // ---- called by the request ------------------------------------------------------------------

  get method(): string {
    return this.#stream.request.method
  }

  url(): string {
    const { authority, path } = this.#stream.request
    const scheme = this.#stream.connection.tls ? 'https' : 'http'
    try {
      return requestUrl(scheme, authority, path)
    } catch (cause) {
      const text = JSON.stringify(authority)
      throw new RequestRefusal(
        'ERR_INVALID_URL',
        `${text} has no place in a URL`,
        { cause },
        badRequest(),
      )
    }
  }

  headers(): Headers {
    const { authority, fields } = this.#stream.request
    const headers = toHeaders(fields)
    // Programs read `host`, for which HTTP/2 has `:authority` (RFC 9113 §8.3.1).
    if (authority !== '' && !headers.has('host')) headers.set('host', authority)
    return headers
  }

  signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#isAbandoned && !this.#abort.signal.aborted)
      this.#abort.abort(abortError(this.#failure!))
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
    return toHeaders(this.#stream.requestTrailers)
  }

  // ---- called by `info` -----------------------------------------------------------------------

  /** Makes a tunnel of the stream. */
  accept(headers?: HeaderList): ServerTunnel {
    if (!this.#tunnel) {
      this.#tunnel = this.#stream.accept(headers)
      // The handler sets the reader in this turn. A client may have sent bytes before the answer.
      void settled.then(() => this.#handOver(this.#tunnel!))
    }
    return this.#tunnel
  }

  /** For `upgradeWebSocket`. */
  negotiateUpgrade(options: WebSocketOptions | undefined): WebSocketUpgrade {
    this.#upgrade ??= negotiateUpgrade(this.#stream, this.url(), options)
    return this.#upgrade
  }

  push(options: PushOptions): boolean {
    return this.#stream.push(options, () => noExchange) !== undefined
  }

  // ---- inside ---------------------------------------------------------------------------------

  async #wait(answer: PromiseLike<Answer>): Promise<void> {
    try {
      const answered = this.#answer(await answer)
      if (answered) await answered
    } catch (error) {
      void this.#fail(error)
    }
  }

  /** Sends an answer. Returns a promise where the body has to be read first. */
  #answer(answer: Answer): void | Promise<void> {
    if (answer instanceof UpgradeResponse && !this.#stream.isClosed && !this.#tunnel) {
      const { connection, fields } = answer.upgrade
      connection.open(this.accept(fields))
      return
    }
    this.#upgrade?.connection.abort()
    if (this.#stream.isClosed || this.#tunnel) {
      if (answer) discard(answer, () => this.#reason)
      return
    }
    try {
      const init = toResponseOptions(answer, this)
      if (init.isStandard && this.method !== 'HEAD') return this.#answerAtHand(init, answer)
      this.#stream.respond(init)
    } catch (error) {
      if (answer) discard(answer, () => error)
      throw error
    }
  }

  async #answerAtHand(given: AnswerOptions, answer: Answer): Promise<void> {
    const init = await withBodyAtHand(given, answer, this)
    if (this.#stream.isClosed || this.#tunnel) {
      cancelBody(init.body, () => this.#reason)
      return
    }
    try {
      this.#stream.respond(init)
    } catch (error) {
      cancelBody(init.body, () => error)
      throw error
    }
  }

  /** The reason why an answer is not sent any more. */
  get #reason(): DOMException | undefined {
    return this.#failure && abortError(this.#failure)
  }

  /** Passes bytes that arrived before the tunnel was accepted to the tunnel. */
  async #handOver(tunnel: ServerTunnel): Promise<void> {
    if (!this.body) return
    try {
      await this.body.redirect((chunk) => tunnel.onData(chunk))
      if (this.#isDone) tunnel.onEnd()
    } catch (error) {
      this.#stream.fail(error)
    }
  }

  /**
   * The handler threw. The `error` option may make a response of the error; else the client learns nothing of it. Does
   * not reject.
   */
  async #fail(error: unknown): Promise<void> {
    try {
      await this.#answerError(error)
    } catch (second) {
      // Not even the answer to an error can be sent, for example because memory ran out.
      this.#stream.fail(second)
    }
  }

  async #answerError(error: unknown): Promise<void> {
    const stream = this.#stream
    // A body of the wrong length fails its stream, as it would if it were read piece by piece.
    if (stream.isResponded || stream.isClosed || codeOf(error) === 'ERR_CONTENT_LENGTH') {
      stream.fail(error)
      return
    }
    try {
      const answer = await this.#onError?.(error)
      if (answer) {
        await this.#answer(answer)
        return
      }
    } catch (second) {
      stream.report(second)
    }
    if (stream.isResponded || stream.isClosed) return
    if (error instanceof RequestRefusal) {
      stream.respond(error.response)
      return
    }
    stream.report(error)
    stream.respond(textResponse(500, 'Internal Server Error'))
  }
}

const settled = Promise.resolve()

function isBodiless(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function codeOf(error: unknown): string {
  return error instanceof HTTPError ? error.code : ''
}

function toHeaders(fields: FlatFields): Headers {
  const headers = new Headers()
  let cookie = ''
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    if (name.charCodeAt(0) === 0x3a) continue
    // Crumbs of the cookie are joined to one field (RFC 9113 §8.2.3); `Headers` would join the crumbs with commas.
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
