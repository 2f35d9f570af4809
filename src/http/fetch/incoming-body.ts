import type { HTTPError } from '../../common/errors.ts'
import { ByteQueue } from '../byte-queue.ts'

/**
 * A request's body between the connection and its reader. Until there is a reader, no bytes are taken: the promise that
 * `push` returns is not resolved, and the client's window is not opened for more.
 */
export class IncomingBody {
  /** A reader has begun. */
  isDisturbed = false
  /** Called when a reader begins: the time for `100 Continue` (RFC 9110 §10.1.1). */
  onFirstRead: (() => void) | undefined
  #waiting: Uint8Array | undefined
  #taken: (() => void) | undefined
  /** The first chunk of a body that `bytes()` collects; the later chunks are in `#collected`. */
  #head: Uint8Array | undefined
  #collected: ByteQueue | undefined
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  /** A reader waits for a piece. */
  #isAwaited = false
  /** The reader has cancelled the stream. */
  #isDiscarding = false
  #settle: ((error?: HTTPError) => void) | undefined
  #isComplete = false
  #error: HTTPError | undefined
  #stream: ReadableStream<Uint8Array> | undefined
  /** Takes the pieces instead of a reader; see `redirect`. */
  #elsewhere: ((chunk: Uint8Array) => void | Promise<void>) | undefined

  /**
   * A piece has arrived. The piece is taken once the returned promise resolves; without a promise it was taken at once.
   */
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

  /** The body is complete. */
  end(): void {
    this.#isComplete = true
    if (this.#waiting) return
    this.#finish()
  }

  /** The client left before the body was complete. */
  fail(error: HTTPError): void {
    if (this.#isComplete) return
    this.#error = error
    this.#waiting = this.#head = undefined
    this.#collected?.clear()
    this.#finish()
  }

  /** Passes all pieces to a tunnel from now on, the piece that waits too. */
  async redirect(to: (chunk: Uint8Array) => void | Promise<void>): Promise<void> {
    this.#elsewhere = to
    if (!this.#waiting) return
    await to(this.#waiting)
    this.#accept()
  }

  /** The whole body in one piece. Rejects with a TypeError when the body has a reader already. */
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

  /** The body piece by piece. The client sends as fast as the stream is read. */
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
          // The rest is taken and discarded, so that it does not fill the connection's window.
          this.#isDiscarding = true
          this.#accept()
        },
      },
      { highWaterMark: 0 },
    )
    return this.#stream
  }

  /** Reads the body from the stream that was given out, and that may have been read in part. */
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
