import { ErrorCode, HTTP2Error } from '../engine/errors.ts'
import { type FlatFields, type HeaderList, flatten } from '../engine/fields.ts'
import type { Priority } from '../engine/session-control.ts'
import { type Body, wholeBody } from '../http/body.ts'
import { bodySource } from '../http/body-source.ts'
import type { Trailers } from '../http/trailers.ts'
import { BodyPump } from './body-pump.ts'
import type { BodySender } from './body-sender.ts'
import type { Connection } from './connection.ts'
import { type Application, type Exchange, nobody } from './exchange.ts'
import { RequestBody } from './request-body.ts'
import type { RequestHead } from './request-head.ts'
import { ServerTunnel } from './server-tunnel.ts'

/** A response. */
export interface ResponseInit {
  /** 200 to 599. Default 200. */
  readonly status?: number
  readonly headers?: HeaderList
  readonly body?: Body
  /** Sent behind the body (RFC 9113 §8.1). */
  readonly trailers?: Trailers
}

/** A response to a request that the client has not made (RFC 9113 §8.4). */
export interface PushInit extends ResponseInit {
  readonly path: string
  /** Default `GET`. */
  readonly method?: string
  readonly requestHeaders?: HeaderList
}

const noBytes = new Uint8Array(0)

/** Fields that say something of one HTTP/1.1 connection; HTTP/2 forbids them (RFC 9113 §8.2.2). */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** A stream of a server: one request, one response. */
export class ServerStream {
  readonly connection: Connection
  readonly id: number
  readonly request: RequestHead
  readonly isPushed: boolean
  readonly requestBody: RequestBody
  /** Trailer fields of the request, once it is complete. */
  trailers: FlatFields = []
  /** When something last moved, in the server's milliseconds. */
  movedAt: number
  #exchange!: Exchange
  #sender: BodySender | undefined
  #trailers: Trailers | undefined
  #hasResponded = false
  #isReset = false
  #isClosed = false

  constructor(connection: Connection, id: number, request: RequestHead, isPushed: boolean) {
    this.connection = connection
    this.id = id
    this.request = request
    this.isPushed = isPushed
    this.movedAt = connection.now
    this.requestBody = new RequestBody(this)
  }

  get hasResponded(): boolean {
    return this.#hasResponded
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** We ended it: nobody is told anything more than that it closed. */
  get isReset(): boolean {
    return this.#isReset
  }

  get exchange(): Exchange {
    return this.#exchange
  }

  set exchange(exchange: Exchange) {
    this.#exchange = exchange
  }

  get priority(): Priority {
    return this.connection.session.priority(this.id)
  }

  /** Sets the priority of the response (RFC 9218 §8); the client can still change it. */
  set priority(priority: Priority) {
    this.connection.session.changePriority(this.id, priority)
  }

  /** Bytes of the response's body that wait for the client. */
  get bufferedAmount(): number {
    return this.connection.session.bufferedAmount(this.id)
  }

  /** Hands the request to the application. */
  begin(application: Application): void {
    try {
      this.#exchange = application(this)
    } catch (error) {
      this.#exchange = nobody
      this.fail(error)
      return
    }
    this.requestBody.begin()
  }

  /** More header fields than we take (RFC 6585 §5), or more trailers. */
  refuse(): void {
    this.#exchange ??= nobody
    if (this.#hasResponded) this.reset(ErrorCode.ENHANCE_YOUR_CALM)
    else this.respond({ status: 431 })
  }

  // ---- the response ---------------------------------------------------------------------------

  /** A 1xx response, any number of them before the response (RFC 9110 §15.2). */
  informational(status: number, headers: HeaderList = []): void {
    this.#assertUnanswered()
    if (!(status >= 100 && status < 200) || status === 101) {
      throw new HTTP2Error(
        'ERR_INVALID_STATUS',
        `an informational status is 100 or 102 to 199, not ${status} (RFC 9110 §15.2)`,
        { streamId: this.id },
      )
    }
    const pairs = this.#withStatus(status, headers)
    const list: [string, string][] = []
    for (let i = 0; i < pairs.length; i += 2) list.push([pairs[i]!, pairs[i + 1]!])
    this.connection.session.submitInformational(this.id, list)
    this.connection.flushSoon()
  }

  /** The response. Throws `ERR_RESPONSE_SENT` the second time, and typed errors for what cannot be sent. */
  respond({ status = 200, headers, body, trailers }: ResponseInit): void {
    this.#assertUnanswered()
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new HTTP2Error('ERR_INVALID_STATUS', `a status is 200 to 599, not ${status}`, {
        streamId: this.id,
      })
    }
    const fields = this.#withStatus(status, headers)
    const hasContent = status !== 204 && status !== 304 && this.request.method !== 'HEAD'
    const whole = wholeBody(body)
    if (whole && status !== 204 && status !== 304) addContentLength(fields, whole.length)
    if (whole && (trailers === undefined || !hasContent)) {
      this.#submit(fields, hasContent ? whole : noBytes, true)
    } else if (hasContent) {
      this.#submit(fields, noBytes, false)
      this.#trailers = trailers
      if (whole) {
        if (whole.length > 0) this.write(whole)
        this.endBody()
      } else {
        this.#sender = new BodyPump(this, bodySource(body!))
        this.#sender.run()
      }
    } else {
      this.#submit(fields, noBytes, true)
      bodySource(body!).cancel(undefined)
    }
    this.connection.logResponse(this, status)
    this.connection.flushSoon()
  }

  /** Answers a CONNECT request: the stream is a tunnel from now on (RFC 9113 §8.5, RFC 8441 §4). */
  accept(headers: HeaderList = []): ServerTunnel {
    this.#assertUnanswered()
    if (this.request.method !== 'CONNECT') {
      throw new HTTP2Error('ERR_INVALID_STATE', 'only a CONNECT request can become a tunnel', {
        streamId: this.id,
      })
    }
    const fields = this.#withStatus(200, headers)
    const options = { endStream: false, halfClose: true }
    this.connection.session.submitResponseFields(this.id, fields, options)
    this.#hasResponded = true
    const tunnel = new ServerTunnel(this)
    this.#sender = tunnel
    this.connection.logResponse(this, 200)
    this.connection.flushSoon()
    return tunnel
  }

  /** More of the body of a response that the pump reads. */
  write(chunk: Uint8Array): void {
    this.connection.session.sendData(this.id, chunk)
    this.connection.flushSoon()
  }

  /** The body is complete: trailers, or END_STREAM. */
  endBody(): void {
    const trailers = typeof this.#trailers === 'function' ? this.#trailers() : this.#trailers
    if (trailers instanceof Promise) {
      trailers.then(
        (settled) => this.#end(settled),
        (error: unknown) => this.fail(error),
      )
    } else {
      this.#end(trailers)
    }
  }

  /** Goes on with a body that had nothing (`DATA_DEFERRED`). */
  resume(): void {
    this.#sender?.resume()
  }

  /** Pushes a response; the promised stream, or `undefined` when the client takes none. */
  push(init: PushInit): ServerStream | undefined {
    this.#assertUnanswered()
    const { path, method = 'GET', requestHeaders = [] } = init
    const { scheme, authority } = this.request
    const fields = [':method', method, ':scheme', scheme, ':authority', authority, ':path', path]
    flatten(requestHeaders, fields)
    return this.connection.promise(this, fields)
  }

  // ---- its end --------------------------------------------------------------------------------

  /** Ends the stream at once (RFC 9113 §6.4). */
  reset(errorCode: number = ErrorCode.CANCEL): void {
    if (this.#isClosed || this.#isReset) return
    this.#isReset = true
    this.connection.session.submitRstStream(this.id, errorCode)
    this.connection.flushSoon()
  }

  /** The handler threw: its stream is reset, the error reported; nothing else is touched. */
  fail(error: unknown): void {
    if (this.#isClosed || this.#isReset) return
    this.connection.report(error, 'handler', this.id)
    this.reset(ErrorCode.INTERNAL_ERROR)
    this.#sender?.cancel(error)
  }

  /** The stream is over; called by the connection, once. */
  closed(errorCode: number): void {
    this.#isClosed = true
    this.requestBody.closed()
    if (errorCode !== 0) {
      this.#sender?.cancel(
        new HTTP2Error('ERR_STREAM_CLOSED', 'the client went before the response was complete', {
          streamId: this.id,
          errorCode,
        }),
      )
    }
    try {
      this.#exchange.onClose(errorCode)
    } catch (error) {
      this.connection.report(error, 'handler', this.id)
    }
  }

  /** The client took bytes of the body. */
  sent(buffered: number): boolean {
    this.movedAt = this.connection.now
    return this.#sender?.sent(buffered) ?? false
  }

  /** Reads on. */
  pull(): void {
    if (!this.#isClosed) this.#sender?.run()
  }

  /** The stream waits for the client: for the rest of its request, or for room to send. */
  get isStalled(): boolean {
    return this.bufferedAmount > 0 || (!this.requestBody.isComplete && !this.requestBody.isBlocked)
  }

  #assertUnanswered(): void {
    if (this.#hasResponded) {
      throw new HTTP2Error('ERR_RESPONSE_SENT', 'the response has already been sent', {
        streamId: this.id,
      })
    }
    if (this.#isClosed) {
      throw new HTTP2Error('ERR_STREAM_CLOSED', 'the stream is closed, nobody waits for this', {
        streamId: this.id,
      })
    }
  }

  #submit(fields: FlatFields, body: Uint8Array, endStream: boolean): void {
    this.connection.session.submitResponseFields(this.id, fields, { body, endStream })
    this.#hasResponded = true
  }

  #end(trailers: HeaderList | undefined): void {
    if (this.#isClosed) return
    try {
      const { session } = this.connection
      if (trailers === undefined) session.sendData(this.id, noBytes, true)
      else session.submitTrailers(this.id, trailers)
      this.connection.flushSoon()
    } catch (error) {
      this.fail(error)
    }
  }

  #withStatus(status: number, headers: HeaderList | undefined): FlatFields {
    const fields: FlatFields = [':status', String(status)]
    if (headers === undefined) return fields
    flatten(headers, fields)
    for (let i = fields.length - 2; i > 0; i -= 2) {
      if (hopByHop.has(fields[i]!.toLowerCase())) fields.splice(i, 2)
    }
    return fields
  }
}

/** RFC 9110 §8.6, unless the handler said it itself. */
function addContentLength(fields: FlatFields, length: number): void {
  for (let i = 2; i < fields.length; i += 2) {
    const name = fields[i]!
    if (name.length === 14 && name.toLowerCase() === 'content-length') return
  }
  fields.push('content-length', String(length))
}
