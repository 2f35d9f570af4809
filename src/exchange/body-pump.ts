import { DATA_DEFERRED, DATA_EOF, type PullResult } from '../http/body.ts'
import type { BodySource } from '../http/body-source.ts'
import type { BodyTarget, BodyWriter } from './body-writer.ts'

/** Bytes read ahead of what the client takes. */
const highWater = 256 * 1024
/** Reading continues when no more than this many bytes are left. */
const lowWater = 64 * 1024
/**
 * After this many empty pieces in a row, timers and connections have their turn. A source may give only empty pieces.
 */
const patience = 64
/** Fewer bytes are not worth a frame. */
const littleLeft = 4 * 1024
/** Bytes that a pull function is asked for: in general, and while the read-ahead has no room. */
const pullSize = 64 * 1024
const shortPullSize = 16 * 1024

/**
 * - `ready`: the source can be asked for a piece.
 * - `pulling`: a piece is awaited.
 * - `resumed`: a piece is awaited, and `resume()` was called meanwhile.
 * - `deferred`: the source has nothing until `resume()`.
 * - `done`: the source has ended, failed or was cancelled.
 */
type PumpState = 'ready' | 'pulling' | 'resumed' | 'deferred' | 'done'

/** Reads the body of a response from its source as fast as the client takes it. */
export class BodyPump implements BodyWriter {
  readonly #target: BodyTarget
  readonly #source: BodySource
  #state: PumpState = 'ready'
  /** Empty pieces in a row. */
  #empty = 0
  /** Bytes that wait for the client, as the connection's read-ahead counts them. */
  #counted = 0
  /** The client has just taken all but a few bytes, which are not to be sent in a frame alone. */
  #isNearlySent = false
  readonly #onPulled: (result: PullResult) => void = (result) => this.#pulled(result)
  readonly #onFailed: (error: unknown) => void = (error) => this.#fail(error)

  constructor(target: BodyTarget, source: BodySource) {
    this.#target = target
    this.#source = source
  }

  /** Reads until enough is buffered or the source makes the pump wait. */
  run(): void {
    try {
      const { readAhead } = this.#target.carrier
      while (this.#state === 'ready' && this.#counted < highWater) {
        if (this.#counted > 0 && !this.#mayReadAhead()) return
        if (this.#empty >= patience) {
          this.#rest()
          return
        }
        this.#isNearlySent = false
        this.#state = 'pulling'
        const result = this.#source.pull(readAhead.hasRoom ? pullSize : shortPullSize)
        if (result instanceof Promise) {
          result.then(this.#onPulled, this.#onFailed)
          return
        }
        this.#take(result)
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  sent(buffered: number): boolean {
    this.#count(buffered)
    this.#isNearlySent = buffered < littleLeft
    return buffered <= lowWater && this.#state === 'ready'
  }

  resume(): void {
    if (this.#state === 'pulling') this.#state = 'resumed'
    else if (this.#state === 'deferred') this.#state = 'ready'
    this.run()
  }

  cancel(reason: unknown): void {
    if (this.#state === 'done') return
    this.#state = 'done'
    this.#source.cancel(reason)
  }

  closed(): void {
    this.#count(0)
  }

  /** Whether to read while bytes wait: there is memory for more bytes, and the stream's window would take them. */
  #mayReadAhead(): boolean {
    if (this.#isNearlySent) return true
    const { carrier, id } = this.#target
    if (!carrier.readAhead.hasRoom) return false
    // Only the stream's window counts. The connection's window may be full of less urgent bytes, which this body
    // overtakes.
    return !carrier.windows || this.#counted < carrier.windows.remote(id)
  }

  #rest(): void {
    this.#empty = 0
    this.#state = 'pulling'
    setTimeout(() => {
      if (this.#state === 'done') return
      this.#state = 'ready'
      this.run()
    })
  }

  #count(buffered: number): void {
    this.#target.carrier.readAhead.add(buffered - this.#counted)
    this.#counted = buffered
  }

  #pulled(result: PullResult): void {
    if (this.#state === 'done') return
    try {
      this.#take(result)
    } catch (error) {
      this.#fail(error)
    }
    this.run()
  }

  /** Takes the piece that was awaited. */
  #take([chunk, flag]: PullResult): void {
    const isResumed = this.#state === 'resumed'
    if (chunk) {
      this.#target.write(chunk)
      this.#count(this.#target.bufferedAmount)
    }
    this.#empty = chunk && chunk.length > 0 ? 0 : this.#empty + 1
    // The write may have failed its stream, which cancels the body.
    if (this.#isDone) return
    this.#state = flag === DATA_DEFERRED && !isResumed ? 'deferred' : 'ready'
    if (flag === DATA_EOF) {
      this.#state = 'done'
      this.#target.endBody()
    }
  }

  get #isDone(): boolean {
    return this.#state === 'done'
  }

  #fail(error: unknown): void {
    if (this.#state === 'done') return
    this.cancel(error)
    this.#target.fail(error)
  }
}
