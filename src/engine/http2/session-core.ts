import { Ask, type Handle, Io, type Result } from '../abi.ts'
import type { ByteOutput } from '../../common/byte-output.ts'
import { noBytes } from '../../common/bytes.ts'
import {
  checkBytes,
  checkInteger,
  checkObject,
  checkStreamId,
  checkTime,
  invalidArgument,
} from '../../common/arguments.ts'
import { checkEngine, type Engine } from '../engine.ts'
import { type ErrorPlace, ErrorCode, HTTPError } from '../../common/errors.ts'
import type { FlatFields } from '../../common/fields.ts'
import { forgetNoMore, freeWhenForgotten } from '../finalization.ts'
import { copyFrames, UNKNOWN } from './input.ts'
import { checkMessage, type MessageKind } from './message-rules.ts'
import { most32 } from '../../common/option-table.ts'
import type { OutgoingBody } from './outgoing.ts'
import { RecordReader } from '../records.ts'
import { resolveSessionNumbers, type SessionOptions, writeConfig } from './session-options.ts'
import { SettingsDeadlines } from './settings-deadlines.ts'
import { bytesOf, settingsToWords } from './settings.ts'
import type { SessionSink } from '../sink.ts'
import { spliceBodies } from './splices.ts'
import { StreamMap } from '../../common/stream-map.ts'
import { goawayCode, goawayFrame } from './frames.ts'

/** A result from here on downwards ends the session (NGHTTP2_ERR_FATAL). */
const FATAL = -900
/** The largest i32. */
const mostBytes = 0x7fff_ffff
/** SETTINGS_ENABLE_PUSH is 0 (RFC 9113 §6.5.2). */
const pushIsOff = [0x2, 0]
const asTheyAre = (bytes: Uint8Array): Uint8Array => bytes

/**
 * The part of a session for input (`feed`), output (`drain`), time and the end. `Session` adds the frames that an
 * application submits.
 */
export class SessionCore {
  readonly engine: Engine
  readonly isServer: boolean
  protected handle: Handle
  protected readonly view: (bytes: Uint8Array) => Uint8Array
  protected readonly bodies: StreamMap<OutgoingBody> = new StreamMap()
  readonly #records: RecordReader
  readonly #settingsDeadlines: SettingsDeadlines
  readonly #connectionWindowSize: number
  protected readonly enforcesMessaging: boolean
  #now: number
  /** How many of the next bytes are the payload of a DATA frame. */
  #unread = UNKNOWN
  #isEnding = false
  #endingCode: number = ErrorCode.NO_ERROR
  #failure: HTTPError | undefined
  /** Streams whose bodies have lost bytes. Each is reset once the output with the zeros has been written. */
  readonly #changed: number[] = []
  /** The session has failed, and the engine's own GOAWAY was sent or cannot be sent. */
  #hasSaidGoodbye = false

  protected constructor(isServer: boolean, options: SessionOptions) {
    checkObject('options', options)
    const { connectionWindowSize, settingsTimeout } = resolveSessionNumbers(options)
    this.isServer = isServer
    this.engine = checkEngine(options.engine)
    this.view = options.view ?? asTheyAre
    const { now = 0 } = options
    this.#now = checkTime('now', now)
    this.#settingsDeadlines = new SettingsDeadlines(settingsTimeout)
    this.enforcesMessaging = options.enforceMessaging !== false
    this.#connectionWindowSize = connectionWindowSize
    writeConfig(this.engine, isServer, options)
    this.handle = this.engine.exports.h2_session_new()
    if (this.handle === 0) throw this.engine.noMemoryFor('another HTTP/2 session')
    const { engine, handle } = this
    freeWhenForgotten(this, { engine, free: 'h2_session_del', handle })
    this.#records = new RecordReader(this.engine.memory, this.bodies)
  }

  /** The error with which the session has failed, if it has. */
  get failure(): HTTPError | undefined {
    return this.#failure ?? this.engine.failure
  }

  /** The session has failed, or a GOAWAY that ends it is queued or sent. Responses would not be sent any more. */
  get isEnding(): boolean {
    return this.#isEnding || this.failure !== undefined
  }

  /** The error code of a GOAWAY that ends the session and waits to be sent; NO_ERROR: none waits. */
  get endingCode(): number {
    return this.#endingCode
  }

  /** The time that was passed in last, in milliseconds. */
  get now(): number {
    return this.#now
  }

  /**
   * The session expects bytes from the peer. When neither `wantRead` nor `wantWrite` is true, the connection can be
   * closed.
   */
  get wantRead(): boolean {
    return !this.failure && this.ask(Ask.wantRead) === 1
  }

  /** The session has bytes for the peer. */
  get wantWrite(): boolean {
    return this.failure ? !this.#hasSaidGoodbye : this.ask(Ask.wantWrite) === 1
  }

  /**
   * Takes received bytes and reports their events to `sink`. `data` of the sink gets views of `bytes`. Returns the
   * bytes that were not taken. Bytes are left when `mostRequests` have begun, so that these can be answered first. When
   * the session cannot go on, it has a `failure`; the events before it have been reported.
   */
  feed(
    bytes: Uint8Array,
    sink: SessionSink,
    now: number = this.#now,
    mostRequests: number = most32,
  ): Uint8Array | undefined {
    const received = checkBytes('bytes', bytes)
    checkObject('sink', sink)
    checkInteger('mostRequests', mostRequests, 0, most32)
    this.#now = checkTime('now', now)
    try {
      return this.#feed(received, sink, now, mostRequests)
    } catch (error) {
      this.#trapped(error)
      return undefined
    }
  }

  #feed(
    bytes: Uint8Array,
    sink: SessionSink,
    now: number,
    mostRequests: number,
  ): Uint8Array | undefined {
    const { exports, memory } = this.engine
    let at = 0
    do {
      if (this.failure) return undefined
      const session = this.live()
      const capacity = memory.io(Io.inputCapacity)
      const piece = bytes.length <= capacity ? bytes : bytes.subarray(at, at + capacity)
      copyFrames(piece, memory.bytes, memory.io(Io.input), this.#unread)
      const taken = exports.h2_session_receive(session, piece.length, now >>> 0, mostRequests)
      this.#unread = memory.io(Io.inputUnread)
      this.#isEnding = memory.io(Io.ending) === 1
      this.#endingCode = memory.io(Io.endingCode)
      this.#tell(sink, piece)
      if (taken < 0) {
        this.#fail(taken)
        return undefined
      }
      at += taken
      if (taken < piece.length) return bytes.subarray(at)
    } while (at < bytes.length)
    return undefined
  }

  /**
   * Writes the bytes to send to `output`, about `most` at a time, until there are none or `output` asks for a pause.
   * Streams may close meanwhile, which is reported to `sink`. Returns the error when the session cannot go on.
   */
  drain(
    output: ByteOutput,
    sink: SessionSink,
    most = 0x100000,
    now: number = this.#now,
  ): HTTPError | undefined {
    checkObject('output', output)
    checkObject('sink', sink)
    checkInteger('most', most, 0, mostBytes)
    this.#now = checkTime('now', now)
    try {
      return this.#drain(output, sink, most, now)
    } catch (error) {
      const failure = this.#trapped(error)
      this.#sendLastWords(output)
      return failure
    }
  }

  #drain(output: ByteOutput, sink: SessionSink, most: number, now: number): HTTPError | undefined {
    const { exports, memory } = this.engine
    for (;;) {
      if (this.failure) {
        this.#sendLastWords(output)
        return this.failure
      }
      const result = exports.h2_session_send(this.live(), most, now >>> 0)
      const start = memory.io(Io.output)
      const end = start + memory.io(Io.outputLength)
      const isMore = memory.io(Io.outputMore) === 1
      const spliced = memory.io(Io.spliceCount) > 0 ? this.#splice(start, end, sink) : undefined
      // The records are read before the output is written, because it may be the input of another session of this
      // engine.
      this.#tell(sink, noBytes)
      if (result < 0) this.#fail(result)
      let hasRoom = true
      if (spliced) hasRoom = this.#writev(output, spliced)
      else if (end > start) hasRoom = this.#write(output, memory.bytes.subarray(start, end))
      if (result < 0) continue
      if (this.#changed.length > 0) this.#resetChanged()
      else if (!isMore) return undefined
      if (!hasRoom) return undefined
    }
  }

  /** When to call `handleTimeout`, in milliseconds of the clock; `undefined`: there is no deadline. */
  nextTimeout(): number | undefined {
    return this.#settingsDeadlines.next
  }

  /** Ends the session with SETTINGS_TIMEOUT if the peer has not acknowledged in time (RFC 9113 §6.5.3). */
  handleTimeout(now: number): void {
    this.#now = checkTime('now', now)
    const deadline = this.nextTimeout()
    if (deadline === undefined || now < deadline) return
    this.#settingsDeadlines.clear()
    this.check(
      this.engine.exports.h2_session_terminate(this.live(), ErrorCode.SETTINGS_TIMEOUT),
      'SETTINGS_TIMEOUT',
    )
  }

  /** SETTINGS were acknowledged. Called by the owner of the sink. */
  settingsAcknowledged(): void {
    this.#settingsDeadlines.acknowledged()
  }

  /**
   * Ends the session, for an owner that cannot go on with it. The session has this failure from now on, and `drain`
   * writes only a GOAWAY with the error's `errorCode` (INTERNAL_ERROR without one).
   */
  abandon(error: HTTPError): void {
    if (!(error instanceof HTTPError)) throw invalidArgument('error', 'an HTTPError', error)
    this.#failure ??= error
  }

  /** Frees the session's memory. The session cannot be used afterwards (`ERR_SESSION_DISPOSED`). */
  dispose(): void {
    if (this.handle === 0) return
    forgetNoMore(this)
    this.engine.release('h2_session_del', this.handle)
    this.handle = 0
    this.bodies.clear()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** Bytes of the stream's body that have not been handed to the connection yet. */
  bufferedAmount(streamId: number): number {
    return this.bodies.get(checkStreamId(streamId))?.length ?? 0
  }

  /** A stream has closed: drops its body. Called by the owner of the sink. */
  forgetBody(streamId: number): void {
    this.bodies.delete(checkStreamId(streamId))
  }

  protected submitSettingsWords(words: readonly number[]): void {
    this.engine.writeScratch(bytesOf(words))
    const result = this.engine.exports.h2_submit_settings(this.live(), words.length >> 1)
    this.check(result, 'SETTINGS')
    this.#settingsDeadlines.add(this.#now)
  }

  /** Submits the first frames of a new session. If that fails, the session is disposed of. */
  protected begin(options: SessionOptions): void {
    try {
      const { settings } = options
      const words = settingsToWords(settings === undefined ? {} : settings)
      // Pushes are off by default, because a client that is not made for them would leave them unread.
      if (!this.isServer && settings?.enablePush === undefined) words.push(...pushIsOff)
      this.submitSettingsWords(words)
      const window = this.#connectionWindowSize
      this.check(this.engine.exports.h2_set_local_window(this.handle, 0, window), 'window size')
    } catch (error) {
      this.dispose()
      throw error
    }
  }

  /** The handle, or the reason why there is none. */
  protected live(): Handle {
    if (this.handle === 0) {
      throw new HTTPError('ERR_SESSION_DISPOSED', 'the session was disposed of: make a new one')
    }
    if (this.#failure) throw this.#failure
    return this.handle
  }

  protected ask(question: number, argument = 0): number {
    return this.engine.exports.h2_session_ask(this.live(), question, argument)
  }

  /** Throws `ERR_INVALID_MESSAGE`, unless `enforceMessaging` is off. */
  protected checkMessage(kind: MessageKind, fields: FlatFields): void {
    if (this.enforcesMessaging) checkMessage(kind, fields)
  }

  /** Returns a result that is not negative; throws the error for a negative result. */
  protected check(result: Result, what: string, place?: ErrorPlace): Result {
    if (result < 0) throw this.engine.error(result, what, place)
    return result
  }

  /** The output is copied once, because it is borrowed. */
  #splice(start: number, end: number, sink: SessionSink): Uint8Array[] {
    const { memory } = this.engine
    const output = this.view(memory.bytes.slice(start, end))
    return spliceBodies(memory, output, this.bodies, sink, this.#changed)
  }

  #resetChanged(): void {
    for (const streamId of this.#changed) {
      const { INTERNAL_ERROR } = ErrorCode
      // A stream that has ended does not exist any more; its RST_STREAM is in the output.
      const result = this.engine.exports.h2_submit_rst_stream(this.live(), streamId, INTERNAL_ERROR)
      if (result <= FATAL) this.#fail(result)
    }
    this.#changed.length = 0
  }

  #write(output: ByteOutput, bytes: Uint8Array): boolean {
    try {
      return output.write(bytes)
    } catch (cause) {
      throw this.#outputFailed(cause)
    }
  }

  #writev(output: ByteOutput, chunks: readonly Uint8Array[]): boolean {
    try {
      return output.writev(chunks)
    } catch (cause) {
      throw this.#outputFailed(cause)
    }
  }

  /** Bytes have left the session and were not sent. The peer would misread the bytes that follow. */
  #outputFailed(cause: unknown): HTTPError {
    this.#hasSaidGoodbye = true
    this.#failure = new HTTPError(
      'ERR_OUTPUT_FAILED',
      'the output of the session threw and bytes were lost: close the connection',
      { cause },
    )
    return this.#failure
  }

  /** Reads the records. When the sink throws, records are lost: this session cannot go on, others can. */
  #tell(sink: SessionSink, chunk: Uint8Array): void {
    try {
      this.#records.read(sink, chunk)
    } catch (cause) {
      this.engine.exports.nw_strings_clear()
      this.#failure = new HTTPError('ERR_SINK_FAILED', 'the sink of the session threw', { cause })
      throw cause
    }
  }

  /** Returns the error of a trap, which is the session's failure; throws other errors again. */
  #trapped(error: unknown): HTTPError {
    if (error instanceof HTTPError && error === this.engine.failure) return error
    throw error
  }

  #fail(result: Result): HTTPError {
    const { code, message } = this.engine.error(result, 'the HTTP/2 session cannot go on')
    this.#failure = new HTTPError(code, message, { errno: result, errorCode: goawayCode(code) })
    return this.#failure
  }

  #sendLastWords(output: ByteOutput): void {
    if (this.#hasSaidGoodbye) return
    this.#hasSaidGoodbye = true
    const errorCode = this.failure?.errorCode ?? ErrorCode.INTERNAL_ERROR
    this.#writev(output, [goawayFrame(this.#lastProcessedStream(), errorCode)])
  }

  /**
   * The last processed stream. Where the session cannot be asked, the highest: any request may have been processed (RFC
   * 9113 §6.8).
   */
  #lastProcessedStream(): number {
    if (this.engine.failure || this.handle === 0) return 0x7fff_ffff
    return this.engine.exports.h2_session_ask(this.handle, Ask.lastProcessedStream, 0)
  }
}
