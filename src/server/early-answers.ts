import { ErrorCode } from '../engine/errors.ts'
import type { ServerStream } from './server-stream.ts'

/** Milliseconds for a client to read a response before it is told to stop its request. */
const patience = 50

/**
 * Streams of a connection whose responses are complete though their requests are not. The client is asked to stop with
 * RST_STREAM (NO_ERROR; RFC 9113 §8.1), not with the response but a moment later: clients that read both at once drop the
 * response, or wait for ever (curl 7.88, Node's own).
 */
export class EarlyAnswers {
  #waiting: ServerStream[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  add(stream: ServerStream): void {
    this.#waiting.push(stream)
    this.#timer ??= setTimeout(() => this.#stop(), patience)
  }

  /** The connection is closed. */
  cancel(): void {
    clearTimeout(this.#timer)
    this.#waiting = []
  }

  #stop(): void {
    this.#timer = undefined
    const waiting = this.#waiting
    this.#waiting = []
    for (const stream of waiting) stream.reset(ErrorCode.NO_ERROR)
  }
}
