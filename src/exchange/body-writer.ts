import type { BodyChunk } from '../http/body.ts'
import type { StreamCarrier } from './stream-carrier.ts'

/** Writes the body of a response: a `BodyPump`, or the application through a tunnel. */
export interface BodyWriter {
  /**
   * The client took bytes, and `buffered` bytes are left. True: `run()` is to be called once the records have been
   * read.
   */
  sent(buffered: number): boolean
  /** There is room for more bytes. */
  run(): void
  /** The source has bytes again after it had none. */
  resume(): void
  /** The body is not wanted any more. */
  cancel(reason: unknown): void
  /** The stream is over: no bytes of the body wait any more. */
  closed(): void
}

/** The stream that a body is written to. */
export interface BodyTarget {
  readonly id: number
  readonly carrier: StreamCarrier
  /** Bytes that wait for the client. */
  readonly bufferedAmount: number
  write(chunk: BodyChunk): void
  /** The body is complete; trailers follow it. */
  endBody(): void
  /** Ends the stream and reports the error. Does not throw. */
  fail(error: unknown): void
}
