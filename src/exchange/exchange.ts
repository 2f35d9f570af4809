/**
 * Answers one request. Its stream calls it; a method that returns a promise is waited for before the next is called,
 * `onClose` and `onShutdown` excepted.
 */
export interface Exchange {
  /** The header fields of the request are complete. */
  onHeaders(): void | Promise<void>
  /** A part of the request's body. The client may send more once this has returned, or its promise resolved. */
  onData(chunk: Uint8Array): void | Promise<void>
  /** The request is complete, trailers included. */
  onRequestDone(): void | Promise<void>
  /** The stream is over. `errorCode`: 0 (NO_ERROR) in order, else the reason (RFC 9113 §7). */
  onClose(errorCode: number): void | Promise<void>
  /** The server shuts down in order: an exchange without an end of its own, such as a WebSocket, ends itself. */
  onShutdown?(): void
}

/** The exchange of a request that is answered without a handler. */
export const noExchange: Exchange = {
  onHeaders() {},
  onData() {},
  onRequestDone() {},
  onClose() {},
}
