import { asBytes } from '../common/bytes.ts'
import type { Tunnel } from '../http/tunnel.ts'
import { Opcode } from './codes.ts'
import { encodeText, frameHeader, frameOf, RSV1, shortTextFrame } from './frame-writer.ts'
import { compress } from './permessage-deflate.ts'

/** A tunnel calls `onDrain` when its buffered bytes fall to this number or below. */
const lowWater = 64 * 1024
/** A payload up to this long is copied after its header. A longer payload is written by itself. */
const joinedPayload = 16 * 1024

/** Sends messages to the peer, in order. */
export class MessageSender {
  readonly #compressFrom: number
  readonly #onError: (error: unknown) => void
  #tunnel: Tunnel | undefined
  /** Settles after the last message that is queued after a Blob that is being read; `undefined` without a queue. */
  #queue: Promise<void> | undefined
  #queuedBytes = 0
  #discardedBytes = 0
  #isOver = false
  /** The answer to the latest ping, while there is no room for it. */
  #pong: Uint8Array | undefined
  #drained: Promise<void> | undefined
  #resolveDrained: (() => void) | undefined
  /** Bytes given to the tunnel. */
  #sent = 0
  /** At the last call of `hasProgressed`: bytes that the tunnel had sent, and whether others waited. */
  #taken = 0
  #isWaiting = false

  /** `compressFrom`: the shortest payload that is compressed. `onError`: a Blob could not be read. */
  constructor(compressFrom: number, onError: (error: unknown) => void) {
    this.#compressFrom = compressFrom
    this.#onError = onError
  }

  begin(tunnel: Tunnel): void {
    this.#tunnel = tunnel
  }

  /** Bytes to be read from a Blob, in the tunnel, or of messages that will not be sent. */
  get bufferedAmount(): number {
    return this.#queuedBytes + this.#discardedBytes + (this.#tunnel?.bufferedAmount ?? 0)
  }

  /** Resolves when the tunnel has room for more; at once when it has room already. */
  get drained(): Promise<void> {
    if (this.#hasRoom) return Promise.resolve()
    this.#drained ??= new Promise((resolve) => (this.#resolveDrained = resolve))
    return this.#drained
  }

  /** Whether bytes waited for the peer at the last call, and it has taken some since. */
  hasProgressed(): boolean {
    const didWait = this.#isWaiting
    const before = this.#taken
    const buffered = this.#tunnel?.bufferedAmount ?? 0
    this.#isWaiting = buffered > 0
    this.#taken = this.#sent - buffered
    return didWait && this.#taken > before
  }

  text(text: string): void {
    if (this.#queue === undefined && text.length < this.#compressFrom) {
      const frame = shortTextFrame(text)
      if (frame !== undefined) {
        this.#send(frame)
        return
      }
    }
    const payload = encodeText(text)
    if (this.#queue === undefined) this.#write(Opcode.TEXT, payload)
    else this.#enqueue(payload.length, () => this.#write(Opcode.TEXT, payload))
  }

  /** Sends a copy of `bytes`. */
  bytes(bytes: Uint8Array): void {
    if (this.#queue !== undefined) {
      const payload = bytes.slice()
      this.#enqueue(payload.length, () => this.#write(Opcode.BINARY, payload))
    } else if (!this.#writeCompressed(Opcode.BINARY, bytes)) {
      this.#send(frameOf(Opcode.BINARY, bytes))
    }
  }

  /** Sends a Blob; messages after it wait until it is read. */
  blob(blob: Blob): void {
    this.#enqueue(blob.size, async () => {
      const payload = asBytes(await blob.arrayBuffer())
      if (!payload) throw new TypeError('the Blob gave no bytes')
      if (!this.#isOver) this.#write(Opcode.BINARY, payload)
    })
  }

  /** Sends a control frame, before the messages in the queue. */
  control(opcode: number, payload: Uint8Array): void {
    this.#send(frameOf(opcode, payload))
  }

  /** Answers a ping. Of several that a peer sends without reading, the last is answered (RFC 6455 §5.5.3). */
  pong(payload: Uint8Array): void {
    if ((this.#tunnel?.bufferedAmount ?? 0) > lowWater) this.#pong = payload
    else this.control(Opcode.PONG, payload)
  }

  /** Calls `task` when all earlier messages were given to the tunnel. */
  afterMessages(task: () => void): void {
    if (this.#queue === undefined) task()
    else this.#enqueue(0, task)
  }

  /** Counts the bytes of a message that is not sent any more. */
  discard(size: number): void {
    this.#discardedBytes += size
  }

  /** The tunnel has room again. */
  onDrain(): void {
    const pong = this.#pong
    this.#pong = undefined
    if (pong !== undefined && !this.#isOver) this.control(Opcode.PONG, pong)
    this.#settle()
  }

  /** Stops sending, and drops the messages in the queue. */
  stop(): void {
    this.#isOver = true
    this.#pong = undefined
    this.#settle()
  }

  #send(bytes: Uint8Array): void {
    this.#sent += bytes.length
    this.#tunnel?.write(bytes)
  }

  get #hasRoom(): boolean {
    if (this.#isOver) return true
    return this.#queue === undefined && (this.#tunnel?.bufferedAmount ?? 0) <= lowWater
  }

  #settle(): void {
    if (this.#resolveDrained === undefined || !this.#hasRoom) return
    this.#resolveDrained()
    this.#resolveDrained = undefined
    this.#drained = undefined
  }

  #enqueue(size: number, task: () => void | Promise<void>): void {
    this.#queuedBytes += size
    const queue = this.#runAfter(this.#queue, size, task)
    this.#queue = queue
    void this.#leave(queue)
  }

  /** Removes the queue after its last message. */
  async #leave(queue: Promise<void>): Promise<void> {
    await queue
    if (this.#queue !== queue) return
    this.#queue = undefined
    this.#settle()
  }

  async #runAfter(
    before: Promise<void> | undefined,
    size: number,
    task: () => void | Promise<void>,
  ): Promise<void> {
    await before
    if (this.#isOver) return
    try {
      await task()
      if (!this.#isOver) this.#queuedBytes -= size
    } catch (error) {
      if (!this.#isOver) this.#onError(error)
    }
  }

  /** Sends a payload by reference; its bytes must not change. */
  #write(opcode: number, payload: Uint8Array): void {
    if (!this.#writeCompressed(opcode, payload)) this.#writeFrame(opcode, payload)
  }

  #writeCompressed(opcode: number, payload: Uint8Array): boolean {
    if (payload.length < this.#compressFrom) return false
    // Another thread may write to shared memory: a copy is compressed.
    const isOwn = payload.buffer instanceof ArrayBuffer
    const compressed = compress(isOwn ? payload : payload.slice())
    if (compressed === undefined) return false
    this.#writeFrame(opcode | RSV1, compressed)
    return true
  }

  #writeFrame(first: number, payload: Uint8Array): void {
    if (payload.length <= joinedPayload) {
      this.#send(frameOf(first, payload))
    } else {
      this.#send(frameHeader(first, payload.length))
      this.#send(payload)
    }
  }
}
