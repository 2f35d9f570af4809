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
  #queue: Uint8Array[] | undefined
  #isDelivered = false

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

  /** A part of the body. */
  data(chunk: Uint8Array): void {
    this.bytesReceived += chunk.length
    if (this.#pending) (this.#queue ??= []).push(chunk)
    else this.#deliver(chunk)
  }

  /** The request is complete. */
  end(): void {
    this.isComplete = true
    if (!this.#pending) this.#done()
  }

  /** The stream is over: what waits goes back to the connection's window. */
  closed(): void {
    for (const chunk of this.#queue ?? []) this.#consume(chunk.length)
    this.#queue = undefined
    this.#isDelivered = true
  }

  #deliver(chunk: Uint8Array): void {
    const { length } = chunk
    try {
      if (!this.#stream.isReset) this.#waitFor(this.#stream.exchange.onData(chunk), length)
    } catch (error) {
      this.#stream.fail(error)
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
  #waitFor(result: void | Promise<void>, length: number): void {
    if (!(result instanceof Promise)) return
    this.#pending = true
    result.catch((error: unknown) => this.#stream.fail(error)).finally(() => this.#goOn(length))
  }

  #goOn(length: number): void {
    this.#pending = false
    this.#stream.movedAt = this.#stream.connection.now
    if (length > 0) this.#consume(length)
    while (!this.#pending && this.#queue?.length) this.#deliver(this.#queue.shift()!)
    if (!this.#pending && this.isComplete) this.#done()
  }

  #consume(length: number): void {
    this.#stream.connection.consume(this.#stream.id, length)
  }
}
