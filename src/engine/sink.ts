import type { FlatFields } from '../common/fields.ts'

/**
 * Callbacks of a session: its events by number, without an object for each. The records are being read while they run,
 * so they take notes and return; they must not call the session, or any other of its engine. A message of HTTP/1.1 has
 * its ordinal number on the connection for a stream's identifier.
 */
export interface SessionSink {
  /** A header block. `category`: `Category`; `flags`: `BlockFlag.endStream`, `BlockFlag.truncated`. `fields` is the sink's to keep. */
  headers(streamId: number, category: number, flags: number, fields: FlatFields): void
  /** Bytes of a body: a part of the chunk that was fed. */
  data(streamId: number, chunk: Uint8Array): void
  /** END_STREAM after the body. */
  streamEnded(streamId: number): void
  rstStream(streamId: number, errorCode: number): void
  /** Both sides are done with the stream; its id means nothing any more. */
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
  /** A frame we submitted could not be sent; `errno` is an `NGHTTP2_ERR_*`. */
  frameNotSent(type: number, streamId: number, promisedId: number, errno: number): void
  /** A frame of the peer's broke a rule; nghttp2 has answered with RST_STREAM or GOAWAY. */
  frameInvalid(type: number, streamId: number, errno: number): void
  /**
   * A response has been sent in full before its request ended (RFC 9113 §8.1). The session leaves it to the sink to stop the
   * client with RST_STREAM (NO_ERROR); with `quiet` only.
   */
  answered(streamId: number): void
  goawaySent(lastStreamId: number, errorCode: number): void
  /** HTTP/1.1: the message broke a rule or a limit, and no input is read any more. `reason`: `Reason`. */
  refused(streamId: number, reason: number): void
  diagnostic(errno: number, message: string): void
  /**
   * A body we submitted has lost bytes before they went out: its buffer was transferred or made smaller. RST_STREAM
   * (INTERNAL_ERROR) is on its way.
   */
  bodyChanged(streamId: number): void
  /** Bytes of a body we submitted went out; `buffered` are left. */
  dataSent(streamId: number, length: number, buffered: number): void
}
