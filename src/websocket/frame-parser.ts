import { noBytes } from '../common/bytes.ts'
import { CloseCode, Opcode } from './codes.ts'
import { unmask } from './mask.ts'
import { WebSocketProtocolError } from './protocol-error.ts'

/** Callbacks of a parser. */
export interface FrameSink {
  /**
   * A whole message. The payload of a binary one that is not compressed belongs to the sink, alone in its buffer; any
   * other payload is borrowed for the call.
   */
  onMessage(isText: boolean, payload: Uint8Array, isCompressed: boolean): void
  /** A Close, Ping or Pong frame; the payload belongs to the sink. */
  onControl(opcode: number, payload: Uint8Array): void
}

const FIN = 0x80
const RSV1 = 0x40
const RSV2_AND_3 = 0x30
const MASKED = 0x80
const maxControlPayload = 125
/** The least memory of a message, in bytes. The memory grows with the received bytes, not with the announced length. */
const firstGrowth = 1024
/** Fragments of one message that may have no payload. */
const mostEmpty = 1000
/** The memory of a message is at most this factor times its bytes; each byte is copied a constant number of times. */
const growth = 1.5

function protocolError(message: string): WebSocketProtocolError {
  return new WebSocketProtocolError(CloseCode.PROTOCOL_ERROR, message)
}

/** Reads the frames of a client (RFC 6455 §5.2) from chunks of any length, and joins them to messages. */
export class FrameParser {
  readonly #sink: FrameSink
  readonly #maxPayload: number
  readonly #canBeCompressed: boolean

  readonly #header = new Uint8Array(14)
  #have = 0
  #need = 2
  readonly #key = new Uint8Array(4)

  #isInPayload = false
  #opcode = 0
  #isFinal = false
  /** Bytes of this frame's payload: read, and still to come. */
  #read = 0
  #remaining = 0

  /** Opcode of the message: TEXT, BINARY, or 0 between messages. */
  #messageOpcode = 0
  #isCompressed = false
  #message = noBytes
  #length = 0
  /** Fragments of the message without payload. */
  #empty = 0

  #control = noBytes
  #isStopped = false

  /** `maxPayload`: the longest message, in bytes on the wire. */
  constructor(sink: FrameSink, maxPayload: number, canBeCompressed: boolean) {
    this.#sink = sink
    this.#maxPayload = maxPayload
    this.#canBeCompressed = canBeCompressed
  }

  /**
   * Reads `chunk`, which it may alter and does not keep. Throws a `WebSocketProtocolError`, after which it must not be
   * called again.
   */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && !this.#isStopped) {
      if (!this.#isInPayload) {
        at = this.#readHeader(chunk, at)
        if (!this.#isInPayload) return
      }
      if (this.#opcode >= Opcode.CLOSE) at = this.#readControl(chunk, at)
      else at = this.#readData(chunk, at)
    }
  }

  /** Reads nothing more, not even the rest of the chunk at hand. */
  stop(): void {
    this.#isStopped = true
    this.#message = noBytes
  }

  #readHeader(chunk: Uint8Array, start: number): number {
    let at = start
    while (at < chunk.length) {
      this.#header[this.#have++] = chunk[at++]!
      if (this.#have === 2) this.#need = this.#checkHeader()
      if (this.#have === this.#need) {
        this.#begin()
        break
      }
    }
    return at
  }

  /** Checks the first two bytes; gives the header's length. */
  #checkHeader(): number {
    const first = this.#header[0]!
    const second = this.#header[1]!
    const opcode = first & 0x0f
    const length = second & 0x7f
    if ((first & RSV2_AND_3) !== 0) throw protocolError('a reserved bit is set')
    if ((second & MASKED) === 0) throw protocolError('a frame of the client is not masked')
    const isCompressed = (first & RSV1) !== 0
    if (isCompressed && !this.#canBeCompressed)
      throw protocolError('RSV1 is set, without an extension')
    switch (opcode) {
      case Opcode.CONTINUATION:
        if (this.#messageOpcode === 0) throw protocolError('a continuation of no message')
        if (isCompressed) throw protocolError('RSV1 is set on a continuation')
        break
      case Opcode.TEXT:
      case Opcode.BINARY:
        if (this.#messageOpcode !== 0) throw protocolError('a message inside another')
        this.#messageOpcode = opcode
        this.#isCompressed = isCompressed
        break
      case Opcode.CLOSE:
      case Opcode.PING:
      case Opcode.PONG:
        if ((first & FIN) === 0) throw protocolError('a control frame is fragmented')
        if (isCompressed) throw protocolError('RSV1 is set on a control frame')
        if (length > maxControlPayload)
          throw protocolError('a control frame is longer than 125 bytes')
        break
      default:
        throw protocolError(`the opcode 0x${opcode.toString(16)} is reserved`)
    }
    this.#opcode = opcode
    this.#isFinal = (first & FIN) !== 0
    return length === 127 ? 14 : length === 126 ? 8 : 6
  }

  /** The header is complete. */
  #begin(): void {
    const header = this.#header
    let length = header[1]! & 0x7f
    if (length === 126) {
      length = (header[2]! << 8) | header[3]!
      if (length < 126) throw protocolError('a length is not in its shortest form')
    } else if (length === 127) {
      if (header[2]! >= 0x80) throw protocolError('a length has its first bit set')
      length = 0
      for (let i = 2; i < 10; i++) length = length * 256 + header[i]!
      if (length < 0x10000) throw protocolError('a length is not in its shortest form')
    }
    if (this.#opcode >= Opcode.CLOSE) {
      this.#control = new Uint8Array(length)
    } else if (length === 0 && !this.#isFinal && ++this.#empty > mostEmpty) {
      throw new WebSocketProtocolError(
        CloseCode.POLICY_VIOLATION,
        `a message has more than ${mostEmpty} fragments without payload`,
      )
    } else if (this.#length + length > this.#maxPayload) {
      throw new WebSocketProtocolError(
        CloseCode.MESSAGE_TOO_BIG,
        `a message is longer than ${this.#maxPayload} bytes`,
      )
    }
    for (let i = 0; i < 4; i++) this.#key[i] = header[this.#need - 4 + i]!
    this.#have = 0
    this.#need = 2
    this.#read = 0
    this.#remaining = length
    this.#isInPayload = true
  }

  #readControl(chunk: Uint8Array, at: number): number {
    const length = Math.min(chunk.length - at, this.#remaining)
    const payload = this.#control
    for (let i = 0; i < length; i++) payload[this.#read + i] = chunk[at + i]!
    this.#read += length
    this.#remaining -= length
    if (this.#remaining === 0) {
      unmask(payload, 0, payload.length, this.#key, 0)
      this.#isInPayload = false
      this.#sink.onControl(this.#opcode, payload)
    }
    return at + length
  }

  #readData(chunk: Uint8Array, at: number): number {
    const available = chunk.length - at
    if (this.#isFinal && this.#read === 0 && this.#length === 0 && available >= this.#remaining) {
      return this.#readWhole(chunk, at)
    }
    const length = Math.min(available, this.#remaining)
    if (length > 0) this.#append(chunk, at, length)
    if (this.#remaining === 0) {
      this.#isInPayload = false
      if (this.#isFinal) this.#endMessage()
    }
    return at + length
  }

  /** The usual case: the message is one frame, and the chunk has all of it. */
  #readWhole(chunk: Uint8Array, at: number): number {
    const end = at + this.#remaining
    const isText = this.#messageOpcode === Opcode.TEXT
    this.#isInPayload = false
    this.#messageOpcode = 0
    this.#empty = 0
    if (isText || this.#isCompressed) {
      unmask(chunk, at, end, this.#key, 0)
      this.#sink.onMessage(isText, chunk.subarray(at, end), this.#isCompressed)
    } else {
      // Copied first: `unmask` is fastest where a buffer begins.
      const payload = new Uint8Array(this.#remaining)
      payload.set(chunk.subarray(at, end))
      unmask(payload, 0, payload.length, this.#key, 0)
      this.#sink.onMessage(false, payload, false)
    }
    return end
  }

  #append(chunk: Uint8Array, at: number, length: number): void {
    const start = this.#length
    const end = start + length
    if (end > this.#message.length) this.#grow(end, start + this.#remaining)
    this.#message.set(
      at === 0 && length === chunk.length ? chunk : chunk.subarray(at, at + length),
      start,
    )
    unmask(this.#message, start, end, this.#key, this.#read)
    this.#length = end
    this.#read += length
    this.#remaining -= length
  }

  /** Makes room for `needed` bytes; `announced` is the length of the message at the end of this frame. */
  #grow(needed: number, announced: number): void {
    const wanted = Math.max(Math.ceil(growth * needed), firstGrowth)
    // With the last frame the length of the message is known: it gets exactly that much memory.
    const capacity = this.#isFinal ? Math.min(announced, wanted) : wanted
    const message = new Uint8Array(capacity)
    message.set(this.#message.subarray(0, this.#length))
    this.#message = message
  }

  #endMessage(): void {
    const length = this.#length
    const isText = this.#messageOpcode === Opcode.TEXT
    let payload = this.#message
    this.#message = noBytes
    this.#length = this.#empty = 0
    this.#messageOpcode = 0
    if (payload.length !== length || length === 0) {
      const isLent = isText || this.#isCompressed
      payload = isLent ? payload.subarray(0, length) : payload.slice(0, length)
    }
    this.#sink.onMessage(isText, payload, this.#isCompressed)
  }
}
