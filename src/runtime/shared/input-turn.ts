import type { TransportSink } from '../../transport/transport.ts'

/** Milliseconds of work for the input of a connection, before others have their turn. */
const share = 1
/** Shorter chunks are not timed. A client that has much to send fills longer ones. */
const leastTimed = 16 * 1024

/**
 * Counts the work for the input of a connection. A client that sends as fast as the server takes it in always has another
 * chunk to read, and the runtimes go on reading for a while before they turn to other connections.
 */
export class InputTurn {
  #spent = 0

  /** Passes a chunk on. True: others have their turn now. */
  deliver(sink: TransportSink, chunk: Uint8Array): boolean {
    if (chunk.length < leastTimed) {
      sink.onData(chunk)
      return false
    }
    const begun = performance.now()
    sink.onData(chunk)
    this.#spent += performance.now() - begun
    if (this.#spent < share) return false
    this.#spent = 0
    return true
  }
}
