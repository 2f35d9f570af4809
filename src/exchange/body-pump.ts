import { DATA_DEFERRED, DATA_EOF, type PullResult } from '../http/body.ts'
import type { BodySource } from '../http/body-source.ts'
import type { BodySender } from './body-writer.ts'
import type { ServerStream } from './server-stream.ts'

/** Bytes read ahead of what the client takes. */
const highWater = 256 * 1024
/** Reading goes on when no more than this is left. */
const lowWater = 64 * 1024
/** After so many empty pieces in a row, timers and connections have their turn: a source may never have more. */
const patience = 64
/** So few bytes are a poor frame. */
const littleLeft = 4 * 1024
/** What a pull function is asked for at a time, and where memory is short. */
const pullSize = 64 * 1024
const shortPullSize = 16 * 1024

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
  /** Empty pieces in a row. */
  #empty = 0
  /** Bytes that wait, as the connection's read-ahead knows them. */
  #counted = 0
  /** The client has just taken all but a little, which is not to go out by itself. */
  #isNearlySent = false
  readonly #onPulled: (result: PullResult) => void = (result) => this.#pulled(result)
  readonly #onFailed: (error: unknown) => void = (error) => this.#fail(error)

  constructor(stream: ServerStream, source: BodySource) {
    this.#stream = stream
    this.#source = source
  }

  /** Reads until enough is buffered or the source makes us wait. */
  run(): void {
    try {
      const { readAhead } = this.#stream.connection
      while (this.#mayPull && this.#counted < highWater) {
        if (this.#counted > 0 && !this.#mayReadAhead()) return
        if (this.#empty >= patience) {
          this.#rest()
          return
        }
        this.#isNearlySent = false
        this.#isPulling = true
        this.#isResumed = false
        const result = this.#source.pull(readAhead.hasRoom ? pullSize : shortPullSize)
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
    this.#count(buffered)
    this.#isNearlySent = buffered < littleLeft
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

  closed(): void {
    this.#count(0)
  }

  /** While some waits: there is memory for more, and a window that would take it. */
  #mayReadAhead(): boolean {
    if (this.#isNearlySent) return true
    const { connection, id } = this.#stream
    if (!connection.readAhead.hasRoom) return false
    // The connection's window may be full of what is less urgent: this one overtakes it.
    return this.#counted < connection.session.remoteWindowSize(id)
  }

  #rest(): void {
    this.#empty = 0
    this.#isPulling = true
    setTimeout(() => {
      this.#isPulling = false
      this.run()
    })
  }

  #count(buffered: number): void {
    this.#stream.connection.readAhead.add(buffered - this.#counted)
    this.#counted = buffered
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
    if (chunk) {
      this.#stream.write(chunk)
      this.#count(this.#stream.bufferedAmount)
    }
    this.#empty = chunk && chunk.length > 0 ? 0 : this.#empty + 1
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
