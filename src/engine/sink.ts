import type { FlatFields } from '../common/fields.ts'

/**
 * Callbacks of a session, one for each kind of event. They run while the records are being read, so they must not call
 * the session or another session of its engine. For HTTP/1.1, the stream identifier is the ordinal number of the
 * message on its connection.
 */
export interface SessionSink {
  /**
   * A header block. `category` is a `Category`, `flags` are of `BlockFlag`. The sink may keep `fields`. The flag
   * `repeated` is a hint: the fields are those of the session's last block with the flag `kept`.
   */
  headers(streamId: number, category: number, flags: number, fields: FlatFields): void
  /** Bytes of a body: a view of the chunk that was fed. */
  data(streamId: number, chunk: Uint8Array): void
  /** END_STREAM after the body. */
  streamEnded(streamId: number): void
  rstStream(streamId: number, errorCode: number): void
  /** The stream has closed; its identifier is not valid any more. */
  streamClosed(streamId: number, errorCode: number): void
  /** Identifiers and values in turn. */
  settings(isAck: boolean, words: number[]): void
  ping(isAck: boolean, opaque: Uint8Array): void
  goaway(lastStreamId: number, errorCode: number, debugData: Uint8Array): void
  windowUpdate(streamId: number, increment: number): void
  pushPromise(streamId: number, promisedId: number, flags: number, fields: FlatFields): void
  priorityUpdate(streamId: number, value: string): void
  altsvc(streamId: number, origin: string, value: string): void
  origin(origins: string[]): void
  extension(type: number, flags: number, streamId: number, payload: Uint8Array): void
  /** A submitted frame could not be sent; `errno` is an `NGHTTP2_ERR_*`. */
  frameNotSent(type: number, streamId: number, promisedId: number, errno: number): void
  /** A received frame broke a rule; RST_STREAM or GOAWAY is queued. */
  frameInvalid(type: number, streamId: number, errno: number): void
  /**
   * The response is complete before its request has ended (RFC 9113 §8.1). With the option `quiet` the owner of the
   * sink sends RST_STREAM (NO_ERROR); without it the session does, and this callback is not called.
   */
  answered(streamId: number): void
  goawaySent(lastStreamId: number, errorCode: number): void
  /** HTTP/1.1: the message broke a rule or a limit, and no input is read any more. `reason`: `Reason`. */
  refused(streamId: number, reason: number): void
  diagnostic(errno: number, message: string): void
  /**
   * A submitted body has lost bytes before they were sent: its buffer was transferred or made smaller. RST_STREAM
   * (INTERNAL_ERROR) is queued.
   */
  bodyChanged(streamId: number): void
  /** `length` bytes of a submitted body were sent; `buffered` bytes are left. */
  dataSent(streamId: number, length: number, buffered: number): void
}
