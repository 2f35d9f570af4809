import { DATA_DEFERRED, DATA_EOF, type PullResult, toBytes } from '../http/body.ts'
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
  /** A piece is being waited for, or the source has none until `resume()`. */
  #isWaiting = false
  #isDone = false

  constructor(stream: ServerStream, source: BodySource) {
    this.#stream = stream
    this.#source = source
  }

  /** Reads until enough is buffered or the source makes us wait. */
  run(): void {
    try {
      while (!this.#isDone && !this.#isWaiting && this.#stream.bufferedAmount < highWater) {
        const result = this.#source.pull(pullSize)
        if (result instanceof Promise) this.#wait(result)
        else this.#take(result)
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The client took bytes; `buffered` are left. */
  sent(buffered: number): boolean {
    return buffered <= lowWater && !this.#isDone && !this.#isWaiting
  }

  /** The source has something again. */
  resume(): void {
    this.#isWaiting = false
    this.run()
  }

  /** The client is gone. */
  cancel(reason: unknown): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#source.cancel(reason)
  }

  async #wait(result: Promise<PullResult>): Promise<void> {
    this.#isWaiting = true
    try {
      const settled = await result
      this.#isWaiting = false
      if (this.#isDone) return
      this.#take(settled)
      this.run()
    } catch (error) {
      this.#fail(error)
    }
  }

  #take([chunk, flag]: PullResult): void {
    if (flag === DATA_DEFERRED) {
      this.#isWaiting = true
      return
    }
    this.#isDone = flag === DATA_EOF
    if (chunk !== null) this.#stream.write(toBytes(chunk))
    if (this.#isDone) this.#stream.endBody()
  }

  #fail(error: unknown): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#stream.fail(error)
  }
}
