import { bodyChangedError } from '../../common/body-changed.ts'
import { BufferPool } from '../shared/buffer-pool.ts'
import { ChunkQueue } from '../shared/chunk-queue.ts'
import type { DenoConn } from './types.ts'
import { writeLimit } from '../shared/limits.ts'
import { Slab } from '../shared/slab.ts'

/** Larger joins are slower: they leave the processor's cache. */
const joinSize = 128 * 1024

/** Size of the buffers for short writes. Most writes are short, and each connection may have one under way. */
const shortSize = 4 * 1024

const shortPool = new BufferPool(shortSize, 1024)
const pool = new BufferPool(joinSize, 64)
const slab = new Slab()

/** Callbacks of a writer. */
export interface WriterOwner {
  /** The queue has room again, after `hasRoom` was false. */
  drained(): void
  /** All bytes are sent, after `end`. */
  flushed(): void
  failed(error: unknown): void
}

/** A queue with one `conn.write` at a time. Bytes that arrive during a write are joined for the next one. */
export class DenoWriter {
  readonly #conn: DenoConn
  readonly #owner: WriterOwner
  readonly #queue = new ChunkQueue()
  /** Bytes being written; a buffer of the pool when `#pooled`. */
  #bytes: Uint8Array | null = null
  /** Length of the memory of `#bytes` when the write began. */
  #length = 0
  #pooled: Uint8Array<ArrayBuffer> | null = null
  #blocked = false
  #ended = false
  #stopped = false
  readonly #onWritten: (count: number) => void = (count) => this.#written(count)
  readonly #onFailed: (error: unknown) => void = (error) => this.#fail(error)

  constructor(conn: DenoConn, owner: WriterOwner) {
    this.#conn = conn
    this.#owner = owner
  }

  /** Copies the bytes: the write goes on after the call has returned. */
  write(borrowed: Uint8Array): boolean {
    if (this.#ended) return false
    const { length } = borrowed
    if (this.#bytes) {
      this.#queue.push(slab.copy(borrowed))
    } else if (length > joinSize) {
      this.#start(borrowed.slice())
    } else if (length > 0) {
      const buffer = this.#take(length)
      buffer.set(borrowed)
      this.#start(buffer.subarray(0, length))
    }
    return this.#hasRoom()
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    if (this.#ended) return false
    for (const chunk of chunks) this.#queue.push(chunk)
    try {
      if (!this.#bytes) this.#next()
    } catch (error) {
      this.#fail(error)
    }
    return this.#hasRoom()
  }

  /** Takes no more bytes. `flushed` follows when all are sent, never from inside this call. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    if (!this.#bytes) queueMicrotask(() => this.#flushed())
  }

  /** Drops all bytes; the connection is closed. */
  stop(): void {
    this.#ended = true
    this.#stopped = true
    this.#queue.clear()
  }

  /** Bytes that wait, those being written among them. */
  get length(): number {
    return this.#queue.length + (this.#bytes?.length ?? 0)
  }

  #hasRoom(): boolean {
    if (this.length >= writeLimit || this.#stopped) this.#blocked = true
    return !this.#blocked
  }

  #start(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#length = bytes.length
    this.#conn.write(bytes).then(this.#onWritten, this.#onFailed)
  }

  #written(count: number): void {
    if (this.#stopped) {
      this.#rest()
      return
    }
    try {
      this.#goOn(count)
    } catch (error) {
      this.#fail(error)
    }
  }

  #goOn(count: number): void {
    const bytes = this.#bytes!
    if (count < this.#length) {
      if (bytes.length < this.#length) throw bodyChangedError()
      this.#start(bytes.subarray(count))
      return
    }
    this.#bytes = null
    if (this.#queue.length > 0) {
      this.#next()
      if (this.#queue.length + this.#length >= writeLimit) return
    } else {
      this.#rest()
    }
    if (this.#ended) {
      if (!this.#bytes) this.#flushed()
    } else if (this.#blocked) {
      this.#blocked = false
      this.#owner.drained()
    }
  }

  /** Writes the first bytes of the queue: a large chunk by itself, small ones joined. */
  #next(): void {
    const queue = this.#queue
    if (queue.length === 0) return
    const { first } = queue
    if (first.length >= joinSize || first.length === queue.length) {
      this.#rest()
      queue.drop(first.length)
      this.#start(first)
      return
    }
    const buffer = this.#take(Math.min(queue.length, joinSize))
    const length = queue.peek(buffer)
    queue.drop(length)
    this.#start(buffer.subarray(0, length))
  }

  /** A buffer for `length` bytes. The former buffer has no write under way. */
  #take(length: number): Uint8Array {
    if (this.#pooled && this.#pooled.length < length) this.#rest()
    this.#pooled ??= poolOf(length).take()
    return this.#pooled
  }

  /** No write is under way. */
  #rest(): void {
    this.#bytes = null
    if (!this.#pooled) return
    poolOf(this.#pooled.length).giveBack(this.#pooled)
    this.#pooled = null
  }

  #flushed(): void {
    if (!this.#stopped) this.#owner.flushed()
  }

  #fail(error: unknown): void {
    this.#rest()
    if (!this.#stopped) this.#owner.failed(error)
  }
}

function poolOf(length: number): BufferPool {
  return length <= shortSize ? shortPool : pool
}
