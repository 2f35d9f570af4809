import { Body, Io, type Pointer, type Result } from '../abi.ts'
import {
  checkBoolean,
  checkBytes,
  checkErrorCode,
  checkObject,
  checkStreamId,
  checkTextOrBytes,
  invalidArgument,
} from '../../common/arguments.ts'
import { concat } from '../../common/bytes.ts'
import { ErrorCode } from '../../common/errors.ts'
import { EventCollector } from './event-collector.ts'
import type { SessionEvent } from './events.ts'
import { type FlatFields, type HeaderList, flatten } from '../../common/fields.ts'
import type { MessageKind } from './message-rules.ts'
import { OutgoingBody } from './outgoing.ts'
import { SessionControl } from './session-control.ts'
import type { SessionOptions } from './session-options.ts'

const encoder = new TextEncoder()

/** The rest of a request or a response, after its header fields. */
export interface MessageOptions {
  /** The body, or its first bytes. Kept by reference: do not change it until the stream has closed. */
  readonly body?: Uint8Array
  /** `body` is complete. Default true; `false`: `sendData()` sends more. */
  readonly endStream?: boolean
  /** A tunnel (CONNECT): END_STREAM does not ask the peer to stop. */
  readonly halfClose?: boolean
}

/** Bodies up to this many bytes cross into linear memory with their header fields (law 3 of the engine). */
export const heldBody = 4096
/** Pieces of up to this many bytes also cross into linear memory, while no other bytes of the body wait. */
const heldPiece = 1024

/**
 * One HTTP/2 connection without input and output: bytes in, events out; verbs in, bytes out.
 *
 * ```ts
 * const session = Session.server({ settings: { maxConcurrentStreams: 100 } })
 * for (const event of session.receive(bytes)) { … }
 * socket.write(session.bytesToSend())
 * ```
 *
 * Call `bytesToSend()` after each `receive()` and after each group of verbs. Verbs throw `HTTPError`. Errors of the
 * peer are events, and do not throw.
 */
export class Session extends SessionControl {
  readonly #events: EventCollector = new EventCollector((errno) => {
    const { exports, memory } = this.engine
    return memory.readCString(exports.nw_strerror(errno))
  })

  /** The server's end of a connection. Throws `NGHTTP2_ERR_NOMEM`, `ERR_INVALID_SETTING`. */
  static server(options: SessionOptions = {}): Session {
    return new Session(true, options)
  }

  /** The client's end. `bytesToSend()` starts with the connection preface. */
  static client(options: SessionOptions = {}): Session {
    return new Session(false, options)
  }

  private constructor(isServer: boolean, options: SessionOptions) {
    super(isServer, options)
    this.begin(options)
  }

  // ---- bytes ----------------------------------------------------------------------------------

  /**
   * Parses received bytes, cut at any place, and returns their events. Does not throw for what a peer sends: if the
   * session fails, the last event is `SessionFailed`.
   */
  receive(bytes: Uint8Array, now?: number): SessionEvent[] {
    this.feed(bytes, this.#events, now)
    if (this.failure) this.#events.add({ type: 'SessionFailed', error: this.failure })
    return this.events()
  }

  /** The events since the last `receive()` or `events()`, for example of streams that closed with their last bytes. */
  events(): SessionEvent[] {
    const events = this.#events.take()
    for (const event of events) {
      if (event.type === 'StreamClosed') this.forgetBody(event.streamId)
      else if (event.type === 'SettingsAcknowledged') this.settingsAcknowledged()
    }
    return events
  }

  /** The bytes to send, in a new array; empty when there are none. `most`: about how many at a time. */
  bytesToSend(most?: number, now?: number): Uint8Array {
    const chunks: Uint8Array[] = []
    const hasRoom = most === undefined
    this.drain(
      {
        write: (bytes) => (chunks.push(bytes.slice()), hasRoom),
        writev: (pieces) => (chunks.push(...pieces), hasRoom),
      },
      this.#events,
      most,
      now,
    )
    return concat(chunks)
  }

  // ---- messages -------------------------------------------------------------------------------

  /** Opens a stream with a request; `headers` begin with the pseudo-header fields. Returns the stream's identifier. */
  submitRequest(headers: HeaderList, options: MessageOptions = {}): number {
    return this.#submitMessage(undefined, flatten(headers), options)
  }

  /** Answers a request; `headers` begin with `:status`. */
  submitResponse(streamId: number, headers: HeaderList, options: MessageOptions = {}): void {
    this.#submitMessage(checkStreamId(streamId), flatten(headers), options)
  }

  /**
   * As `submitResponse`, for flat fields and a complete body of at most `heldBody` bytes, or of as many characters. The
   * fastest path.
   */
  submitShortResponse(streamId: number, fields: FlatFields, given: Uint8Array | string): void {
    const { exports, fields: writer, memory } = this.engine
    checkStreamId(streamId)
    const body = checkTextOrBytes('body', given)
    const session = this.live()
    const isText = typeof body === 'string'
    const size = isText ? 3 * body.length : body.length
    const at = this.#findResponse(fields, size) || this.#writeResponse(fields, size)
    const length = isText ? memory.writeUtf8(body, at) : body.length
    if (!isText) memory.bytes.set(body, at)
    const flags = length === 0 ? Body.none : Body.held
    const count = fields.length >> 1
    const result = exports.h2_submit_response(
      session,
      streamId,
      writer.array,
      count,
      flags,
      at,
      length,
    )
    if (result < 0) this.check(result, 'response', { streamId })
  }

  /** `submitResponse` for names and values in turn. */
  submitResponseFields(streamId: number, fields: FlatFields, options: MessageOptions): void {
    this.#submitMessage(checkStreamId(streamId), fields, options)
  }

  /** Submits a 1xx response before the final response (RFC 9110 §15.2); `headers` begin with `:status`. */
  submitInformational(streamId: number, headers: HeaderList): void {
    const id = checkStreamId(streamId)
    const count = this.#writeFields('informational response', flatten(headers))
    const result = this.engine.exports.h2_submit_informational(this.live(), id, count)
    this.check(result, 'informational response', { streamId })
  }

  /**
   * Sends more of a body, whose message was submitted with `endStream: false`. A text is sent as UTF-8. Bytes are kept
   * by reference until they are sent; `bufferedAmount(streamId)` gives the number of bytes that wait.
   */
  sendData(streamId: number, given: Uint8Array | string, endStream = false): void {
    checkStreamId(streamId)
    const chunk = checkTextOrBytes('chunk', given)
    checkBoolean('endStream', endStream)
    const { exports } = this.engine
    const session = this.live()
    const last = endStream ? 1 : 0
    const waiting = this.bodies.get(streamId)
    let bytes: Uint8Array | undefined
    let length: number
    let result: Result
    if (isPiece(chunk.length, waiting)) {
      length = this.#writePiece(chunk)
      result = exports.h2_stream_push(session, streamId, length, last)
    } else {
      bytes = typeof chunk === 'string' ? encoder.encode(chunk) : chunk
      length = bytes.length
      result = exports.h2_stream_credit(session, streamId, length, last)
    }
    if (result < 0) this.check(result, 'no body can be sent', { streamId })
    if (length === 0) return
    const body = waiting ?? this.#newBody(streamId)
    if (bytes) body.push(bytes, this.view)
    else body.length += length
  }

  /** Submits trailer fields, which end the stream after the buffered bytes of its body (RFC 9113 §8.1). */
  submitTrailers(streamId: number, headers: HeaderList): void {
    const id = checkStreamId(streamId)
    const count = this.#writeFields('trailers', flatten(headers))
    const result = this.engine.exports.h2_submit_trailers(this.live(), id, count)
    this.check(result, 'trailers', { streamId })
  }

  /**
   * Promises the response to the request in `headers` on the stream `streamId`. Returns the identifier of the promised
   * stream, which is to be answered with `submitResponse`. Throws `NGHTTP2_ERR_PUSH_DISABLED` when the client does not
   * take pushes.
   */
  submitPushPromise(streamId: number, headers: HeaderList): number {
    const id = checkStreamId(streamId)
    const count = this.#writeFields('request', flatten(headers))
    const result = this.engine.exports.h2_submit_push_promise(this.live(), id, count)
    return this.check(result, 'push promise', { streamId })
  }

  /** Resets a stream; its queued frames are dropped (RFC 9113 §6.4). */
  submitRstStream(streamId: number, errorCode: number = ErrorCode.CANCEL): void {
    const id = checkStreamId(streamId)
    const code = checkErrorCode(errorCode)
    const result = this.engine.exports.h2_submit_rst_stream(this.live(), id, code)
    this.check(result, 'RST_STREAM', { streamId })
  }

  // ---- inside ---------------------------------------------------------------------------------

  /** Copies a short body to scratch; returns its length in bytes. */
  #writePiece(piece: Uint8Array | string): number {
    const { memory } = this.engine
    const scratch = memory.io(Io.scratch)
    if (typeof piece === 'string') return memory.writeUtf8(piece, scratch)
    memory.bytes.set(piece, scratch)
    return piece.length
  }

  /** The kept list is not checked: it was checked when it was offered. */
  #findResponse(fields: FlatFields, size: number): Pointer {
    return this.enforcesMessaging ? this.engine.fields.find(fields, size) : 0
  }

  #writeResponse(fields: FlatFields, size: number): Pointer {
    const { fields: writer } = this.engine
    const at = writer.write(fields, size)
    this.checkMessage('response', fields)
    if (this.enforcesMessaging) writer.offer(fields)
    return at
  }

  #writeFields(kind: MessageKind, fields: FlatFields): number {
    this.engine.fields.write(fields, 0)
    this.checkMessage(kind, fields)
    return fields.length >> 1
  }

  /** A request when there is no stream yet, else a response. */
  #submitMessage(
    streamId: number | undefined,
    fields: FlatFields,
    options: MessageOptions,
  ): number {
    const { engine } = this
    const { body: given, endStream, halfClose } = checkObject('options', options)
    const body = given === undefined ? undefined : checkBytes('options.body', given)
    const session = this.live()
    const hasBody = body !== undefined && body.length > 0
    const isWhole = isTrueUnlessSaid('options.endStream', endStream)
    const held = hasBody && isWhole && body.length <= heldBody ? body : undefined
    const flags =
      (held ? Body.held : hasBody || !isWhole ? Body.credit : Body.none) |
      (halfClose !== undefined && checkBoolean('options.halfClose', halfClose) ? Body.halfClose : 0)
    const length = held ? held.length : 0
    const at = engine.fields.write(fields, length)
    this.checkMessage(streamId === undefined ? 'request' : 'response', fields)
    if (held) engine.memory.bytes.set(held, at)
    const count = fields.length >> 1
    const { h2_submit_request, h2_submit_response } = engine.exports
    const result =
      streamId === undefined
        ? h2_submit_request(session, count, flags, at, length)
        : h2_submit_response(session, streamId, engine.fields.array, count, flags, at, length)
    this.check(
      result,
      streamId === undefined ? 'request' : 'response',
      streamId ? { streamId } : {},
    )
    const id = streamId ?? result
    if ((flags & Body.credit) !== 0) this.bodies.delete(id) // the body of a message that was not sent
    if (hasBody && !held) this.sendData(id, body, isWhole)
    return id
  }

  #newBody(streamId: number): OutgoingBody {
    const body = new OutgoingBody()
    this.bodies.set(streamId, body)
    return body
  }
}

/** A boolean option whose default is true; throws `ERR_INVALID_ARGUMENT` for another type. */
function isTrueUnlessSaid(name: string, value: boolean | undefined): boolean {
  if (value === undefined || typeof value === 'boolean') return value !== false
  throw invalidArgument(name, 'a boolean', value)
}

/**
 * Whether `length` more bytes of a body are copied to linear memory: these bytes and those that wait there are few, and
 * no bytes wait in JavaScript.
 */
function isPiece(length: number, waiting: OutgoingBody | undefined): boolean {
  if (length === 0 || length > heldPiece) return false
  return waiting === undefined || (!waiting.hasChunks && waiting.length + length <= heldPiece)
}
