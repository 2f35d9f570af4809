import type { Address, Transport, TransportSink } from '../../transport/transport.ts'
import { ChunkQueue } from '../shared/chunk-queue.ts'
import { asError, connectionResetError } from '../shared/errors.ts'
import { tellClosed } from '../shared/hand-over.ts'
import { writeLimit } from '../shared/limits.ts'

/** Number of deliveries after which timers and I/O have their turn, so that two busy ends do not block them. */
const deliveriesInARow = 256

let deliveries = 0

function later(callback: () => void): void {
  if (++deliveries % deliveriesInARow === 0) setTimeout(callback, 0)
  else queueMicrotask(callback)
}

/** One end of a pair in memory. */
export class MemoryTransport implements Transport {
  readonly remoteAddress: Address
  readonly localAddress: Address
  readonly tls: null = null
  #peer: MemoryTransport | null = null
  #sink: TransportSink | null = null
  /** Bytes that the peer wrote and that were not delivered to the sink yet. */
  readonly #inbox = new ChunkQueue()
  #scheduled = false
  #paused = false
  /** A `write` returned false. */
  #blocked = false
  #ended = false
  #peerEnded = false
  #toldEnd = false
  #closed = false
  #error: Error | null = null

  constructor(localAddress: Address, remoteAddress: Address) {
    this.localAddress = localAddress
    this.remoteAddress = remoteAddress
  }

  /** The two ends of one connection. */
  static pair(client: Address, server: Address): [MemoryTransport, MemoryTransport] {
    const clientEnd = new MemoryTransport(client, server)
    const serverEnd = new MemoryTransport(server, client)
    clientEnd.#peer = serverEnd
    serverEnd.#peer = clientEnd
    return [clientEnd, serverEnd]
  }

  start(sink: TransportSink): void {
    this.#sink = sink
    this.#schedule()
  }

  write(bytes: Uint8Array): boolean {
    return !this.#ended && this.#send([bytes.slice()])
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    return !this.#ended && this.#send(chunks)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    const peer = this.#peer!
    peer.#peerEnded = true
    peer.#schedule()
    this.#schedule()
  }

  destroy(): void {
    this.#close(null)
  }

  #send(chunks: readonly Uint8Array[]): boolean {
    const peer = this.#peer!
    for (const chunk of chunks) peer.#inbox.push(chunk)
    peer.#schedule()
    if (peer.#inbox.length >= writeLimit) this.#blocked = true
    return !this.#blocked
  }

  #schedule(): void {
    if (this.#scheduled || !this.#sink) return
    this.#scheduled = true
    later(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  /** Delivers to the sink. Only this method calls it. */
  #deliver(): void {
    const sink = this.#sink
    if (!sink) return
    try {
      this.#deliverTo(sink)
    } catch (error) {
      this.#close(asError(error))
    }
    if (this.#closed) {
      this.#sink = null
      tellClosed(sink, this.#error)
    }
  }

  #deliverTo(sink: TransportSink): void {
    const inbox = this.#inbox
    // Bytes written during the call are delivered in a turn of their own.
    let left = inbox.length
    while (left > 0 && !this.#paused && !this.#closed) {
      const first = this.#firstOf(inbox)
      if (!first) return
      inbox.drop(first.length)
      left -= first.length
      sink.onData(first)
    }
    if (this.#closed) return
    const peer = this.#peer!
    if (peer.#blocked && inbox.length === 0) peer.#schedule()
    if (inbox.length > 0 && !this.#paused) this.#schedule()
    if (this.#blocked && peer.#inbox.length === 0) {
      this.#blocked = false
      sink.onDrain()
    }
    if (this.#peerEnded && !this.#toldEnd && inbox.length === 0 && !this.#paused) {
      this.#toldEnd = true
      sink.onEnd()
      // `end` may have been called during the delivery, or the peer may wait for it.
      peer.#schedule()
    }
    if (this.#ended && this.#toldEnd && peer.#toldEnd) this.#closed = true
  }

  /** A chunk that its sender has changed ends the sender's side with that error. */
  #firstOf(inbox: ChunkQueue): Uint8Array | undefined {
    try {
      return inbox.first
    } catch (error) {
      this.#peer!.#close(asError(error))
      return undefined
    }
  }

  #close(error: Error | null): void {
    if (this.#closed) return
    this.#ended = true
    this.#closed = true
    this.#error = error
    this.#inbox.clear()
    this.#schedule()
    const peer = this.#peer!
    // No bytes are lost where both sides have ended.
    peer.#close(this.#toldEnd && peer.#toldEnd && !error ? null : connectionResetError())
  }
}
