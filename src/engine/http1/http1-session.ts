import { checkBytes, checkInteger, checkObject } from '../../common/arguments.ts'
import type { ByteOutput } from '../../common/byte-output.ts'
import { joined, noBytes } from '../../common/bytes.ts'
import { HTTPError } from '../../common/errors.ts'
import { type FlatFields, flatten, type HeaderList } from '../../common/fields.ts'
import { most32 } from '../../common/option-table.ts'
import { StreamMap } from '../../common/stream-map.ts'
import { type Handle, Io, Role } from '../abi.ts'
import { checkEngine, type Engine } from '../engine.ts'
import { forgetNoMore, freeWhenForgotten } from '../finalization.ts'
import { RecordReader } from '../records.ts'
import type { SessionSink } from '../sink.ts'
import type { HTTP1Event } from './events.ts'
import { HTTP1Collector } from './http1-collector.ts'
import { type HTTP1SessionOptions, resolveHTTP1Limits } from './http1-options.ts'
import { beginsWith, type KnownHead, KnownHeads } from './known-heads.ts'
import { checkStartLine, hasLength, takesTrailers } from './message-fields.ts'
import { MessageQueue } from './message-queue.ts'
import { type Framing, type MessageContext, MessageWriter, statusLine } from './message-writer.ts'
import { OutputCollector } from './output-collector.ts'

const asTheyAre = (bytes: Uint8Array): Uint8Array => bytes
const noBodies = new StreamMap<never>()

/** The rest of a message that is submitted, after its fields. */
export interface HTTP1MessageOptions {
  readonly body?: Uint8Array | string
  /** No more of the body follows. Default true. */
  readonly endStream?: boolean
}

/**
 * One side of a connection of HTTP/1.1 without input and output (RFC 9112): llhttp parses the peer's bytes, and
 * submitted messages are written as bytes. `HTTP1Session.server()` reads requests and writes responses, in the order of
 * the requests. `HTTP1Session.client()` writes requests and reads responses.
 */
export class HTTP1Session {
  readonly engine: Engine
  readonly isServer: boolean
  #handle: Handle
  readonly #records: RecordReader
  readonly #messages: MessageQueue = new MessageQueue()
  readonly #writer: MessageWriter
  #collector: HTTP1Collector | undefined
  #rest: Uint8Array | undefined
  /** How many of the next bytes are of a body, which the parser does not read. */
  #unread = 0
  /** No byte was received since the last message was complete. */
  #isAtRest = true
  readonly #heads: KnownHeads
  /** The last head, if it was kept because it may be repeated. */
  #known: KnownHead | undefined
  #failure: HTTPError | undefined
  /** The response that is being written is the last of the connection. */
  #isClosing = false

  private constructor(isServer: boolean, options: HTTP1SessionOptions) {
    const { engine, limits, isSecure = false, view } = checkObject('options', options)
    const { maxHeaderFields, maxHeaderListSize, maxTargetLength, maxChunkExtensions } =
      resolveHTTP1Limits(limits)
    this.isServer = isServer
    this.engine = checkEngine(engine)
    this.#writer = new MessageWriter(view ?? asTheyAre)
    const numbers = [maxHeaderFields, maxHeaderListSize, maxTargetLength, maxChunkExtensions]
    this.#heads = KnownHeads.of([isSecure, ...numbers].join())
    this.#handle = this.engine.exports.h1_session_new(
      isServer ? Role.server : Role.client,
      isSecure ? 1 : 0,
      Math.min(maxHeaderFields, most32),
      Math.min(maxHeaderListSize, most32),
      Math.min(maxTargetLength, most32),
      Math.min(maxChunkExtensions, most32),
    )
    if (this.#handle === 0) throw this.engine.noMemoryFor('another session of HTTP/1.1')
    freeWhenForgotten(this, { engine: this.engine, free: 'h1_session_del', handle: this.#handle })
    this.#records = new RecordReader(this.engine.memory, noBodies)
  }

  /** A session that reads requests. */
  static server(options: HTTP1SessionOptions = {}): HTTP1Session {
    return new HTTP1Session(true, options)
  }

  /** A session that reads responses. */
  static client(options: HTTP1SessionOptions = {}): HTTP1Session {
    return new HTTP1Session(false, options)
  }

  /** Why the session cannot go on, if it cannot. */
  get failure(): HTTPError | undefined {
    return this.#failure ?? this.engine.failure
  }

  /**
   * A message asks for another protocol (Upgrade, CONNECT). Parsing has stopped after the message, until `resume()`.
   */
  get isUpgrade(): boolean {
    return this.#messages.isUpgrade
  }

  /** No message is read any more: the last message of the connection has begun, or a message was refused. */
  get isOver(): boolean {
    return this.#messages.isOver
  }

  /** Bytes of messages that wait to be taken. */
  get bufferedAmount(): number {
    return this.#writer.output.length
  }

  /** The framing of the message that is being written. */
  get framing(): Framing {
    return this.#writer.framing
  }

  /** The connection ends with the message that is being written, or was written last. */
  get isClosing(): boolean {
    return this.#isClosing
  }

  // ---- input ----------------------------------------------------------------------------------

  /**
   * Takes received bytes and passes their events to `sink`. `data` of the sink gets views of `bytes`. Returns the bytes
   * that were not taken. Bytes are left when `mostMessages` are complete, and after a message with `isUpgrade`.
   */
  feed(
    bytes: Uint8Array,
    sink: SessionSink,
    mostMessages: number = most32,
  ): Uint8Array | undefined {
    const received = checkBytes('bytes', bytes)
    checkObject('sink', sink)
    checkInteger('mostMessages', mostMessages, 1, most32)
    const messages = this.#messages.begin(sink)
    let at = 0
    while (at < received.length && messages.completed < mostMessages && !messages.isUpgrade) {
      const skipped = this.#isAtRest ? this.#repeat(received, at, mostMessages) : 0
      at += skipped > 0 ? skipped : this.#parse(received, at, mostMessages)
    }
    return at < received.length ? received.subarray(at) : undefined
  }

  /** Parses bytes from `at` on. Returns how many were taken. */
  #parse(received: Uint8Array, at: number, mostMessages: number): number {
    const { exports, memory } = this.engine
    const messages = this.#messages
    const session = this.#live()
    const capacity = memory.io(Io.inputCapacity)
    const isWhole = at === 0 && received.length <= capacity
    const piece = isWhole ? received : received.subarray(at, at + capacity)
    const unread = Math.min(this.#unread, piece.length)
    if (unread < piece.length) {
      const input = memory.io(Io.input)
      memory.bytes.set(unread === 0 ? piece : piece.subarray(unread), input + unread)
    }
    const wasAtRest = this.#isAtRest
    const before = messages.completed
    const most = mostMessages - before
    const taken = exports.h1_session_receive(session, piece.length, most)
    this.#unread = memory.io(Io.inputUnread)
    this.#isAtRest = memory.io(Io.ending) === 1
    this.#tell(messages, piece)
    if (taken < 0) throw this.#fail(taken)
    if (wasAtRest && this.#isAtRest && this.isServer && messages.completed === before + 1) {
      const head = messages.plainHead
      if (head) this.#known = this.#heads.add(piece.subarray(0, taken), head.flags, head.fields)
    }
    return taken
  }

  /** Reports requests that repeat a known head, without parsing them. Returns the number of their bytes. */
  #repeat(received: Uint8Array, at: number, mostMessages: number): number {
    if (this.failure) return 0
    let known = this.#known
    if (!known || !beginsWith(received, at, known)) {
      known = at === 0 && this.isServer ? this.#heads.find(received) : undefined
      if (!known) return 0
      this.#known = known
    }
    const messages = this.#messages
    let next = at
    do {
      messages.repeat(known)
      next += known.bytes.length
    } while (messages.completed < mostMessages && beginsWith(received, next, known))
    return next - at
  }

  /** As `feed`, with an object for each event, and keeps the bytes that were not taken for the next call. */
  receive(bytes: Uint8Array): HTTP1Event[] {
    this.#collector ??= new HTTP1Collector()
    const waiting = this.#rest
    const all = waiting ? joined(waiting, checkBytes('bytes', bytes)) : bytes
    this.#rest = this.feed(all, this.#collector)
    return this.#collector.take()
  }

  /** Continues after a message that asked for another protocol, and that is answered over HTTP/1.1. */
  resume(): void {
    this.#messages.isUpgrade = false
  }

  /** The peer has ended its side. A body that ends with the connection is complete; another message is refused. */
  finish(sink: SessionSink): void {
    checkObject('sink', sink)
    const result = this.engine.exports.h1_session_finish(this.#live())
    this.#tell(this.#messages.begin(sink), noBytes)
    this.#messages.isOver = true
    if (result < 0) throw this.#fail(result)
  }

  /** As `finish`, with an object for each event. */
  finished(): HTTP1Event[] {
    this.#collector ??= new HTTP1Collector()
    this.finish(this.#collector)
    return this.#collector.take()
  }

  // ---- responses ------------------------------------------------------------------------------

  /** The current request is of HTTP/1.1: interim responses may be sent (RFC 9110 §15.2). */
  get takesInformational(): boolean {
    return this.#messages.current?.isHttp10 === false
  }

  /**
   * Submits a 1xx response to the current request (RFC 9110 §15.2); `headers` begin with `:status`. A client of
   * HTTP/1.0 gets none.
   */
  submitInformational(headers: HeaderList | FlatFields): void {
    const fields = flatten(headers, [])
    if (this.#current().isHttp10) return
    this.#writer.interim(Number(fields[1]), fields, 2)
  }

  /**
   * Submits the response to the current request; `headers` begin with `:status`. The framing follows from
   * `content-length` in `headers`, or from the request. `closes`: the connection ends with the response. Throws
   * `ERR_INVALID_STATE`, `ERR_INVALID_FIELD_NAME`, `ERR_INVALID_FIELD_VALUE`, `ERR_CONTENT_LENGTH`; nothing is written
   * then.
   */
  submitResponse(
    headers: HeaderList | FlatFields,
    { body = noBytes, endStream = true }: HTTP1MessageOptions = {},
    closes = false,
  ): void {
    this.respond(flatten(headers, []), body, endStream, closes)
  }

  /** As `submitResponse`, with fields that are flat already. */
  respond(fields: FlatFields, body: Uint8Array | string, isEnd: boolean, closes: boolean): void {
    const request = this.#current()
    const status = fields[1]!
    const isLast = closes || request.isLast || request.isConnect
    const isEmpty = request.isHead || status === '204' || status === '304'
    const mayClose = request.isHttp10
    const endsByClose = mayClose && !isEmpty && !isEnd && !hasLength(fields)
    const context: MessageContext = {
      isEmpty,
      takesChunks: !request.isHttp10,
      mayClose,
      connection: isLast || endsByClose ? 'close' : request.isHttp10 ? 'keep-alive' : '',
    }
    if (isEnd && !isEmpty && hasLength(fields)) this.#writer.whole(fields, context, body)
    else {
      const start = statusLine(Number(status))
      this.#writer.head(start, fields, 2, context, isEmpty ? noBytes : body, isEnd)
    }
    this.#isClosing ||= isLast || endsByClose
    if (isEnd) this.#messages.shift()
  }

  /** Submits a response without a request, or to a request that was refused. The connection ends with the response. */
  refuse(headers: HeaderList | FlatFields): void {
    const fields = flatten(headers, [])
    this.#writer.tunnel(Number(fields[1]), [...fields, 'connection', 'close'], 2)
    this.#isClosing = true
  }

  /** Opens a tunnel in answer to the current request: 101 to Upgrade, 200 to CONNECT. */
  submitTunnel(headers: HeaderList | FlatFields): void {
    this.#current()
    const fields = flatten(headers, [])
    this.#writer.tunnel(Number(fields[1]), fields, 2)
    this.#isClosing = true
  }

  /** Sends more of the body of the message that is being written. */
  sendData(chunk: Uint8Array, isEnd = false): void {
    this.#writer.data(checkBytes('chunk', chunk))
    if (isEnd) this.#end()
  }

  /**
   * Ends the message. Trailer fields are sent where the framing has a place for them and, on a server, the request asks
   * for them (RFC 9110 §6.5).
   */
  submitTrailers(headers: HeaderList | FlatFields): void {
    const takes = !this.isServer || takesTrailers(this.#current().fields)
    this.#end(takes ? flatten(headers, []) : undefined)
  }

  #end(trailers?: FlatFields): void {
    this.#writer.end(trailers)
    if (this.isServer) this.#messages.shift()
  }

  // ---- requests -------------------------------------------------------------------------------

  /**
   * Submits a request; `headers` begin with `:method`, `:authority` and `:path`. The next request is submitted once the
   * response has ended.
   */
  submitRequest(
    headers: HeaderList | FlatFields,
    { body = noBytes, endStream = true }: HTTP1MessageOptions = {},
  ): void {
    const fields = flatten(headers, [])
    const pseudo = new Map<string, string>()
    let first = 0
    for (; fields[first]?.startsWith(':'); first += 2)
      pseudo.set(fields[first]!, fields[first + 1]!)
    const method = pseudo.get(':method') ?? 'GET'
    const authority = pseudo.get(':authority') ?? ''
    const target = method === 'CONNECT' ? authority : (pseudo.get(':path') ?? '/')
    checkStartLine(method, target)
    const isEmpty = endStream && body.length === 0
    const context: MessageContext = { isEmpty, takesChunks: true, mayClose: false, connection: '' }
    const start = `${method} ${target} HTTP/1.1\r\n`
    this.#writer.head(
      start,
      ['host', authority, ...fields.slice(first)],
      0,
      context,
      body,
      endStream,
    )
    if (method === 'HEAD') this.engine.exports.h1_session_expect_bodiless(this.#live())
  }

  // ---- output ---------------------------------------------------------------------------------

  /** Writes all bytes that wait to `output`. False: `output` takes no more for now. */
  drain(output: ByteOutput): boolean {
    return this.#writer.output.drain(checkObject('output', output))
  }

  /** Returns all bytes that wait. */
  bytesToSend(): Uint8Array {
    const output = new OutputCollector()
    this.drain(output)
    return output.take()
  }

  /** Frees the session's memory. The session cannot be used afterwards (`ERR_SESSION_DISPOSED`). */
  dispose(): void {
    if (this.#handle === 0) return
    forgetNoMore(this)
    this.engine.release('h1_session_del', this.#handle)
    this.#handle = 0
    this.#writer.output.clear()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  #current(): NonNullable<MessageQueue['current']> {
    const { current } = this.#messages
    if (current) return current
    throw new HTTPError('ERR_INVALID_STATE', 'there is no request to answer: wait for one')
  }

  #live(): Handle {
    if (this.#handle === 0) {
      throw new HTTPError('ERR_SESSION_DISPOSED', 'the session was disposed of: make a new one')
    }
    if (this.#failure) throw this.#failure
    return this.#handle
  }

  /** Reads the records. When the sink throws, records are lost: this session cannot go on, others can. */
  #tell(messages: MessageQueue, chunk: Uint8Array): void {
    try {
      this.#records.read(messages, chunk)
    } catch (cause) {
      this.engine.exports.nw_strings_clear()
      this.#failure = new HTTPError('ERR_SINK_FAILED', 'the sink of the session threw', { cause })
      throw cause
    }
  }

  #fail(result: number): HTTPError {
    this.#failure = this.engine.error(result, 'the session of HTTP/1.1 cannot go on')
    return this.#failure
  }
}
