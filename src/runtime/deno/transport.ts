import type { Address, Transport, TransportSink } from '../../transport/transport.ts'
import { makeAddress } from '../shared/address.ts'
import { BufferPool } from '../shared/buffer-pool.ts'
import { InputTurn } from '../shared/input-turn.ts'
import { afterOthers, countConnection } from './turn.ts'
import type { DenoConn } from './types.ts'
import { DenoWriter, type WriterOwner } from './writer.ts'
import { asError } from '../shared/errors.ts'
import { tellClosed } from '../shared/hand-over.ts'

/** Sizes of read buffers, in bytes: a small one of the connection, and under load one of the pool. */
const smallSize = 4 * 1024
const pool = new BufferPool(64 * 1024, 64)

/** Transport on a connection of `Deno.listen`: a loop that reads, and a writer. */
export class DenoTransport implements Transport, WriterOwner {
  readonly remoteAddress: Address
  readonly localAddress: Address
  readonly tls: null = null
  readonly #conn: DenoConn
  readonly #writer: DenoWriter
  #sink: TransportSink | null = null
  readonly #turn = new InputTurn()
  #paused = false
  /** Ends a pause of the reading loop. */
  #wake: (() => void) | null = null
  #peerEnded = false
  #finished = false
  #closed = false

  constructor(conn: DenoConn) {
    this.#conn = conn
    this.remoteAddress = makeAddress(conn.remoteAddr.hostname, conn.remoteAddr.port)
    this.localAddress = makeAddress(conn.localAddr.hostname, conn.localAddr.port)
    this.#writer = new DenoWriter(conn, this)
  }

  get unsent(): number {
    return this.#writer.length
  }

  start(sink: TransportSink): void {
    this.#sink = sink
    countConnection(1)
    void this.#read(sink)
  }

  write(bytes: Uint8Array): boolean {
    return this.#writer.write(bytes)
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    return this.#writer.writev(chunks)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#wake?.()
    this.#wake = null
  }

  end(): void {
    this.#writer.end()
  }

  destroy(): void {
    this.#close(null)
  }

  /** Called by the writer. */
  drained(): void {
    if (this.#closed) return
    try {
      this.#sink?.onDrain()
    } catch (error) {
      this.failed(error)
    }
  }

  flushed(): void {
    void this.#closeWrite()
  }

  failed(error: unknown): void {
    this.#close(asError(error))
  }

  async #read(sink: TransportSink): Promise<void> {
    const small = new Uint8Array(smallSize)
    let buffer = small
    try {
      for (;;) {
        const count = await this.#conn.read(buffer)
        // A pause may have begun while the read was under way.
        while (this.#paused && !this.#closed) await this.#resumed()
        if (this.#closed) return
        if (count === null) break
        if (this.#turn.deliver(sink, buffer.subarray(0, count)))
          await new Promise<void>(afterOthers)
        if (buffer === small) {
          if (count === smallSize) buffer = pool.take()
        } else if (count < smallSize) {
          pool.giveBack(buffer)
          buffer = small
        }
        while (this.#paused && !this.#closed) await this.#resumed()
        if (this.#closed) return
      }
      this.#peerEnded = true
      sink.onEnd()
      if (this.#finished) this.#close(null)
    } catch (error) {
      this.failed(error)
    } finally {
      if (buffer !== small) pool.giveBack(buffer)
    }
  }

  async #closeWrite(): Promise<void> {
    try {
      await this.#conn.closeWrite()
    } catch (error) {
      // The peer left during the call.
      this.failed(error)
      return
    }
    this.#finished = true
    if (this.#peerEnded) this.#close(null)
  }

  #resumed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #close(error: Error | null): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#sink) countConnection(-1)
    this.#writer.stop()
    try {
      this.#conn.close()
    } catch {
      // The connection is closed already.
    }
    this.#wake?.()
    queueMicrotask(() => tellClosed(this.#sink, error))
  }
}
