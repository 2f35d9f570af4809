import { ByteQueue } from '../http/byte-queue.ts'
import { isThenable } from '../common/thenable.ts'
import type { Exchange } from './exchange.ts'
import type { StreamCarrier } from './stream-carrier.ts'

/** The stream that a request belongs to. */
export interface RequestBodyOwner {
  readonly id: number
  readonly carrier: StreamCarrier
  readonly exchange: Exchange
  readonly maxRequestBodySize: number
  readonly isComplete: boolean
  readonly isClosed: boolean
  readonly isReset: boolean
  movedAt: number
  /** The body is longer than `maxRequestBodySize`. */
  refuseBody(): void
  /** Ends the stream and reports the error. Does not throw. */
  fail(error: unknown): void
}

/**
 * - `open`: parts of the body go to the exchange.
 * - `delivered`: the exchange's `onRequestDone` was called, or the stream is over.
 * - `discarding`: the response is complete; parts of the body are discarded.
 */
type Delivery = 'open' | 'delivered' | 'discarding'

/**
 * The body of a request on its way to its exchange. Bytes count as consumed once the exchange has taken them, so an
 * upload is as fast as its reader.
 */
export class RequestBody {
  /** All of the request has arrived. */
  isComplete = false
  bytesReceived = 0
  readonly #stream: RequestBodyOwner
  #delivery: Delivery = 'open'
  /** A promise of the exchange is awaited. */
  #isPending = false
  /** Bytes that have arrived meanwhile. */
  #queue: ByteQueue | undefined

  constructor(stream: RequestBodyOwner) {
    this.#stream = stream
  }

  /** The exchange has not taken a part of the body yet: the handler is slow, not the client. */
  get isBlocked(): boolean {
    return this.#isPending
  }

  /** Begins the exchange. */
  begin(): void {
    try {
      this.#waitFor(this.#stream.exchange.onHeaders(), 0)
    } catch (error) {
      this.#stream.fail(error)
    }
    if (this.isComplete && !this.#isPending) this.#done()
  }

  /** A part of the body has arrived. `isBorrowed`: the memory of `chunk` is overwritten in a later turn. */
  data(chunk: Uint8Array, isBorrowed: boolean): void {
    if (this.bytesReceived === 0) this.#stream.carrier.windows?.bodyBegins()
    this.bytesReceived += chunk.length
    if (this.#delivery === 'discarding') {
      this.#discard(chunk.length)
      return
    }
    if (this.bytesReceived > this.#stream.maxRequestBodySize) {
      // The response is complete. The client can read it before the request is stopped.
      if (this.#stream.isComplete) {
        this.discard()
        this.#discard(chunk.length)
        return
      }
      this.#stream.refuseBody()
    }
    if (this.#isPending) (this.#queue ??= new ByteQueue()).push(chunk, isBorrowed)
    else this.#deliver(isBorrowed ? chunk.slice() : chunk)
  }

  /** The request is complete. */
  end(): void {
    this.isComplete = true
    if (!this.#isPending) this.#done()
  }

  /** The response is complete. Bytes are discarded from now on, and the stream's window is not opened for more. */
  discard(): void {
    this.#delivery = 'discarding'
    if (this.#queue) this.#discard(this.#queue.length)
    this.#queue = undefined
  }

  /** The stream becomes a tunnel: bytes follow a request that was complete (RFC 9110 §7.8). */
  reopen(): void {
    this.isComplete = false
    this.#delivery = 'open'
  }

  /** The stream is over. The protocol has given the bytes that wait back to the connection's window. */
  closed(): void {
    this.#queue = undefined
    if (this.#delivery === 'open') this.#delivery = 'delivered'
  }

  #deliver(chunk: Uint8Array): void {
    const { length } = chunk
    const stream = this.#stream
    try {
      if (!stream.isReset && !stream.isClosed) this.#waitFor(stream.exchange.onData(chunk), length)
    } catch (error) {
      stream.fail(error)
    }
    if (!this.#isPending) this.#consume(length)
  }

  #done(): void {
    if (this.#delivery !== 'open' || this.#stream.isReset) return
    this.#delivery = 'delivered'
    try {
      this.#waitFor(this.#stream.exchange.onRequestDone(), 0)
    } catch (error) {
      this.#stream.fail(error)
    }
  }

  /** If the handler returned a promise, later calls wait for the promise. Then `length` bytes are consumed. */
  #waitFor(result: unknown, length: number): void {
    if (!isThenable(result)) return
    this.#isPending = true
    Promise.resolve(result).then(
      () => this.#goOn(length),
      (error: unknown) => {
        this.#stream.fail(error)
        this.#goOn(length)
      },
    )
  }

  /** Does not throw: an error of the handler fails the stream, and the carrier's methods do not throw. */
  #goOn(length: number): void {
    this.#isPending = false
    this.#stream.movedAt = this.#stream.carrier.now
    if (length > 0) this.#consume(length)
    while (!this.#isPending && this.#queue) {
      const chunk = this.#queue.shift()
      if (!chunk) break
      this.#deliver(chunk)
    }
    if (!this.#isPending && this.isComplete) this.#done()
  }

  #discard(length: number): void {
    this.#stream.carrier.discarded(this.#stream.id, length)
  }

  #consume(length: number): void {
    this.#stream.carrier.consumed(this.#stream.id, length)
  }
}
