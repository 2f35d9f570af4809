import { ErrorCode } from '../../common/errors.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'

/** Milliseconds for a client to read a response before the client is asked to stop its request. */
const patience = 500

interface Answered {
  readonly stream: ServerStream
  /** When the client is asked to stop. */
  readonly due: number
}

/**
 * Streams of a connection whose responses are complete though their requests are not. The client is asked to stop its
 * request with RST_STREAM (NO_ERROR; RFC 9113 §8.1). RST_STREAM is sent a moment after the response: clients that read
 * both at once drop the response, or wait for ever (curl 7.88, Node's client). Bytes that arrive meanwhile are
 * discarded, and the stream's window is not opened for more.
 */
export class EarlyAnswers {
  #waiting: Answered[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  add(stream: ServerStream): void {
    this.#waiting.push({ stream, due: performance.now() + patience })
    this.#timer ??= setTimeout(() => this.#stop(), patience)
  }

  /** The connection is closed. */
  cancel(): void {
    clearTimeout(this.#timer)
    this.#waiting = []
  }

  #stop(): void {
    const now = performance.now()
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ due }) => due > now)
    const [next] = this.#waiting
    this.#timer = next && setTimeout(() => this.#stop(), next.due - now)
    for (const { stream, due } of waiting) if (due <= now) stream.reset(ErrorCode.NO_ERROR)
  }
}
