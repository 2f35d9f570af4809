import { ErrorCode, HTTP2Error } from '../engine/errors.ts'
import { type FlatFields, type HeaderList, toPairs } from '../engine/fields.ts'
import { heldBody } from '../engine/session.ts'
import type { Priority } from '../engine/session-control.ts'
import { type Body, type BodyChunk, toBytes } from '../http/body.ts'
import type { Trailers } from '../http/trailers.ts'
import { BodyPump } from './body-pump.ts'
import type { BodySender } from './body-sender.ts'
import type { Connection } from './connection.ts'
import { addDate } from './date-field.ts'
import { type Application, type Exchange, nobody } from './exchange.ts'
import {
  type AnyResponseInit,
  appendFields,
  checkFields,
  checkInformationalStatus,
  checkPromise,
  type PreparedResponse,
  prepareResponse,
} from './prepared-response.ts'
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
const noFields: FlatFields = []
/** RFC 9218 §4: of a stream nobody said anything of. */
const usualPriority: Priority = Object.freeze({ urgency: 3, incremental: false })

/** A stream of a server: one request, one response. */
export class ServerStream {
  readonly connection: Connection
  readonly id: number
  readonly request: RequestHead
  readonly isPushed: boolean
  readonly requestBody: RequestBody
  /** Trailer fields of the request, once it is complete. */
  trailers: FlatFields = noFields
  /** When something last moved, in the server's milliseconds. */
  movedAt: number
  /** Of the response's body, handed to the transport; a short one as soon as it is said. */
  bytesSent = 0
  #exchange!: Exchange
  #sender: BodySender | undefined
  #trailers: Trailers | undefined
  /** Of a pushed stream, until its promise has been sent. */
  #promisedResponse: PreparedResponse | undefined
  /** nghttp2 knows it no more, though nobody may have been told yet. */
  isGone = false
  #priority = usualPriority
  #hasContinued = false
  #hasResponded = false
  /** All of the response has been handed to the session. */
  #isEnded = false
  #isReset = false
  #isTunnel = false

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

  /** All of the response has been handed to the session. */
  get isComplete(): boolean {
    return this.#isEnded
  }

  /** Nothing can be sent any more, though the exchange may not have been told yet. */
  get isClosed(): boolean {
    return this.isGone
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

  /** RFC 9218; of a stream that is not open, what was last known or said of it. */
  get priority(): Priority {
    if (this.#isOpen) this.#priority = this.connection.session.priority(this.id)
    return this.#priority
  }

  /** Sets the priority of the response (RFC 9218 §8); the client can still change it. */
  set priority(priority: Priority) {
    this.#priority = priority
    if (this.#isOpen) this.connection.session.changePriority(this.id, priority)
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
    if (this.isGone) return
    if (this.#hasResponded) this.reset(ErrorCode.ENHANCE_YOUR_CALM)
    else this.respond({ status: 431 })
  }

  // ---- the response ---------------------------------------------------------------------------

  /** A 1xx response, any number of them before the response (RFC 9110 §15.2). */
  informational(status: number, headers: HeaderList = []): void {
    this.#assertUnanswered()
    checkInformationalStatus(status, this.id)
    const fields = appendFields([':status', String(status)], headers)
    this.connection.session.submitInformational(this.id, toPairs(fields))
    this.#hasContinued ||= status === 100
    this.connection.flushSoon()
  }

  /** The request's body is wanted: says so where the client waits for that (RFC 9110 §10.1.1). */
  continue(): void {
    if (this.#hasContinued || this.#hasResponded || this.isGone || this.requestBody.isComplete)
      return
    if (this.request.expectsContinue) this.informational(100)
  }

  /** The response. Throws `ERR_RESPONSE_SENT` the second time, and typed errors for what cannot be sent. */
  respond(init: AnyResponseInit): void {
    this.#assertUnanswered()
    this.#send(prepareResponse(init, this.request.method, this.id))
  }

  /** Answers a CONNECT request: the stream is a tunnel from now on (RFC 9113 §8.5, RFC 8441 §4). */
  accept(headers: HeaderList = []): ServerTunnel {
    this.#assertUnanswered()
    if (this.request.method !== 'CONNECT') {
      throw new HTTP2Error('ERR_INVALID_STATE', 'only a CONNECT request can become a tunnel', {
        streamId: this.id,
      })
    }
    const fields = appendFields([':status', '200'], headers)
    if (this.connection.sendsDate) addDate(fields)
    const options = { endStream: false, halfClose: true }
    this.connection.session.submitResponseFields(this.id, fields, options)
    this.#hasResponded = true
    const tunnel = new ServerTunnel(this)
    this.#sender = tunnel
    this.#isTunnel = true
    this.connection.journal.response(this, 200)
    this.connection.flushSoon()
    return tunnel
  }

  /** More of the body of a response that the pump reads. */
  write(chunk: BodyChunk): void {
    this.connection.session.sendData(this.id, chunk)
    this.connection.flushSoon()
  }

  /** The body is complete: trailers, or END_STREAM. */
  endBody(): void {
    try {
      const trailers = typeof this.#trailers === 'function' ? this.#trailers() : this.#trailers
      if (trailers instanceof Promise) void this.#endWhenSettled(trailers)
      else this.#end(trailers)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Goes on with a body that had nothing (`DATA_DEFERRED`). */
  resume(): void {
    this.#sender?.resume()
  }

  /**
   * Pushes a response, whose stream `exchangeOf` gives an exchange; the promised stream, or `undefined` when the client
   * takes none. Throws, before anything is promised, what `respond` would.
   */
  push(init: PushInit, exchangeOf: (stream: ServerStream) => Exchange): ServerStream | undefined {
    this.#assertUnanswered()
    const { path, method = 'GET', requestHeaders } = init
    if (this.isPushed) {
      throw new HTTP2Error('ERR_INVALID_STATE', 'push on the stream of a request, not of a push', {
        streamId: this.id,
      })
    }
    checkPromise(method, path, this.id)
    const { scheme, authority } = this.request
    const fields = [':method', method, ':scheme', scheme, ':authority', authority, ':path', path]
    appendFields(fields, requestHeaders)
    const response = prepareResponse(init, method, this.id)
    checkFields(response.fields)
    const stream = this.connection.promise(this, fields)
    if (!stream) {
      response.source?.cancel(undefined)
      return undefined
    }
    stream.#promisedResponse = response
    stream.#hasResponded = true
    try {
      stream.#exchange = exchangeOf(stream)
    } catch (error) {
      stream.#exchange = nobody
      stream.reset()
      throw error
    }
    return stream
  }

  /** The promise has been sent. False: it has not, come back later. */
  answerPromised(): boolean {
    const response = this.#promisedResponse
    if (this.isGone || !response) return true
    if (!this.#isOpen) return false
    this.#promisedResponse = undefined
    try {
      this.connection.session.changePriority(this.id, this.#priority)
      this.#send(response)
    } catch (error) {
      this.fail(error)
    }
    return true
  }

  // ---- its end --------------------------------------------------------------------------------

  /** Ends the stream at once (RFC 9113 §6.4). */
  reset(errorCode: number = ErrorCode.CANCEL): void {
    if (this.isGone || this.#isReset) return
    this.#isReset = true
    this.connection.session.submitRstStream(this.id, errorCode)
    this.connection.flushSoon()
  }

  /** The handler threw: its stream is reset, the error reported; nothing else is touched. */
  fail(error: unknown): void {
    if (this.isGone || this.#isReset) return
    this.#report(error)
    this.reset(ErrorCode.INTERNAL_ERROR)
    this.#sender?.cancel(error)
  }

  /** The stream is over; called by the connection, once. */
  closed(errorCode: number): void {
    this.isGone = true
    this.requestBody.closed()
    const source = this.#sender ?? this.#promisedResponse?.source
    // An error costs its stack: none is made for a response that is complete.
    if (!this.#isEnded)
      source?.cancel(
        new HTTP2Error('ERR_STREAM_CLOSED', 'the client went before the response was complete', {
          streamId: this.id,
          errorCode,
        }),
      )
    try {
      const result = this.#exchange.onClose(errorCode)
      if (result instanceof Promise) result.catch((error) => this.#report(error))
    } catch (error) {
      this.#report(error)
    }
  }

  #report(error: unknown): void {
    this.connection.journal.error(error, 'handler', this.id)
  }

  /** The client took bytes of the body. */
  sent(length: number, buffered: number): boolean {
    this.bytesSent += length
    this.movedAt = this.connection.now
    return this.#sender?.sent(buffered) ?? false
  }

  /** Reads on. */
  pull(): void {
    if (!this.isGone) this.#sender?.run()
  }

  /** The stream waits for the client: for the rest of its request, or for room to send. */
  get isStalled(): boolean {
    if (this.#isTunnel) return this.bufferedAmount > 0
    const { isComplete, isBlocked } = this.requestBody
    // Once it has begun to answer, it is the handler that decides how long the two talk.
    if (!isComplete && !isBlocked && !this.#hasResponded) return true
    return this.#isEnded || this.bufferedAmount > 0
  }

  /** A promised stream is open once its promise has been sent. */
  get #isOpen(): boolean {
    if (this.isGone) return false
    return !this.isPushed || this.connection.session.streamState(this.id) !== undefined
  }

  #assertUnanswered(): void {
    if (this.#hasResponded) {
      throw new HTTP2Error('ERR_RESPONSE_SENT', 'the response has already been sent', {
        streamId: this.id,
      })
    }
    if (this.isGone) {
      throw new HTTP2Error('ERR_STREAM_CLOSED', 'the stream is closed, nobody waits for this', {
        streamId: this.id,
      })
    }
  }

  #send({ status, fields, hasContent, whole, source, trailers }: PreparedResponse): void {
    if (this.connection.sendsDate) addDate(fields)
    if (!hasContent) {
      this.#submit(fields, noBytes, true)
      source?.cancel(undefined)
    } else if (whole !== undefined && trailers === undefined) {
      this.#submit(fields, whole, true)
    } else {
      this.#submit(fields, noBytes, false)
      this.#trailers = trailers
      if (source) {
        this.#sender = new BodyPump(this, source)
        this.#sender.run()
      } else {
        if (whole!.length > 0) this.write(whole!)
        this.endBody()
      }
    }
    this.connection.journal.response(this, status)
    this.connection.flushSoon()
  }

  #submit(fields: FlatFields, body: Uint8Array | string, endStream: boolean): void {
    const { session } = this.connection
    if (endStream && body.length <= heldBody) {
      this.bytesSent = body.length
      session.submitShortResponse(this.id, fields, body)
    } else session.submitResponseFields(this.id, fields, { body: toBytes(body), endStream })
    this.#hasResponded = true
    this.#isEnded = endStream
  }

  async #endWhenSettled(promise: Promise<HeaderList>): Promise<void> {
    try {
      this.#end(await promise)
    } catch (error) {
      this.fail(error)
    }
  }

  #end(trailers: HeaderList | undefined): void {
    if (this.isGone) return
    const { session } = this.connection
    const fields = appendFields([], trailers)
    if (fields.length === 0) session.sendData(this.id, noBytes, true)
    else session.submitTrailers(this.id, toPairs(fields))
    this.#isEnded = true
    this.connection.flushSoon()
  }
}
