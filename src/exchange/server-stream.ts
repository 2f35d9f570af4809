import { noBytes } from '../common/bytes.ts'
import { bodyChangedError } from '../common/body-changed.ts'
import { ErrorCode, HTTP2Error } from '../common/errors.ts'
import { type FlatFields, type HeaderList, toHeaderFields } from '../common/fields.ts'
import { heldBody } from '../engine/http2/session.ts'
import { checkPriority, defaultPriority, type Priority } from '../engine/http2/session-control.ts'
import { type BodyChunk, toBytes } from '../http/body.ts'
import type { Trailers } from '../http/trailers.ts'
import { isThenable } from '../common/thenable.ts'
import { BodyPump } from './body-pump.ts'
import type { BodySender } from './body-writer.ts'
import type { Connection } from '../server/connection/connection.ts'
import { removeLength } from '../http/content-length.ts'
import { addDate } from '../http/date-field.ts'
import { type Application, type Exchange, nobody } from './exchange.ts'
import {
  type AnyResponseInit,
  appendFields,
  checkInformationalStatus,
  type PreparedResponse,
  preparePush,
  prepareResponse,
} from '../http/prepared-response.ts'
import { RequestBody } from './request-body.ts'
import type { RequestHead } from '../http/request-head.ts'
import { refusalOf } from '../http/request-rules.ts'
import type { PushInit } from '../http/response-options.ts'
import { ServerTunnel } from './server-tunnel.ts'
import {
  bodyTooLarge,
  clientLeft,
  notConnect,
  pushOnPush,
  responseSent,
  streamClosed,
} from './stream-errors.ts'

const noFields: FlatFields = []

/** A stream of a server: one request, one response. */
export class ServerStream {
  readonly connection: Connection
  readonly id: number
  readonly request: RequestHead
  readonly isPushed: boolean
  readonly requestBody: RequestBody
  /** Trailer fields of the request, once it is complete. */
  trailers: FlatFields = noFields
  /** Why the server ended the stream, where an exchange wants to know. */
  failure: HTTP2Error | undefined
  /** When something last moved, in the server's milliseconds. */
  movedAt: number
  /** Of the response's body, handed to the transport; a short one as soon as it is said. */
  bytesSent = 0
  /** Of a request that no handler is told of, until it begins. */
  exchange: Exchange = nobody
  #sender: BodySender | undefined
  #trailers: Trailers | undefined
  /** Of a pushed stream, until its promise has been sent. */
  #promisedResponse: PreparedResponse | undefined
  /** Closed in nghttp2; the exchange's onClose may still be due. */
  isGone = false
  /** The body has lost bytes before they were sent. */
  isChanged = false
  #priority = defaultPriority
  #hasContinued = false
  #hasResponded = false
  #isEnded = false
  #isReset = false
  #isTunnel = false
  /** The exchange was told that the stream is over. */
  #isTold = false

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

  /** The server ended it: the exchange is told that it closed, and nothing else. */
  get isReset(): boolean {
    return this.#isReset
  }

  /** RFC 9218; of a stream that is not open, what was last known or said of it. */
  get priority(): Priority {
    if (this.#isOpen) this.#priority = this.connection.session.priority(this.id)
    return this.#priority
  }

  /** Sets the priority of the response (RFC 9218 §8); the client can still change it. */
  set priority(given: Priority) {
    const priority = checkPriority(given)
    if (this.#isOpen) this.connection.session.changePriority(this.id, priority)
    this.#priority = priority
  }

  /** Bytes of the response's body that wait. */
  get bufferedAmount(): number {
    return this.connection.session.bufferedAmount(this.id)
  }

  /** Bytes of the request's body that are taken; a tunnel has no end. */
  get maxRequestBodySize(): number {
    return this.request.method === 'CONNECT' ? Infinity : this.connection.maxRequestBodySize
  }

  /** Hands the request to the application. */
  begin(application: Application): void {
    const mostBody = this.requestBody.isComplete ? Infinity : this.maxRequestBodySize
    const refusal = refusalOf(this.request, mostBody)
    if (refusal !== undefined) {
      this.#refuse(refusal)
      return
    }
    try {
      this.exchange = application(this)
    } catch (error) {
      this.fail(error)
      return
    }
    this.requestBody.begin()
  }

  /** More header fields than we take (RFC 6585 §5), or more trailers. */
  refuse(): void {
    if (this.isGone) return
    if (this.#hasResponded) this.reset(ErrorCode.ENHANCE_YOUR_CALM)
    else this.#refuse(431)
  }

  /** The request's body is longer than is taken. */
  refuseBody(): void {
    if (this.isGone || this.#isReset) return
    this.failure = bodyTooLarge(this.id, this.maxRequestBodySize)
    this.reset(ErrorCode.ENHANCE_YOUR_CALM)
    this.#sender?.cancel(this.failure)
  }

  // ---- the response ---------------------------------------------------------------------------

  /** A 1xx response, any number of them before the response (RFC 9110 §15.2). */
  informational(status: number, headers: HeaderList = []): void {
    this.#assertUnanswered()
    checkInformationalStatus(status, this.id)
    if (status === 100 && this.#hasContinued) return
    const fields = appendFields([':status', String(status)], headers)
    removeLength(fields)
    this.connection.session.submitInformational(this.id, toHeaderFields(fields))
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
    if (this.request.method !== 'CONNECT') throw notConnect(this.id)
    const fields = appendFields([':status', '200'], headers)
    removeLength(fields)
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

  /** The body is complete. */
  endBody(): void {
    try {
      const trailers = typeof this.#trailers === 'function' ? this.#trailers() : this.#trailers
      if (isThenable(trailers)) void this.#endWhenSettled(trailers)
      else this.#end(trailers)
    } catch (error) {
      this.fail(error)
    }
  }

  /** Goes on with a deferred body. */
  resume(): void {
    this.#sender?.resume()
  }

  /**
   * Pushes a response, whose stream `exchangeOf` gives an exchange; the promised stream, or `undefined` when the client
   * takes none. Throws, before anything is promised, what `respond` would.
   */
  push(init: PushInit, exchangeOf: (stream: ServerStream) => Exchange): ServerStream | undefined {
    this.#assertUnanswered()
    if (this.isPushed) throw pushOnPush(this.id)
    const { fields, response } = preparePush(init, this.request, this.id)
    const stream = this.connection.promises.add(this, fields)
    if (!stream) {
      response.source?.cancel(undefined)
      return undefined
    }
    stream.#promisedResponse = response
    stream.#hasResponded = true
    try {
      stream.exchange = exchangeOf(stream)
    } catch (error) {
      stream.reset()
      throw error
    }
    return stream
  }

  /** The promise has been sent. False: it has not, come back later. */
  answerPromised(): boolean {
    const response = this.#promisedResponse
    if (this.isGone || !response) return true
    try {
      if (!this.#isOpen) return false
      this.#promisedResponse = undefined
      this.connection.session.changePriority(this.id, this.#priority)
      this.#send(response)
    } catch (error) {
      this.fail(error)
    }
    return true
  }

  // ---- its end --------------------------------------------------------------------------------

  /** Ends the stream at once (RFC 9113 §6.4). Does not throw: where that fails, the connection ends. */
  reset(errorCode: number = ErrorCode.CANCEL): void {
    if (this.isGone || this.#isReset) return
    this.#isReset = true
    this.connection.reset(this.id, errorCode)
  }

  /** The handler threw: its stream is reset, the error reported; nothing else is touched. */
  fail(error: unknown): void {
    if (this.isGone || this.#isReset) return
    // Out of memory is of the session: where even RST_STREAM finds no room, the connection ends, and says so.
    const isOfSession = error instanceof HTTP2Error && error.code === 'NGHTTP2_ERR_NOMEM'
    if (!isOfSession) this.report(error)
    this.reset(ErrorCode.INTERNAL_ERROR)
    if (isOfSession && !this.connection.hasFailed) this.report(error)
    this.#sender?.cancel(error)
  }

  /** A chunk of the body was transferred or made smaller before it was sent; the session has reset the stream. */
  bodyChanged(): void {
    this.report(bodyChangedError(this.id))
    this.#isReset = true
  }

  /** The stream is over. The first call counts. */
  closed(errorCode: number): void {
    if (this.#isTold) return
    this.#isTold = this.isGone = true
    this.requestBody.closed()
    this.#sender?.closed()
    const source = this.#sender ?? this.#promisedResponse?.source
    // An error costs its stack: none is made for a response that is complete.
    if (!this.#isEnded) source?.cancel(clientLeft(this.id, errorCode))
    try {
      const result = this.exchange.onClose(errorCode)
      if (isThenable(result)) Promise.resolve(result).catch((error) => this.report(error))
    } catch (error) {
      this.report(error)
    }
  }

  /** Tells the server's `onError` what a handler threw. */
  report(error: unknown): void {
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
    const { session } = this.connection
    return !this.isGone && (!this.isPushed || session.streamState(this.id) !== undefined)
  }

  /** Answers without a handler, with a status that says why. */
  #refuse(status: number): void {
    try {
      this.respond({ status })
    } catch (error) {
      this.fail(error)
    }
  }

  #assertUnanswered(): void {
    if (this.#hasResponded) throw responseSent(this.id)
    if (this.isGone) throw streamClosed(this.id)
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

  async #endWhenSettled(promise: PromiseLike<HeaderList>): Promise<void> {
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
    else session.submitTrailers(this.id, toHeaderFields(fields))
    this.#isEnded = true
    this.connection.flushSoon()
  }
}
