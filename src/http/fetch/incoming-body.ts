import type { HTTPError } from '../../common/errors.ts'
import { ByteQueue } from '../byte-queue.ts'

/**
 * A request's body between the connection and its reader. Until there is a reader, nothing is taken in: the promise
 * that `push` returns is not resolved, and the client's window stays as it is.
 */
export class IncomingBody {
  /** A reader has begun. */
  isDisturbed = false
  /** Called when a reader begins: the time for `100 Continue` (RFC 9110 §10.1.1). */
  onFirstRead: (() => void) | undefined
  #waiting: Uint8Array | undefined
  #taken: (() => void) | undefined
  /** All of the body is wanted in one piece: its first chunk, and those behind it. */
  #head: Uint8Array | undefined
  #collected: ByteQueue | undefined
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** A reader waits for a piece. */
  #isAwaited = false
  /** The reader lost interest. */
  #isDiscarding = false
  #settle: ((error?: HTTPError) => void) | undefined
  #isComplete = false
  #error: HTTPError | undefined
  #stream: ReadableStream<Uint8Array> | undefined
  /** Where pieces go instead. */
  #elsewhere: ((chunk: Uint8Array) => void | Promise<void>) | undefined

  /** A piece arrived; it is taken in once the result resolves, or at once. */
  push(chunk: Uint8Array): void | Promise<void> {
    if (this.#isDiscarding) return undefined
    if (this.#elsewhere) return this.#elsewhere(chunk)
    if (this.#collected) {
      this.#collect(chunk)
      return undefined
    }
    if (this.#isAwaited) {
      this.#isAwaited = false
      this.#controller?.enqueue(chunk)
      return undefined
    }
    this.#waiting = chunk
    return new Promise((resolve) => (this.#taken = resolve))
  }

  /** END_STREAM. */
  end(): void {
    this.#isComplete = true
    if (this.#waiting) return
    this.#finish()
  }

  /** The client went before the body was complete. */
  fail(error: HTTPError): void {
    if (this.#isComplete) return
    this.#error = error
    this.#waiting = this.#head = undefined
    this.#collected?.clear()
    this.#finish()
  }

  /** All pieces go to another taker from now on, those that wait too: a tunnel. */
  async redirect(to: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
    this.#elsewhere = to
    if (!this.#waiting) return
    await to(this.#waiting)
    this.#accept()
  }

  /** All of it, in one piece; rejects with a TypeError when it has a reader already. */
  async bytes(): Promise<Uint8Array> {
    if (this.#stream) return this.#drain(this.#stream)
    this.#begin()
    this.#collected = new ByteQueue()
    if (this.#waiting) {
      this.#collect(this.#waiting)
      this.#accept()
    }
    if (!this.#isComplete) {
      await new Promise<void>((resolve, reject) => {
        this.#settle = (error) => (error ? reject(error) : resolve())
        if (this.#error) reject(this.#error)
      })
    }
    return this.#takeCollected()
  }

  /** Piece by piece; the client sends as fast as this is read. */
  stream(): ReadableStream<Uint8Array> {
    if (this.isDisturbed) this.#stream ??= usedStream()
    this.#stream ??= new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
          if (this.#error) controller.error(this.#error)
          else if (this.#isComplete && !this.#waiting) controller.close()
        },
        pull: (controller) => {
          if (!this.isDisturbed) this.#begin()
          this.#isAwaited = !this.#waiting
          if (!this.#waiting) return
          const chunk = this.#waiting
          this.#accept()
          controller.enqueue(chunk)
          if (this.#isComplete) controller.close()
        },
        cancel: () => {
          this.isDisturbed = true
          this.#controller = undefined
          // The reader has gone: the rest is taken in, so that the connection's window is not held.
          this.#isDiscarding = true
          this.#accept()
        },
      },
      { highWaterMark: 0 },
    )
    return this.#stream
  }

  /** The stream was given out, and may have been read in part. */
  async #drain(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
    if (this.isDisturbed || stream.locked) throw new TypeError('the body was read already')
    const chunks = new ByteQueue()
    const reader = stream.getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return chunks.takeAll()
      chunks.push(value)
    }
  }

  /** Most bodies are one chunk, which is not copied. */
  #collect(chunk: Uint8Array): void {
    if (this.#head || this.#collected!.length > 0) {
      if (this.#head) this.#collected!.push(this.#head)
      this.#head = undefined
      this.#collected!.push(chunk)
    } else {
      this.#head = chunk
    }
  }

  #takeCollected(): Uint8Array {
    const all = this.#head ?? this.#collected!.takeAll()
    this.#head = undefined
    return all
  }

  #begin(): void {
    if (this.isDisturbed) throw new TypeError('the body was read already')
    this.isDisturbed = true
    this.onFirstRead?.()
  }

  /** Opens the client's window for the piece that waited. */
  #accept(): void {
    this.#waiting = undefined
    const taken = this.#taken
    this.#taken = undefined
    taken?.()
  }

  #finish(): void {
    this.#settle?.(this.#error)
    if (!this.#controller) return
    if (this.#error) this.#controller.error(this.#error)
    else this.#controller.close()
    this.#controller = undefined
  }
}

/** A stream that was read to its end. */
function usedStream(): ReadableStream<Uint8Array> {
  const stream = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() })
  const reader = stream.getReader()
  void reader.read()
  reader.releaseLock()
  return stream
}
