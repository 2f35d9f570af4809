import { Ask, Counter, Io } from '../abi.ts'
import {
  checkBoolean,
  checkBytes,
  checkErrorCode,
  checkInteger,
  checkStreamId,
  checkStreamIdOrZero,
  checkString,
  checkTextOrBytes,
  checkWindowSize,
  invalidArgument,
} from '../../common/arguments.ts'
import { concat } from '../../common/bytes.ts'
import { ErrorCode } from '../../common/errors.ts'
import { checkPriority, type Priority } from '../../common/priority.ts'
import { SessionCore } from './session-core.ts'
import type { Settings } from '../../common/settings.ts'
import { bytesOf, settingId, settingsToWords } from './settings.ts'

/** Counters since the session began, modulo 2^32. */
export interface SessionCounters {
  readonly framesReceived: number
  readonly framesSent: number
  /** Bytes of bodies. */
  readonly dataReceived: number
  readonly dataSent: number
  readonly streamsClosed: number
  readonly resetsReceived: number
  readonly resetsSent: number
  readonly invalidFrames: number
}

const encoder = new TextEncoder()
/** Bytes of the payload of an unknown frame. */
const maxUnknownPayload = 0x4000

/** RFC 7838 §3: not empty, and of characters that a field value has. */
const fieldValue = /^[\t -~]+$/

/** The methods that concern the connection as a whole. */
export class SessionControl extends SessionCore {
  /** Changes settings of this side. They are in force once the peer has acknowledged them (RFC 9113 §6.5.3). */
  submitSettings(settings: Settings): void {
    this.submitSettingsWords(settingsToWords(settings))
  }

  /**
   * Sends PING with eight bytes (RFC 9113 §6.7). With `ack` it is the answer to a PING, for where `autoPingAck` is off.
   */
  submitPing(opaqueData: Uint8Array = new Uint8Array(8), ack = false): void {
    const bytes = checkBytes('opaqueData', opaqueData)
    if (bytes.length !== 8) throw invalidArgument('opaqueData', 'exactly eight bytes', bytes.length)
    checkBoolean('ack', ack)
    this.engine.writeScratch(bytes)
    this.check(this.engine.exports.h2_submit_ping(this.live(), ack ? 1 : 0), 'PING')
  }

  /** Sends GOAWAY: streams above `lastStreamId` (default: the last one received) will not be served (RFC 9113 §6.8). */
  submitGoaway(
    errorCode: number = ErrorCode.NO_ERROR,
    lastStreamId: number = this.lastProcessedStreamId,
    debugData: Uint8Array | string = '',
  ): void {
    checkErrorCode(errorCode)
    checkStreamIdOrZero(lastStreamId)
    const given = checkTextOrBytes('debugData', debugData)
    const debug = typeof given === 'string' ? encoder.encode(given) : given
    this.engine.writeScratch(debug)
    const { h2_submit_goaway } = this.engine.exports
    this.check(h2_submit_goaway(this.live(), lastStreamId, errorCode, debug.length), 'GOAWAY')
  }

  /** Sends GOAWAY with the largest stream identifier: asks for no more requests. Requests in flight are served. */
  submitShutdownNotice(): void {
    this.check(this.engine.exports.h2_submit_shutdown_notice(this.live()), 'shutdown notice')
  }

  /** Sends GOAWAY; the session ends once it has been sent. */
  terminate(errorCode: number = ErrorCode.NO_ERROR): void {
    const code = checkErrorCode(errorCode)
    this.check(this.engine.exports.h2_session_terminate(this.live(), code), 'terminate')
  }

  /** Lets the peer send `increment` bytes more; stream 0: on the connection (RFC 9113 §6.9). */
  submitWindowUpdate(streamId: number, increment: number): void {
    const id = checkStreamIdOrZero(streamId)
    const bytes = checkWindowSize('increment', increment)
    const result = this.engine.exports.h2_submit_window_update(this.live(), id, bytes)
    this.check(result, 'WINDOW_UPDATE', { streamId })
  }

  /** Sets the window for what the peer sends, at most 2^31-1 bytes; stream 0: on the connection. */
  setLocalWindowSize(streamId: number, size: number): void {
    const id = checkStreamIdOrZero(streamId)
    const bytes = checkWindowSize('size', size)
    const result = this.engine.exports.h2_set_local_window(this.live(), id, bytes)
    this.check(result, 'window size', { streamId })
  }

  /**
   * The application has read `length` bytes of the stream's body: the peer may send as many again (RFC 9113 §6.9). When
   * a stream closes, the bytes that were not consumed return to the connection's window; a call after that has no
   * effect.
   */
  consume(streamId: number, length: number): void {
    const id = checkStreamId(streamId)
    const bytes = checkWindowSize('length', length)
    const result = this.engine.exports.h2_consume(this.live(), id, bytes)
    this.check(result, 'consume', { streamId })
  }

  /** As `consume`, for bytes that were discarded: only the connection's window grows. */
  discard(streamId: number, length: number): void {
    const id = checkStreamId(streamId)
    const bytes = checkWindowSize('length', length)
    const result = this.engine.exports.h2_discard(this.live(), id, bytes)
    this.check(result, 'discard', { streamId })
  }

  /** Changes a request's priority, for clients (RFC 9218 §7.1). `value`: for example `u=1, i`. */
  submitPriorityUpdate(streamId: number, value: string): void {
    checkStreamId(streamId)
    const bytes = encoder.encode(checkString('value', value))
    this.engine.writeScratch(bytes)
    const { h2_submit_priority_update } = this.engine.exports
    this.check(h2_submit_priority_update(this.live(), streamId, bytes.length), 'PRIORITY_UPDATE')
  }

  /**
   * Sends ALTSVC (RFC 7838 §4): on stream 0 for `origin`, on another stream for the origin of its request (`origin`
   * empty). `value` is a field value such as `h3=":443"`, or `clear`.
   */
  submitAltsvc(streamId: number, origin: string, value: string): void {
    checkStreamIdOrZero(streamId)
    if (!fieldValue.test(checkString('value', value))) {
      throw invalidArgument('value', 'an Alt-Svc field value', value)
    }
    const parts = [encoder.encode(checkString('origin', origin)), encoder.encode(value)] as const
    this.engine.writeScratch(...parts)
    const { h2_submit_altsvc } = this.engine.exports
    const result = h2_submit_altsvc(this.live(), streamId, parts[0].length, parts[1].length)
    this.check(result, 'ALTSVC', { streamId })
  }

  /** Sends ORIGIN: the origins that this server answers for (RFC 8336 §2). */
  submitOrigin(origins: readonly string[]): void {
    if (!Array.isArray(origins)) throw invalidArgument('origins', 'a list of strings', origins)
    // Finds holes of a sparse array too.
    const parts = Array.from(origins, (origin) => encoder.encode(checkString('origins', origin)))
    const table = new Uint32Array(2 * parts.length)
    const start = this.engine.writeScratch(new Uint8Array(table.byteLength), concat(parts))
    let at = start + table.byteLength
    parts.forEach((part, i) => {
      table.set([at, part.length], 2 * i)
      at += part.length
    })
    this.engine.memory.words.set(table, start >>> 2)
    this.check(this.engine.exports.h2_submit_origin(this.live(), parts.length), 'ORIGIN')
  }

  /** Sends a frame of a type that nghttp2 does not know, from 0x0b on, of up to 16 KiB (RFC 9113 §5.5). */
  submitUnknownFrame(
    frameType: number,
    flags: number,
    streamId: number,
    payload: Uint8Array,
  ): void {
    checkInteger('frameType', frameType, 0, 0xff)
    checkInteger('flags', flags, 0, 0xff)
    checkStreamIdOrZero(streamId)
    const bytes = checkBytes('payload', payload)
    if (bytes.length > maxUnknownPayload) {
      throw invalidArgument('payload', `at most ${maxUnknownPayload} bytes`, bytes.length)
    }
    this.engine.writeScratch(bytes)
    const { h2_submit_extension } = this.engine.exports
    const result = h2_submit_extension(this.live(), frameType, flags, streamId, bytes.length)
    this.check(result, 'frame', { streamId })
  }

  /**
   * Takes over a connection that HTTP/1.1 upgraded to `h2c` (RFC 7540 §3.2): stream 1 is the request. `settings` is the
   * decoded HTTP2-Settings field, sent by the client or received by the server.
   */
  upgrade(settings: Uint8Array, headRequest = false): void {
    const bytes = checkBytes('settings', settings)
    checkBoolean('headRequest', headRequest)
    this.engine.writeScratch(bytes)
    const { h2_session_upgrade } = this.engine.exports
    const result = h2_session_upgrade(this.live(), bytes.length, headRequest ? 1 : 0)
    this.check(result, 'h2c upgrade')
  }

  /** A SETTINGS payload, for the HTTP2-Settings field of an upgrade. */
  packSettings(settings: Settings): Uint8Array {
    const words = settingsToWords(settings)
    const { exports, memory } = this.engine
    this.live()
    this.engine.writeScratch(bytesOf(words))
    const length = this.check(exports.h2_pack_settings(words.length >> 1), 'SETTINGS')
    return memory.bytes.slice(memory.io(Io.output), memory.io(Io.output) + length)
  }

  /** The current priority of a request. For servers. */
  priority(streamId: number): Priority {
    const id = checkStreamId(streamId)
    const value = this.check(this.ask(Ask.priority, id), 'priority', { streamId })
    return { urgency: value & 7, incremental: (value & 8) !== 0 }
  }

  /** Sets a request's priority; with `ignoreClient` the client cannot change it any more (RFC 9218 §8). */
  changePriority(streamId: number, priority: Priority, ignoreClient = false): void {
    const { h2_change_priority } = this.engine.exports
    const id = checkStreamId(streamId)
    const { urgency, incremental } = checkPriority(priority)
    checkBoolean('ignoreClient', ignoreClient)
    const result = h2_change_priority(
      this.live(),
      id,
      urgency,
      incremental ? 1 : 0,
      ignoreClient ? 1 : 0,
    )
    this.check(result, 'priority', { streamId })
  }

  // ---- questions ------------------------------------------------------------------------------

  /** Bytes that may be sent on the connection, or on a stream (RFC 9113 §5.2). */
  remoteWindowSize(streamId = 0): number {
    const id = checkStreamIdOrZero(streamId)
    return id === 0 ? this.ask(Ask.remoteWindow) : this.ask(Ask.streamRemoteWindow, id)
  }

  /** Bytes that the peer may send on the connection, or on a stream. */
  localWindowSize(streamId = 0): number {
    const id = checkStreamIdOrZero(streamId)
    return id === 0 ? this.ask(Ask.localWindow) : this.ask(Ask.streamLocalWindow, id)
  }

  /** Bytes received for which no WINDOW_UPDATE has been sent yet. */
  unacknowledgedLength(streamId = 0): number {
    const id = checkStreamIdOrZero(streamId)
    return id === 0 ? this.ask(Ask.receivedUnconsumed) : this.ask(Ask.streamReceivedUnconsumed, id)
  }

  /** Frames that wait to be sent, bodies not counted. */
  get outboundQueueSize(): number {
    return this.ask(Ask.outboundQueue)
  }

  /** The frame, or header block, of which a part has been received: one of `PartialFrame`. */
  get partialFrame(): number {
    return this.ask(Ask.partialFrame)
  }

  /** The highest identifier of the peer's streams that were processed. */
  get lastProcessedStreamId(): number {
    return this.ask(Ask.lastProcessedStream)
  }

  /** The identifier of the next stream that this side opens. */
  get nextStreamId(): number {
    return this.ask(Ask.nextStream)
  }

  /** A client may open another stream. */
  get isRequestAllowed(): boolean {
    return this.ask(Ask.requestAllowed) === 1
  }

  /** `undefined`: no such stream (any more). */
  streamState(streamId: number): 'open' | 'localClosed' | 'remoteClosed' | 'closed' | undefined {
    const states = [undefined, 'open', 'localClosed', 'remoteClosed', 'closed'] as const
    return states[this.ask(Ask.streamState, checkStreamId(streamId))]
  }

  /** Bytes of linear memory this session holds. */
  get memoryUsed(): number {
    return this.ask(Ask.memoryUsed)
  }

  /** Bytes in the dynamic tables of the encoder and of the decoder. */
  get headerTableSizes(): { deflate: number; inflate: number } {
    return { deflate: this.ask(Ask.deflateTable), inflate: this.ask(Ask.inflateTable) }
  }

  /** A setting in force. `remote`: the value of the peer; `local`: the acknowledged value of this side. */
  setting(side: 'remote' | 'local', name: Exclude<keyof Settings, 'other'>): number {
    if (side !== 'remote' && side !== 'local') {
      throw invalidArgument('side', "'remote' or 'local'", side)
    }
    const question = side === 'remote' ? Ask.remoteSetting : Ask.localSetting
    return this.ask(question, settingId(name)) >>> 0
  }

  get counters(): SessionCounters {
    const read = (counter: number): number => this.ask(Ask.counter, counter) >>> 0
    return {
      framesReceived: read(Counter.framesReceived),
      framesSent: read(Counter.framesSent),
      dataReceived: read(Counter.dataReceived),
      dataSent: read(Counter.dataSent),
      streamsClosed: read(Counter.streamsClosed),
      resetsReceived: read(Counter.resetsReceived),
      resetsSent: read(Counter.resetsSent),
      invalidFrames: read(Counter.invalidFrames),
    }
  }
}
