import type { Socket } from 'node:net'
import { bodyChangedError } from '../../common/body-changed.ts'
import { ChunkQueue } from '../shared/chunk-queue.ts'
import { totalLength } from '../shared/total-length.ts'

/** The bounds of a slice, in bytes. A larger one costs less; a slow client has to take one within the timeouts. */
const least = 64 * 1024
const most = 1024 * 1024
/** Milliseconds until a slice has gone. Below `soon` the next is larger, above `late` it is smaller. */
const soon = 10
const late = 50

/** Callbacks of a sliced writer. */
export interface SlicedWriterOwner {
  /** The queue is empty: all slices are handed over. */
  drained(): void
  failed(error: unknown): void
}

/**
 * Writes a large amount of bytes to a TLS socket in slices, the next one when the system has taken the one before. Deno
 * tells nothing of a write until all of it has gone.
 */
export class SlicedWriter {
  readonly #socket: Socket
  readonly #owner: SlicedWriterOwner
  readonly #queue = new ChunkQueue()
  #size = 256 * 1024
  /** A slice is under way. */
  #isWaiting = false

  constructor(socket: Socket, owner: SlicedWriterOwner) {
    this.#socket = socket
    this.#owner = owner
  }

  /** Whether so many bytes are written in slices, or follow such. */
  isFor(length: number): boolean {
    return length > this.#size || this.length > 0
  }

  /** Bytes that the socket has not got. */
  get length(): number {
    return this.#queue.length
  }

  /** Takes chunks, which the caller must not change afterwards. */
  push(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.#queue.push(chunk)
    if (!this.#isWaiting) this.#send()
  }

  clear(): void {
    this.#queue.clear()
  }

  #send(): void {
    const socket = this.#socket
    const slice = this.#next()
    const length = totalLength(slice)
    const startedAt = performance.now()
    const sent = (error?: Error | null): void => {
      // The socket emits the error too.
      if (error) return
      this.#isWaiting = false
      // A part that was transferred before it was sent has spoilt the bytes after it.
      if (totalLength(slice) < length) this.#owner.failed(bodyChangedError())
      else this.#sent(performance.now() - startedAt)
    }
    this.#isWaiting = true
    const last = slice.length - 1
    socket.cork()
    for (let i = 0; i < last; i++) socket.write(slice[i]!)
    socket.write(slice[last]!, sent)
    socket.uncork()
  }

  /** Removes a slice from the queue. */
  #next(): Uint8Array[] {
    const queue = this.#queue
    const slice: Uint8Array[] = []
    for (let room = this.#size; room > 0 && queue.length > 0;) {
      const { first } = queue
      const part = first.length > room ? first.subarray(0, room) : first
      queue.drop(part.length)
      room -= part.length
      slice.push(part)
    }
    return slice
  }

  #sent(milliseconds: number): void {
    if (milliseconds < soon) this.#size = Math.min(this.#size * 2, most)
    else if (milliseconds > late) this.#size = Math.max(this.#size / 2, least)
    if (this.#queue.length === 0) {
      this.#owner.drained()
      return
    }
    try {
      this.#send()
    } catch (error) {
      this.#owner.failed(error)
    }
  }
}
