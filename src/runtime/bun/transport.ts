import type { Address, TlsInfo, Transport, TransportSink } from '../../transport/transport.ts'
import { makeAddress } from '../shared/address.ts'
import type { BunSocket } from './types.ts'
import { ChunkQueue } from '../shared/chunk-queue.ts'
import { asError, connectionResetError } from '../shared/errors.ts'
import { InputTurn } from '../shared/input-turn.ts'
import { tellClosed } from '../shared/hand-over.ts'
import { writeLimit } from '../shared/limits.ts'

/**
 * Buffer in which chunks are joined for one write: much faster than a system call (on TLS a record) for each. All
 * connections share it, because Bun keeps no reference to the bytes of a write.
 */
const joined = new Uint8Array(1024 * 1024)

/** Transport on a socket of `Bun.listen`, which neither queues nor joins writes: this class does. */
export class BunTransport<Data> implements Transport {
  readonly remoteAddress: Address
  readonly localAddress: Address
  readonly tls: TlsInfo | null
  readonly #socket: BunSocket<Data>
  readonly #queue = new ChunkQueue()
  #sink: TransportSink | null = null
  readonly #turn = new InputTurn()
  #isPaused = false
  #blocked = false
  /** `end` or `destroy` was called. */
  #ended = false
  #destroyed = false
  /** FIN was sent. */
  #finished = false
  #peerEnded = false
  #error: Error | null = null

  constructor(socket: BunSocket<Data>, tls: TlsInfo | null) {
    this.#socket = socket
    this.tls = tls
    this.remoteAddress = makeAddress(socket.remoteAddress, socket.remotePort)
    this.localAddress = makeAddress(socket.localAddress, socket.localPort)
  }

  get unsent(): number {
    return this.#queue.length
  }

  start(sink: TransportSink): void {
    this.#sink = sink
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended) return false
    const queue = this.#queue
    const { length } = bytes
    let taken = 0
    if (queue.length === 0) {
      taken = this.#socket.write(bytes, 0, length)
      if (taken === length) return true
      if (taken < 0) return this.#gone()
    }
    queue.push(bytes.slice(taken))
    return this.#hasRoom()
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#ended) return false
    const queue = this.#queue
    const wasEmpty = queue.length === 0
    for (const chunk of chunks) queue.push(chunk)
    if (wasEmpty) this.#send()
    return this.#hasRoom()
  }

  pause(): void {
    this.#isPaused = true
    if (!this.#destroyed) this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#destroyed) this.#socket.resume()
  }

  /** Reads on in the next turn. */
  #letOthers(): void {
    this.#socket.pause()
    setImmediate(() => {
      if (!this.#isPaused && !this.#destroyed) this.#socket.resume()
    })
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#queue.length === 0) this.#finish()
  }

  destroy(): void {
    if (this.#destroyed) return
    this.#ended = true
    this.#destroyed = true
    this.#queue.clear()
    const socket = this.#socket
    // Bun calls `close` from inside of these calls, with an earlier error as its argument. Behind FIN the system goes on to
    // send what it has taken, which `terminate` would drop.
    queueMicrotask(() => (this.#finished ? socket.end() : socket.terminate()))
  }

  /** Called by the events of the socket. */
  received(chunk: Uint8Array): void {
    const sink = this.#sink
    if (this.#destroyed || !sink) return
    try {
      if (this.#turn.deliver(sink, chunk)) this.#letOthers()
    } catch (error) {
      this.failed(error)
    }
  }

  drained(): void {
    if (this.#destroyed) return
    if (this.#queue.length > 0) {
      this.#send()
      if (this.#queue.length > 0) return
      if (this.#ended) {
        this.#finish()
        return
      }
    }
    if (!this.#blocked) return
    this.#blocked = false
    try {
      this.#sink?.onDrain()
    } catch (error) {
      this.failed(error)
    }
  }

  peerEnded(): void {
    if (this.#destroyed || this.#peerEnded) return
    this.#peerEnded = true
    try {
      this.#sink?.onEnd()
    } catch (error) {
      this.failed(error)
    }
    if (this.#ended && this.#queue.length === 0) this.#finish()
  }

  failed(error: unknown): void {
    this.#error ??= asError(error)
    this.destroy()
  }

  closed(error: Error | null): void {
    if (this.#destroyed) {
      // The connection was dropped here: an error that Bun reports does not matter.
    } else if (error) {
      this.#error ??= error
    } else if (!this.#error) {
      // After FIN of this side, FIN of the peer closes the socket without the event `end`.
      if (this.#ended && this.#queue.length === 0) this.peerEnded()
      // Bun does not report every reset.
      else this.#error = connectionResetError()
    }
    this.#destroyed = true
    this.#ended = true
    this.#queue.clear()
    const sink = this.#sink
    this.#sink = null
    tellClosed(sink, this.#error)
  }

  /** `write` returned -1: the event `close` follows, perhaps without an error. */
  #gone(): false {
    this.#error ??= connectionResetError()
    this.#queue.clear()
    this.#blocked = true
    return false
  }

  #hasRoom(): boolean {
    if (this.#queue.length >= writeLimit || this.#destroyed) this.#blocked = true
    return !this.#blocked
  }

  /** Writes until the queue is empty or the system takes no more. A chunk that has changed ends the connection. */
  #send(): void {
    try {
      this.#sendQueue()
    } catch (error) {
      this.failed(error)
    }
  }

  #sendQueue(): void {
    const queue = this.#queue
    const socket = this.#socket
    while (queue.length > 0) {
      let bytes = queue.first
      let { length } = bytes
      if (length < queue.length && length < joined.length) {
        length = queue.peek(joined)
        bytes = joined
      }
      const taken = socket.write(bytes, 0, length)
      if (taken < 0) {
        this.#gone()
        return
      }
      queue.drop(taken)
      if (taken < length) return
    }
  }

  /** Sends FIN; all bytes are sent. */
  #finish(): void {
    this.#finished = true
    if (this.#peerEnded) queueMicrotask(() => this.#socket.end())
    else this.#socket.shutdown()
  }
}
