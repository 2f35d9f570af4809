/**
 * Answers one request. The stream calls the methods. When a method returns a promise, the next method is called once
 * the promise has settled; `onClose` and `onShutdown` do not wait.
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
  /** The server shuts down gracefully. An exchange that would not end by itself, such as a WebSocket, is to end now. */
  onShutdown?(): void
}

/** The exchange of a request that is answered without a handler. */
export const noExchange: Exchange = {
  onHeaders() {},
  onData() {},
  onRequestDone() {},
  onClose() {},
}
