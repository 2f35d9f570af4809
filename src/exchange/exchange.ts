import type { ServerStream } from './server-stream.ts'

/** Who answers a request. A method that returns a promise is waited for before the next is called. */
export interface Exchange {
  /** The header fields are there. */
  onHeaders(): void | Promise<void>
  /** A part of the body. The client's window opens again once this has returned, or its promise resolved. */
  onData(chunk: Uint8Array): void | Promise<void>
  /** The request is complete, trailers and all. */
  onRequestDone(): void | Promise<void>
  /** The stream is over; 0: in order, else why (RFC 9113 §7). */
  onClose(errorCode: number): void | Promise<void>
  /** The server shuts down, in order: an exchange without an end of its own ends itself. */
  onShutdown?(): void
}

/** Makes the exchange for a request. */
export type Application = (stream: ServerStream) => Exchange

/** The exchange of a request that no handler sees. */
export const nobody: Exchange = {
  onHeaders() {},
  onData() {},
  onRequestDone() {},
  onClose() {},
}
