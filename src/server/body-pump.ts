import { DATA_DEFERRED, DATA_EOF, type PullResult } from '../http/body.ts'
import type { BodySource } from '../http/body-source.ts'
import type { BodySender } from './body-sender.ts'
import type { ServerStream } from './server-stream.ts'

/** Bytes read ahead of what the client takes. */
const highWater = 256 * 1024
/** Reading goes on when no more than this is left. */
const lowWater = 64 * 1024
/** What a pull function is asked for at a time. */
const pullSize = 64 * 1024

/** Reads a body as fast as the client takes it. */
export class BodyPump implements BodySender {
  readonly #stream: ServerStream
  readonly #source: BodySource
  /** A piece is on its way. */
  #isPulling = false
  /** The source has none until `resume()`. */
  #isDeferred = false
  /** `resume()` came before the source could say that it has none. */
  #isResumed = false
  #isDone = false
  readonly #onPulled: (result: PullResult) => void = (result) => this.#pulled(result)
  readonly #onFailed: (error: unknown) => void = (error) => this.#fail(error)

  constructor(stream: ServerStream, source: BodySource) {
    this.#stream = stream
    this.#source = source
  }

  /** Reads until enough is buffered or the source makes us wait. */
  run(): void {
    try {
      while (this.#mayPull && this.#stream.bufferedAmount < highWater) {
        this.#isPulling = true
        this.#isResumed = false
        const result = this.#source.pull(pullSize)
        if (result instanceof Promise) {
          result.then(this.#onPulled, this.#onFailed)
          return
        }
        this.#isPulling = false
        this.#take(result)
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The client took bytes; `buffered` are left. */
  sent(buffered: number): boolean {
    return buffered <= lowWater && this.#mayPull
  }

  /** The source has something again. */
  resume(): void {
    this.#isResumed = this.#isPulling
    this.#isDeferred = false
    this.run()
  }

  /** The client is gone. */
  cancel(reason: unknown): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#source.cancel(reason)
  }

  get #mayPull(): boolean {
    return !this.#isDone && !this.#isDeferred && !this.#isPulling
  }

  #pulled(result: PullResult): void {
    this.#isPulling = false
    if (this.#isDone) return
    try {
      this.#take(result)
    } catch (error) {
      this.#fail(error)
    }
    this.run()
  }

  #take([chunk, flag]: PullResult): void {
    if (chunk) this.#stream.write(chunk)
    if (flag === DATA_DEFERRED) {
      this.#isDeferred = !this.#isResumed
    } else if (flag === DATA_EOF) {
      this.#isDone = true
      this.#stream.endBody()
    }
  }

  #fail(error: unknown): void {
    if (this.#isDone) return
    this.cancel(error)
    this.#stream.fail(error)
  }
}
