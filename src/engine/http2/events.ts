import type { HTTPError } from '../../common/errors.ts'
import type { HeaderField } from '../../common/fields.ts'
import type { Settings } from '../../common/settings.ts'

/*
 * Events of a session, in the order in which they happened. `receive()` returns them. Events that happen while bytes
 * are taken out are returned by the next `receive()` or `events()`.
 */

/** A server has received the header block of a request (RFC 9113 §8.3.1). */
export interface RequestReceived {
  readonly type: 'RequestReceived'
  readonly streamId: number
  /** Pseudo-header fields first. */
  readonly headers: HeaderField[]
  /** No body and no trailers follow. */
  readonly endStream: boolean
  /** The block exceeded `maxHeaderFields` or `maxHeaderListSize`: fields are missing. Answer 431. */
  readonly truncated: boolean
}

/** A client has received the final response to its request (RFC 9113 §8.3.2). */
export interface ResponseReceived {
  readonly type: 'ResponseReceived'
  readonly streamId: number
  readonly headers: HeaderField[]
  readonly endStream: boolean
  readonly truncated: boolean
}

/** A client has received a 1xx response; the final response follows (RFC 9110 §15.2). */
export interface InformationalReceived {
  readonly type: 'InformationalReceived'
  readonly streamId: number
  readonly headers: HeaderField[]
}

/** The fields after a body; they end the message (RFC 9113 §8.1). */
export interface TrailersReceived {
  readonly type: 'TrailersReceived'
  readonly streamId: number
  readonly headers: HeaderField[]
  readonly truncated: boolean
}

/**
 * A part of a body. The peer may send as many bytes again once `consume(streamId, data.length)` has been called. `data`
 * is a view of the chunk passed to `receive()`.
 */
export interface DataReceived {
  readonly type: 'DataReceived'
  readonly streamId: number
  readonly data: Uint8Array
}

/** The peer's side of the stream is complete. */
export interface StreamEnded {
  readonly type: 'StreamEnded'
  readonly streamId: number
}

/** The peer reset the stream (RFC 9113 §6.4). `StreamClosed` follows. */
export interface StreamReset {
  readonly type: 'StreamReset'
  readonly streamId: number
  readonly errorCode: number
}

/** Both sides have ended the stream, or one of them has reset it. */
export interface StreamClosed {
  readonly type: 'StreamClosed'
  readonly streamId: number
  /** `NO_ERROR`, or the code of the reset. */
  readonly errorCode: number
}

/** A client was promised the response to a request it did not make (RFC 9113 §6.6). */
export interface PushPromised {
  readonly type: 'PushPromised'
  readonly streamId: number
  readonly promisedStreamId: number
  readonly headers: HeaderField[]
  readonly truncated: boolean
}

/** The peer's SETTINGS arrived and are in force; the acknowledgement is queued (RFC 9113 §6.5). */
export interface SettingsReceived {
  readonly type: 'SettingsReceived'
  readonly settings: Settings
}

/** The peer has acknowledged the settings of this side. */
export interface SettingsAcknowledged {
  readonly type: 'SettingsAcknowledged'
}

/** A PING arrived; its answer is queued unless `autoPingAck` is off (RFC 9113 §6.7). */
export interface PingReceived {
  readonly type: 'PingReceived'
  /** Eight bytes. */
  readonly opaqueData: Uint8Array
}

/** The peer has answered a PING of this side. */
export interface PingAcknowledged {
  readonly type: 'PingAcknowledged'
  readonly opaqueData: Uint8Array
}

/** The peer will not take new streams above `lastStreamId` (RFC 9113 §6.8). */
export interface GoawayReceived {
  readonly type: 'GoawayReceived'
  readonly lastStreamId: number
  readonly errorCode: number
  readonly debugData: Uint8Array
}

/** This side has sent GOAWAY, because the application submitted it or because the peer broke a rule. */
export interface GoawaySent {
  readonly type: 'GoawaySent'
  readonly lastStreamId: number
  readonly errorCode: number
}

/** The peer accepts `increment` bytes more on the stream; 0: on the connection (RFC 9113 §6.9). */
export interface WindowUpdated {
  readonly type: 'WindowUpdated'
  readonly streamId: number
  readonly increment: number
}

/** A client changed a request's priority (RFC 9218 §7.1). */
export interface PriorityUpdated {
  readonly type: 'PriorityUpdated'
  readonly streamId: number
  /** The Priority field value, such as `u=1, i`. */
  readonly value: string
}

/**
 * An ALTSVC frame arrived (RFC 7838 §4). On stream 0 `origin` is the origin that the service is for; on another stream
 * it is empty.
 */
export interface AlternativeServiceReceived {
  readonly type: 'AlternativeServiceReceived'
  readonly streamId: number
  readonly origin: string
  readonly value: string
}

/** The origins the server answers for on this connection (RFC 8336 §2). */
export interface OriginReceived {
  readonly type: 'OriginReceived'
  readonly origins: string[]
}

/** A frame of a type that nghttp2 does not know (RFC 9113 §5.5). */
export interface UnknownFrameReceived {
  readonly type: 'UnknownFrameReceived'
  readonly frameType: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Uint8Array
}

/** A frame that was submitted could not be sent, for example because its stream had closed meanwhile. */
export interface FrameNotSent {
  readonly type: 'FrameNotSent'
  readonly frameType: number
  readonly streamId: number
  /** The promised stream of a PUSH_PROMISE; else 0. */
  readonly promisedStreamId: number
  readonly error: HTTPError
}

/** A received frame broke a rule; RST_STREAM or GOAWAY is queued. */
export interface InvalidFrameReceived {
  readonly type: 'InvalidFrameReceived'
  readonly frameType: number
  readonly streamId: number
  readonly error: HTTPError
}

/** nghttp2's description of an error of the peer, for a log. */
export interface DiagnosticReported {
  readonly type: 'DiagnosticReported'
  readonly error: HTTPError
}

/**
 * A submitted body was changed before it was sent: its buffer was transferred or made smaller. The stream is reset with
 * INTERNAL_ERROR; `error.code` is `ERR_BODY_CHANGED`.
 */
export interface BodyChanged {
  readonly type: 'BodyChanged'
  readonly streamId: number
  readonly error: HTTPError
}

/** The session cannot go on. Send what `bytesToSend()` still gives, close the connection, dispose. */
export interface SessionFailed {
  readonly type: 'SessionFailed'
  readonly error: HTTPError
}

/** Any event; `type` distinguishes the events. */
export type SessionEvent =
  | RequestReceived
  | ResponseReceived
  | InformationalReceived
  | TrailersReceived
  | DataReceived
  | StreamEnded
  | StreamReset
  | StreamClosed
  | PushPromised
  | SettingsReceived
  | SettingsAcknowledged
  | PingReceived
  | PingAcknowledged
  | GoawayReceived
  | GoawaySent
  | WindowUpdated
  | PriorityUpdated
  | AlternativeServiceReceived
  | OriginReceived
  | UnknownFrameReceived
  | FrameNotSent
  | InvalidFrameReceived
  | DiagnosticReported
  | BodyChanged
  | SessionFailed
