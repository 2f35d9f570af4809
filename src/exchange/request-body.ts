import { ByteQueue } from '../http/byte-queue.ts'
import { isThenable } from '../common/thenable.ts'
import type { ServerStream } from './server-stream.ts'

/**
 * The body of a request on its way to its exchange. What a handler has not taken in yet is not given back to the
 * client's window: an upload is as fast as its reader.
 */
export class RequestBody {
  /** END_STREAM was seen. */
  isComplete = false
  bytesReceived = 0
  readonly #stream: ServerStream
  /** A handler's promise that is waited for. */
  #pending = false
  /** What came meanwhile. */
  #queue: ByteQueue | undefined
  #isDelivered = false
  #isDiscarding = false

  constructor(stream: ServerStream) {
    this.#stream = stream
  }

  /** The handler is slow, not the client. */
  get isBlocked(): boolean {
    return this.#pending
  }

  /** Begins the exchange. */
  begin(): void {
    try {
      this.#waitFor(this.#stream.exchange.onHeaders(), 0)
    } catch (error) {
      this.#stream.fail(error)
    }
    if (this.isComplete && !this.#pending) this.#done()
  }

  /** A part of the body. `isBorrowed`: its memory is written again in another turn. */
  data(chunk: Uint8Array, isBorrowed: boolean): void {
    if (this.bytesReceived === 0) this.#stream.connection.bodyBegins()
    this.bytesReceived += chunk.length
    if (this.#isDiscarding) {
      this.#discard(chunk.length)
      return
    }
    if (this.bytesReceived > this.#stream.maxRequestBodySize) {
      // The response is on its way: the client is to read it before it is stopped.
      if (this.#stream.isComplete) {
        this.discard()
        this.#discard(chunk.length)
        return
      }
      this.#stream.refuseBody()
    }
    if (this.#pending) (this.#queue ??= new ByteQueue()).push(chunk, isBorrowed)
    else this.#deliver(isBorrowed ? chunk.slice() : chunk)
  }

  /** The request is complete. */
  end(): void {
    this.isComplete = true
    if (!this.#pending) this.#done()
  }

  /** The response is complete: what still comes is dropped, and the stream's window stays as it is. */
  discard(): void {
    this.#isDiscarding = this.#isDelivered = true
    if (this.#queue) this.#discard(this.#queue.length)
    this.#queue = undefined
  }

  /** The stream is over: the session has given what waits back to the connection's window. */
  closed(): void {
    this.#queue = undefined
    this.#isDelivered = true
  }

  #deliver(chunk: Uint8Array): void {
    const { length } = chunk
    const stream = this.#stream
    try {
      if (!stream.isReset && !stream.isClosed) this.#waitFor(stream.exchange.onData(chunk), length)
    } catch (error) {
      stream.fail(error)
    }
    if (!this.#pending) this.#consume(length)
  }

  #done(): void {
    if (this.#isDelivered || this.#stream.isReset) return
    this.#isDelivered = true
    try {
      this.#waitFor(this.#stream.exchange.onRequestDone(), 0)
    } catch (error) {
      this.#stream.fail(error)
    }
  }

  /** Where the handler returned a promise, what follows has to wait; then `length` bytes are consumed. */
  #waitFor(result: unknown, length: number): void {
    if (!isThenable(result)) return
    this.#pending = true
    Promise.resolve(result).then(
      () => this.#goOn(length),
      (error: unknown) => {
        this.#stream.fail(error)
        this.#goOn(length)
      },
    )
  }

  /** Does not throw: what handlers throw is told to the stream, and the connection's verbs do not. */
  #goOn(length: number): void {
    this.#pending = false
    this.#stream.movedAt = this.#stream.connection.now
    if (length > 0) this.#consume(length)
    while (!this.#pending && this.#queue) {
      const chunk = this.#queue.shift()
      if (!chunk) break
      this.#deliver(chunk)
    }
    if (!this.#pending && this.isComplete) this.#done()
  }

  #discard(length: number): void {
    this.#stream.connection.discard(this.#stream.id, length)
  }

  #consume(length: number): void {
    this.#stream.connection.consume(this.#stream.id, length)
  }
}
