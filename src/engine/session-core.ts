import { Ask, type Handle, Io, type Result } from './abi.ts'
import { Engine } from './engine.ts'
import { type ErrorPlace, ErrorCode, HTTP2Error } from './errors.ts'
import { copyFrames, UNKNOWN } from './input.ts'
import type { OutgoingBody } from './outgoing.ts'
import { RecordReader } from './records.ts'
import { type SessionOptions, writeConfig } from './session-options.ts'
import { bytesOf, settingsToWords } from './settings.ts'
import type { SessionSink } from './sink.ts'
import { StreamMap } from './stream-map.ts'

/** Where a session's bytes go. */
export interface ByteOutput {
  /** `bytes` are borrowed: overwritten after the call. `false`: enough for now. */
  write(bytes: Uint8Array): boolean
  /** Chunks that nobody will change any more. `false`: enough for now. */
  writev(chunks: readonly Uint8Array[]): boolean
}

/** A session that nobody disposed of returns its memory when it is collected. */
const forgotten = new FinalizationRegistry(
  ({ engine, handle }: { engine: Engine; handle: Handle }) => {
    engine.release('h2_session_del', handle)
  },
)

const noBytes = new Uint8Array(0)
const asTheyAre = (bytes: Uint8Array): Uint8Array => bytes

/**
 * What drives a session: bytes in (`feed`), bytes out (`drain`), time, its end. `Session` adds what
 * can be said to the peer.
 */
export class SessionCore {
  readonly engine: Engine
  readonly isServer: boolean
  protected handle: Handle
  protected readonly view: (bytes: Uint8Array) => Uint8Array
  protected readonly bodies: StreamMap<OutgoingBody> = new StreamMap()
  readonly #records: RecordReader
  readonly #settingsTimeout: number
  /** When each SETTINGS frame that was not acknowledged yet must have been. */
  readonly #settingsDeadlines: number[] = []
  #now: number
  /** Of what comes next, so many bytes are the payload of a DATA frame. */
  #unread = UNKNOWN
  #failure: HTTP2Error | undefined
  /** A GOAWAY of our own making, for when nghttp2 cannot make one any more. */
  #lastWords: Uint8Array = noBytes

  protected constructor(isServer: boolean, options: SessionOptions) {
    this.isServer = isServer
    this.engine = options.engine ?? Engine.shared()
    this.view = options.view ?? asTheyAre
    this.#now = options.now ?? 0
    this.#settingsTimeout = options.settingsTimeout ?? 10_000
    writeConfig(this.engine, isServer, options)
    this.handle = this.engine.exports.h2_session_new()
    if (this.handle === 0) {
      throw new HTTP2Error('NGHTTP2_ERR_NOMEM', 'no memory for another HTTP/2 session')
    }
    forgotten.register(this, { engine: this.engine, handle: this.handle }, this)
    this.#records = new RecordReader(this.engine.memory, this.bodies)
  }

  /** Why the session cannot go on, if it cannot. */
  get failure(): HTTP2Error | undefined {
    return this.#failure ?? this.engine.failure
  }

  /** The time last passed in, in milliseconds. */
  get now(): number {
    return this.#now
  }

  /** The session expects bytes from the peer. When neither is true, the connection can be closed. */
  get wantRead(): boolean {
    return !this.failure && this.ask(Ask.wantRead) === 1
  }

  /** The session has bytes for the peer. */
  get wantWrite(): boolean {
    return this.failure ? this.#lastWords.length > 0 : this.ask(Ask.wantWrite) === 1
  }

  /**
   * Takes received bytes and tells `sink` what they meant. `data` of the sink gets parts of `bytes` itself. Returns those
   * not taken yet: they are left when `mostRequests` have begun, so that these can be answered first. When the
   * session cannot go on, it has a `failure`; the sink has then been told what came before it.
   */
  feed(
    bytes: Uint8Array,
    sink: SessionSink,
    now: number = this.#now,
    mostRequests = 0xffff_ffff,
  ): Uint8Array | undefined {
    this.#now = now
    try {
      return this.#feed(bytes, sink, now, mostRequests)
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
   * Gives `output` the bytes to send, about `most` at a time, until there are none or `output` has enough; streams
   * may close on the way, which `sink` is told. Returns the error when the session cannot go on.
   */
  drain(
    output: ByteOutput,
    sink: SessionSink,
    most = 0x100000,
    now: number = this.#now,
  ): HTTP2Error | undefined {
    this.#now = now
    try {
      return this.#drain(output, sink, most, now)
    } catch (error) {
      return this.#trapped(error)
    }
  }

  #drain(output: ByteOutput, sink: SessionSink, most: number, now: number): HTTP2Error | undefined {
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
      // Before the output, which may be the input of another session of this engine.
      this.#tell(sink, noBytes)
      if (result < 0) this.#fail(result)
      let hasRoom = true
      if (spliced) hasRoom = output.writev(spliced)
      else if (end > start) hasRoom = output.write(memory.bytes.subarray(start, end))
      if (result >= 0 && !(isMore && hasRoom)) return undefined
    }
  }

  /** When `handleTimeout` wants to be called, in the clock's milliseconds; `undefined`: no need. */
  nextTimeout(): number | undefined {
    return this.#settingsDeadlines[0]
  }

  /** Ends the session with SETTINGS_TIMEOUT if the peer has not acknowledged in time (RFC 9113 §6.5.3). */
  handleTimeout(now: number): void {
    this.#now = now
    const deadline = this.nextTimeout()
    if (deadline === undefined || now < deadline) return
    this.#settingsDeadlines.length = 0
    this.check(
      this.engine.exports.h2_session_terminate(this.live(), ErrorCode.SETTINGS_TIMEOUT),
      'SETTINGS_TIMEOUT',
    )
  }

  /** The sink's owner calls this for each acknowledgement of SETTINGS. */
  settingsAcknowledged(): void {
    this.#settingsDeadlines.shift()
  }

  /** Returns the session's memory. Nothing may be asked of it afterwards (`ERR_SESSION_DISPOSED`). */
  dispose(): void {
    if (this.handle === 0) return
    forgotten.unregister(this)
    this.engine.release('h2_session_del', this.handle)
    this.handle = 0
    this.bodies.clear()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** Bytes of the stream's body that have not been handed to the connection yet. */
  bufferedAmount(streamId: number): number {
    return this.bodies.get(streamId)?.length ?? 0
  }

  /** Whoever reads the records says when a stream has closed, so that its body is let go. */
  forgetBody(streamId: number): void {
    this.bodies.delete(streamId)
  }

  protected submitSettingsWords(words: readonly number[]): void {
    this.engine.writeScratch(bytesOf(words))
    const result = this.engine.exports.h2_submit_settings(this.live(), words.length >> 1)
    this.check(result, 'SETTINGS')
    if (this.#settingsTimeout > 0) this.#settingsDeadlines.push(this.#now + this.#settingsTimeout)
  }

  /** First words of a new session; without them there is none. */
  protected begin(options: SessionOptions): void {
    try {
      this.submitSettingsWords(settingsToWords(options.settings ?? {}))
      const window = options.connectionWindowSize ?? 0
      if (window > 0) {
        this.check(this.engine.exports.h2_set_local_window(this.handle, 0, window), 'window size')
      }
    } catch (error) {
      this.dispose()
      throw error
    }
  }

  /** The handle, or the reason why there is none. */
  protected live(): Handle {
    if (this.handle === 0) {
      throw new HTTP2Error('ERR_SESSION_DISPOSED', 'the session was disposed of: make a new one')
    }
    if (this.#failure) throw this.#failure
    return this.handle
  }

  protected ask(question: number, argument = 0): number {
    return this.engine.exports.h2_session_ask(this.live(), question, argument)
  }

  /** Passes a result that is not negative; throws the error of one that is. */
  protected check(result: Result, what: string, place?: ErrorPlace): Result {
    if (result < 0) throw this.engine.error(result, what, place)
    return result
  }

  /** Output bytes and body slices in turn. The output is copied once, because it is borrowed. */
  #splice(start: number, end: number, sink: SessionSink): Uint8Array[] {
    const { memory } = this.engine
    const output = this.view(memory.bytes.slice(start, end))
    const chunks: Uint8Array[] = []
    let splice = memory.io(Io.splices) >>> 2
    let from = 0
    for (let count = memory.io(Io.spliceCount); count > 0; count--, splice += 3) {
      const at = memory.words[splice]!
      const streamId = memory.words[splice + 1]!
      const taken = memory.words[splice + 2]!
      const body = this.bodies.get(streamId)!
      chunks.push(output.subarray(from, at))
      body.take(taken, chunks)
      sink.dataSent(streamId, taken, body.length)
      from = at
    }
    if (from < output.length) chunks.push(output.subarray(from))
    return chunks
  }

  /** Reads the records. A sink that throws has cost its session some: it cannot go on, the others can. */
  #tell(sink: SessionSink, chunk: Uint8Array): void {
    try {
      this.#records.read(sink, chunk)
    } catch (cause) {
      this.engine.exports.h2_strings_clear()
      this.#failure = new HTTP2Error('ERR_SINK_FAILED', 'the sink of the session threw', { cause })
      throw cause
    }
  }

  /** A trap is the session's failure; everything else was somebody else's error. */
  #trapped(error: unknown): HTTP2Error {
    if (error instanceof HTTP2Error && error === this.engine.failure) return error
    throw error
  }

  #fail(result: Result): HTTP2Error {
    this.#failure = this.engine.error(result, 'the HTTP/2 session cannot go on')
    this.#lastWords = goaway(this.#lastProcessedStream(), goawayCode(this.#failure.code))
    return this.#failure
  }

  /** A session that has failed can still be asked. */
  #lastProcessedStream(): number {
    return this.engine.exports.h2_session_ask(this.handle, Ask.lastProcessedStream, 0)
  }

  #sendLastWords(output: ByteOutput): void {
    if (this.#lastWords.length === 0) return
    output.writev([this.#lastWords])
    this.#lastWords = noBytes
  }
}

function goawayCode(code: string): number {
  switch (code) {
    case 'NGHTTP2_ERR_BAD_CLIENT_MAGIC':
      return ErrorCode.PROTOCOL_ERROR
    case 'NGHTTP2_ERR_FLOODED':
    case 'NGHTTP2_ERR_TOO_MANY_CONTINUATIONS':
      return ErrorCode.ENHANCE_YOUR_CALM
    default:
      return ErrorCode.INTERNAL_ERROR
  }
}

/** A GOAWAY frame (RFC 9113 §6.8). */
function goaway(lastStreamId: number, errorCode: number): Uint8Array {
  const frame = new DataView(new ArrayBuffer(17))
  frame.setUint8(2, 8)
  frame.setUint8(3, 0x7)
  frame.setUint32(9, lastStreamId)
  frame.setUint32(13, errorCode)
  return new Uint8Array(frame.buffer)
}
