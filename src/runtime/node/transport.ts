import type { Socket } from 'node:net'
import { bodyChangedError } from '../../common/body-changed.ts'
import type { Address, TlsInfo, Transport, TransportSink } from '../../transport/transport.ts'
import { makeAddress } from '../shared/address.ts'
import { asError } from '../shared/errors.ts'
import { tellClosed } from '../shared/hand-over.ts'
import { writeLimit } from '../shared/limits.ts'
import { InputTurn } from '../shared/input-turn.ts'
import { Slab } from '../shared/slab.ts'
import { totalLength } from '../shared/total-length.ts'

/**
 * The slab of all connections. The memory of a copy that the system took at once is used for the next copy. Copies are
 * Buffers, because Node makes a Buffer of each other chunk.
 */
const slab = new Slab((length) => Buffer.allocUnsafeSlow(length))

/** The internal parts of a socket that tell what the system has not taken. Node's own timeout of a socket uses them. */
interface SocketParts {
  readonly _handle?: { readonly writeQueueSize?: number } | null
  /** The TCP socket of a TLS socket. */
  readonly _parent?: SocketParts | null
}

/** Transport on a `net.Socket` or a `tls.TLSSocket` that was made with `allowHalfOpen`. */
export class NodeTransport implements Transport {
  readonly remoteAddress: Address
  readonly localAddress: Address
  readonly tls: TlsInfo | null
  readonly view: (bytes: Uint8Array) => Uint8Array = asBuffer
  readonly #socket: Socket
  readonly #limit: number
  readonly #turn = new InputTurn()
  #isPaused = false
  #sink: TransportSink | null = null
  #ended = false
  #blocked = false
  #error: Error | null = null

  constructor(socket: Socket, tls: TlsInfo | null) {
    this.#socket = socket
    this.tls = tls
    this.remoteAddress = makeAddress(socket.remoteAddress, socket.remotePort)
    this.localAddress = makeAddress(socket.localAddress, socket.localPort)
    // 'drain' is emitted only after the stream's own high-water mark was reached.
    this.#limit = Math.max(writeLimit, socket.writableHighWaterMark)
  }

  get unsent(): number {
    const socket = this.#socket
    if (socket.writableLength === 0) return 0
    const { _parent: parent } = socket as SocketParts
    const { _handle: handle } = parent ?? (socket as SocketParts)
    // Node counts all bytes of a write until the last has gone; the queue of the handle shrinks meanwhile.
    return handle?.writeQueueSize || socket.writableLength
  }

  /** Starts to read. */
  start(sink: TransportSink): void {
    this.#sink = sink
    const socket = this.#socket
    socket.on('data', (chunk) => {
      try {
        if (this.#turn.deliver(sink, chunk)) this.letOthers()
      } catch (error) {
        this.failed(error)
      }
    })
    socket.on('drain', () => this.drained())
    socket.on('end', () => {
      try {
        const error = this.endError()
        if (error) this.failed(error)
        else sink.onEnd()
      } catch (error) {
        this.failed(error)
      }
    })
    // After an error of TLS Node leaves the socket open.
    socket.on('error', (error) => this.failed(error))
    socket.on('close', () => {
      this.#ended = true
      tellClosed(sink, this.#error)
    })
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended) return false
    const socket = this.#socket
    socket.write(slab.copy(bytes))
    // A cleartext socket hands bytes to the system within the call when the system takes them.
    if (socket.writableLength === 0) slab.giveBack()
    return this.hasRoom()
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#ended) return false
    const socket = this.#socket
    // While bytes wait, Node keeps the chunks. Else Node hands their addresses to the system at once.
    const watched = socket.writableLength > 0 ? this.#watch(chunks) : undefined
    if (chunks.length === 1) {
      socket.write(chunks[0]!, watched)
    } else {
      const last = chunks.length - 1
      socket.cork()
      for (let i = 0; i < last; i++) socket.write(chunks[i]!)
      socket.write(chunks[last]!, watched)
      socket.uncork()
    }
    return this.hasRoom()
  }

  pause(): void {
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#socket.resume()
  }

  /** Reads on in the next turn. */
  protected letOthers(): void {
    const socket = this.#socket
    socket.pause()
    setImmediate(() => {
      if (!this.#isPaused) socket.resume()
    })
  }

  end(): void {
    this.#ended = true
    this.#socket.end()
  }

  destroy(): void {
    this.#ended = true
    this.#socket.destroy()
  }

  reset(): void {
    const isTcp = this.remoteAddress.port > 0
    // Of TLS the missing close_notify says it; a pipe has no reset.
    if (this.tls || !isTcp) {
      this.destroy()
      return
    }
    this.#ended = true
    this.#socket.resetAndDestroy()
  }

  /** The socket has room again. */
  drained(): void {
    if (!this.#blocked) return
    this.#blocked = false
    try {
      this.#sink?.onDrain()
    } catch (error) {
      this.failed(error)
    }
  }

  /** Drops the connection for an error. */
  failed(error: unknown): void {
    this.#error ??= asError(error)
    this.destroy()
  }

  /** `waiting`: bytes that the socket has not got. */
  protected hasRoom(waiting = 0): boolean {
    const socket = this.#socket
    const length = socket.writableLength + waiting
    // Node tells of a write that the system has refused only in a turn to come, and takes more until then.
    if (length >= this.#limit || socket.errored) this.#blocked = true
    return !this.#blocked
  }

  /** The error of an end of the peer's side that was no FIN, where the socket reports none. */
  protected endError(): Error | null {
    return null
  }

  /**
   * The callback of a write of chunks. A chunk that was transferred before it was sent has spoilt the bytes after it.
   */
  #watch(chunks: readonly Uint8Array[]): () => void {
    const length = totalLength(chunks)
    return () => {
      if (totalLength(chunks) < length) this.failed(bodyChangedError())
    }
  }
}

/** Makes a Buffer, whose slices are Buffers. Node would make a Buffer of each other chunk. */
function asBuffer(bytes: Uint8Array): Buffer {
  if (bytes instanceof Buffer) return bytes
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
