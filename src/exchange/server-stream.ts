import { bodyChangedError } from '../common/body-changed.ts'
import { noBytes } from '../common/bytes.ts'
import { ErrorCode, HTTPError } from '../common/errors.ts'
import { type FlatFields, type HeaderList, noFields } from '../common/fields.ts'
import { checkPriority, defaultPriority, type Priority } from '../common/priority.ts'
import { isThenable } from '../common/thenable.ts'
import type { BodyChunk } from '../http/body.ts'
import { addDate } from '../http/date-field.ts'
import {
  type AnyResponseOptions,
  appendFields,
  type PreparedResponse,
  prepareBodiless,
  prepareInformational,
  preparePush,
  prepareResponse,
} from '../http/prepared-response.ts'
import { RequestHead } from '../http/request-head.ts'
import { refusalOf } from '../http/request-rules.ts'
import { RequestRefusal } from '../http/request-refusal.ts'
import type { PushOptions, ResponseOptions } from '../http/response-options.ts'
import { settleTrailers, type Trailers } from '../http/trailers.ts'
import type { Application } from './application.ts'
import { BodyPump } from './body-pump.ts'
import type { BodyTarget, BodyWriter } from './body-writer.ts'
import type { ConnectionInfo } from './connection-info.ts'
import { type Exchange, noExchange } from './exchange.ts'
import type { HttpStream } from './http-stream.ts'
import { RequestBody, type RequestBodyOwner } from './request-body.ts'
import { ServerTunnel, type TunnelTarget } from './server-tunnel.ts'
import type { PromisedStream, StreamCarrier } from './stream-carrier.ts'
import {
  bodyTooLarge,
  clientLeft,
  notConnect,
  pushOnPush,
  responseSent,
  streamClosed,
} from './stream-errors.ts'
import type { ResponseState, StreamLife } from './stream-state.ts'
import { readStreamStats, type StreamStats } from './stream-stats.ts'

/** A stream of a server: one request and one response, over either protocol. */
export class ServerStream
  implements HttpStream, BodyTarget, TunnelTarget, RequestBodyOwner, PromisedStream
{
  readonly carrier: StreamCarrier
  readonly id: number
  readonly request: RequestHead
  readonly isPushed: boolean
  readonly requestBody: RequestBody
  requestTrailers: FlatFields = noFields
  failure: HTTPError | undefined
  /** When a byte of the stream last moved, in the server's milliseconds. */
  movedAt: number
  /** Bytes of the response's body handed to the transport. Those of a short body count when its head is sent. */
  bytesSent = 0
  exchange: Exchange = noExchange
  #response: ResponseState = 'none'
  #life: StreamLife = 'open'
  /** The error code of a reset by the server. */
  #resetCode: number | undefined
  #writer: BodyWriter | undefined
  #tunnel: ServerTunnel | undefined
  #trailers: Trailers | undefined
  /** The response of a pushed stream, until its promise has been sent. */
  #promised: PreparedResponse | undefined
  #priority = defaultPriority
  #hasContinued = false

  constructor(carrier: StreamCarrier, id: number, request: RequestHead, isPushed: boolean) {
    this.carrier = carrier
    this.id = id
    this.request = request
    this.isPushed = isPushed
    this.movedAt = carrier.now
    this.requestBody = new RequestBody(this)
  }

  get connection(): ConnectionInfo {
    return this.carrier.info
  }

  get hasRequestBody(): boolean {
    return !this.requestBody.isComplete
  }

  get isResponded(): boolean {
    return this.#response !== 'none'
  }

  get isComplete(): boolean {
    return this.#response === 'complete'
  }

  get isClosed(): boolean {
    return this.#life === 'gone' || this.#life === 'closed'
  }

  get isReset(): boolean {
    return this.#resetCode !== undefined
  }

  get isTunnel(): boolean {
    return this.#tunnel !== undefined
  }

  /** The client waits for 100 before it sends its body. */
  get awaitsContinue(): boolean {
    return !this.#hasContinued && this.hasRequestBody && this.request.expectsContinue
  }

  /** The priority (RFC 9218); for a stream that is not open, the last known one. */
  get priority(): Priority {
    const { priorities } = this.carrier
    if (priorities && this.#isOpen) this.#priority = priorities.read(this.id)
    return this.#priority
  }

  /** Sets the priority of the response (RFC 9218 §8); the client can still change it. */
  set priority(given: Priority) {
    const priority = checkPriority(given)
    if (this.#isOpen) this.carrier.priorities?.change(this.id, priority)
    this.#priority = priority
  }

  get bufferedAmount(): number {
    return this.carrier.bufferedAmount(this.id)
  }

  /** The most bytes of the request's body; a tunnel has no limit. */
  get maxRequestBodySize(): number {
    const isEndless = this.isTunnel || this.request.method === 'CONNECT'
    return isEndless ? Infinity : this.carrier.maxRequestBodySize
  }

  /** Hands the request to the application, unless it is refused. */
  begin(application: Application): void {
    const mostBody = this.requestBody.isComplete ? Infinity : this.maxRequestBodySize
    const refusal = refusalOf(this.request, mostBody)
    if (refusal !== undefined) return this.#refuse({ status: refusal })
    try {
      this.exchange = application(this)
    } catch (error) {
      this.fail(error)
      return
    }
    this.requestBody.begin()
  }

  /** The request has more header fields, or trailer fields, than the limits allow (RFC 6585 §5). */
  refuse(): void {
    if (this.isClosed) return
    if (this.isResponded) this.reset(ErrorCode.ENHANCE_YOUR_CALM)
    else this.#refuse({ status: 431 })
  }

  refuseBody(): void {
    if (this.#life !== 'open') return
    this.failure = bodyTooLarge(this.id, this.maxRequestBodySize)
    this.reset(ErrorCode.ENHANCE_YOUR_CALM)
    this.#writer?.cancel(this.failure)
  }

  informational(status: number, headers: HeaderList = []): void {
    this.#assertUnanswered()
    const fields = prepareInformational(status, headers, this.id)
    if (status === 100 && this.#hasContinued) return
    this.carrier.sendInformational(this.id, fields)
    this.#hasContinued ||= status === 100
    this.carrier.flushSoon()
  }

  continue(): void {
    if (this.awaitsContinue && !this.isResponded && !this.isClosed) this.informational(100)
  }

  respond(options: AnyResponseOptions): void {
    this.#assertUnanswered()
    const { sendsDate } = this.carrier
    this.#send(prepareResponse(options, this.request.method, this.id, sendsDate))
  }

  /** Answers CONNECT with 200, Upgrade with 101, as a tunnel (RFC 9113 §8.5, RFC 8441, RFC 9110 §7.8). */
  accept(headers: HeaderList = [], exchangeOf?: (tunnel: ServerTunnel) => Exchange): ServerTunnel {
    this.#assertUnanswered()
    const { method, upgrade } = this.request
    if (method !== 'CONNECT' && upgrade === undefined) throw notConnect(this.id)
    const fields = prepareBodiless(200, headers)
    if (this.carrier.sendsDate) addDate(fields)
    this.carrier.sendHead(this.id, fields, noBytes, false, true)
    this.#response = 'tunnel'
    const tunnel = new ServerTunnel(this)
    this.#writer = this.#tunnel = tunnel
    if (exchangeOf) this.exchange = exchangeOf(tunnel)
    this.carrier.reporter.response(this, 200)
    this.carrier.flushSoon()
    return tunnel
  }

  write(chunk: BodyChunk): void {
    this.carrier.sendData(this.id, chunk, false)
    this.carrier.flushSoon()
  }

  endBody(): void {
    settleTrailers(
      this.#trailers,
      (trailers) => this.#end(trailers),
      (error) => this.fail(error),
    )
  }

  resume(): void {
    this.#writer?.resume()
  }

  push(
    options: PushOptions,
    exchangeOf: (stream: HttpStream) => Exchange,
  ): ServerStream | undefined {
    this.#assertUnanswered()
    if (this.isPushed) throw pushOnPush(this.id)
    const { sendsDate } = this.carrier
    const { fields, response } = preparePush(options, this.request, this.id, sendsDate)
    const stream = this.#promise(fields)
    if (!stream) {
      response.source?.cancel(undefined)
      return undefined
    }
    stream.#promised = response
    stream.#response = 'promised'
    try {
      stream.exchange = exchangeOf(stream)
    } catch (error) {
      stream.reset()
      throw error
    }
    return stream
  }

  #promise(fields: FlatFields): ServerStream | undefined {
    const { carrier } = this
    const id = carrier.pushes?.promise(this.id, fields)
    if (id === undefined) return undefined
    const stream = new ServerStream(carrier, id, new RequestHead(fields), true)
    stream.requestBody.isComplete = true
    carrier.pushes!.add(stream)
    carrier.flushSoon()
    return stream
  }

  answerPromised(): boolean {
    const response = this.#promised
    if (this.isClosed || !response) return true
    try {
      if (!this.#isOpen) return false
      this.#promised = undefined
      this.carrier.priorities?.change(this.id, this.#priority)
      this.#send(response)
    } catch (error) {
      this.fail(error)
    }
    return true
  }

  /** Ends the stream at once (RFC 9113 §6.4). Does not throw: if the reset fails, the connection ends. */
  reset(errorCode: number = ErrorCode.CANCEL): void {
    if (this.#life !== 'open') return
    this.#life = 'resetting'
    this.#resetCode = errorCode
    this.carrier.reset(this.id, errorCode)
  }

  fail(error: unknown): void {
    if (this.#life !== 'open') return
    if (error instanceof RequestRefusal && !this.isResponded) return this.#refuse(error.response)
    // Lack of memory is an error of the session. Without memory for RST_STREAM, the connection ends and reports it.
    const isOfSession = error instanceof HTTPError && error.code === 'NGHTTP2_ERR_NOMEM'
    if (!isOfSession) this.report(error)
    this.reset(ErrorCode.INTERNAL_ERROR)
    if (isOfSession && !this.carrier.hasFailed) this.report(error)
    this.#writer?.cancel(error)
  }

  /** A chunk of the body was transferred or made smaller before it was sent; the protocol has reset the stream. */
  bodyChanged(): void {
    this.report(bodyChangedError(this.id))
    if (this.#life === 'open') this.#life = 'resetting'
    this.#resetCode ??= ErrorCode.INTERNAL_ERROR
  }

  /** The protocol has closed the stream; `closed` follows once the records have been read. */
  gone(): void {
    if (this.#life !== 'closed') this.#life = 'gone'
  }

  /** The stream is over. Only the first call has an effect. */
  closed(errorCode: number): void {
    if (this.#life === 'closed') return
    this.#life = 'closed'
    this.requestBody.closed()
    this.#writer?.closed()
    const source = this.#writer ?? this.#promised?.source
    // An error is slow to make because of its stack, so none is made for a complete response.
    if (!this.isComplete) source?.cancel(clientLeft(this.id, errorCode))
    try {
      const result = this.exchange.onClose(errorCode)
      if (isThenable(result)) Promise.resolve(result).catch((error) => this.report(error))
    } catch (error) {
      this.report(error)
    }
  }

  report(error: unknown): void {
    this.carrier.reporter.handlerError(error, this.id)
  }

  stats(): StreamStats {
    return readStreamStats(this)
  }

  /** The client took bytes of the body. True: `pull` is to be called once the records have been read. */
  sent(length: number, buffered: number): boolean {
    this.bytesSent += length
    this.movedAt = this.carrier.now
    return this.#writer?.sent(buffered) ?? false
  }

  /** There is room for more of the body. */
  pull(): void {
    if (!this.isClosed) this.#writer?.run()
  }

  /** What the stream waits for from the client: more of its request, or room for more of the response. */
  get waitsFor(): 'request' | 'room' | undefined {
    if (this.isComplete || this.bufferedAmount > 0) return 'room'
    const { isComplete, isBlocked } = this.requestBody
    // Once the head of the response is sent, the handler decides how long the request may take.
    if (this.isResponded || isComplete || isBlocked || this.awaitsContinue) return undefined
    return this.carrier.windows?.isShut(this.id) ? undefined : 'request'
  }

  /** A promised stream is open once its promise has been sent. */
  get #isOpen(): boolean {
    return !this.isClosed && (!this.isPushed || this.carrier.pushes!.isSent(this.id))
  }

  /** Answers without a handler. */
  #refuse(response: ResponseOptions): void {
    try {
      this.respond(response)
    } catch (error) {
      this.fail(error)
    }
  }

  #assertUnanswered(): void {
    if (this.isResponded) throw responseSent(this.id)
    if (this.isClosed) throw streamClosed(this.id)
  }

  #send({ status, fields, hasContent, whole, source, trailers }: PreparedResponse): void {
    const { carrier } = this
    if (!hasContent) {
      this.#sendHead(fields, noBytes, true)
      source?.cancel(undefined)
    } else if (whole !== undefined && trailers === undefined) {
      this.#sendHead(fields, whole, true)
    } else {
      this.#sendHead(fields, noBytes, false)
      this.#trailers = trailers
      if (source) {
        this.#writer = new BodyPump(this, source)
        this.#writer.run()
      } else {
        if (whole!.length > 0) this.write(whole!)
        this.endBody()
      }
    }
    carrier.reporter.response(this, status)
    carrier.flushSoon()
  }

  #sendHead(fields: FlatFields, body: Uint8Array | string, isEnd: boolean): void {
    this.bytesSent += this.carrier.sendHead(this.id, fields, body, isEnd, false)
    this.#response = isEnd ? 'complete' : 'streaming'
  }

  #end(trailers: HeaderList | undefined): void {
    if (this.isClosed) return
    const fields = appendFields([], trailers)
    if (fields.length === 0) this.carrier.sendData(this.id, noBytes, true)
    else this.carrier.sendTrailers(this.id, fields)
    this.#response = 'complete'
    this.carrier.flushSoon()
  }
}
