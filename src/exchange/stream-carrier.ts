import type { FlatFields } from '../common/fields.ts'
import type { Priority } from '../common/priority.ts'
import type { BodyChunk } from '../http/body.ts'
import type { ConnectionInfo } from './connection-info.ts'
import type { ReadAhead } from './read-ahead.ts'
import type { StreamReporter } from './stream-reporter.ts'

/**
 * The connection of a stream, as the stream sees it: a protocol on a transport. Streams are named by their identifiers.
 * Features that a protocol may lack are optional members.
 */
export interface StreamCarrier {
  readonly info: ConnectionInfo
  readonly reporter: StreamReporter
  readonly readAhead: ReadAhead
  /** The time of the turn, in milliseconds. */
  readonly now: number
  /** Responses get a `date` field. */
  readonly sendsDate: boolean
  /** The most bytes of a request's body. */
  readonly maxRequestBodySize: number
  /** The connection has failed, and has reported the error. */
  readonly hasFailed: boolean
  /** Flow control by windows (RFC 9113 §5.2). */
  readonly windows?: StreamWindows
  /** Priorities (RFC 9218). */
  readonly priorities?: StreamPriorities
  /** Server push (RFC 9113 §8.4). */
  readonly pushes?: StreamPushes

  sendInformational(id: number, fields: FlatFields): void
  /**
   * Sends the head of a response, and the first bytes of its body. `isEnd`: these bytes are the whole body. Returns how
   * many bytes of the body count as sent with this call. The others are reported to the stream when they are sent.
   */
  sendHead(
    id: number,
    fields: FlatFields,
    body: Uint8Array | string,
    isEnd: boolean,
    isTunnel: boolean,
  ): number
  sendData(id: number, chunk: BodyChunk, isEnd: boolean): void
  /** Sends trailer fields, which end the response. */
  sendTrailers(id: number, fields: FlatFields): void
  /** Bytes of the response's body that wait for the client. */
  bufferedAmount(id: number): number
  /** The exchange has taken bytes of the request's body: the client may send as many more. Does not throw. */
  consumed(id: number, length: number): void
  /** Bytes of the request's body were discarded. Does not throw. */
  discarded(id: number, length: number): void
  /** Ends the stream at once. Does not throw: if the reset fails, the connection ends. */
  reset(id: number, errorCode: number): void
  /** Sends all output at the end of this turn. */
  flushSoon(): void
}

/** Flow control by windows. */
export interface StreamWindows {
  /** Bytes of the response's body that the client takes now. */
  remote(id: number): number
  /** Bytes of the request's body that the client may send now. */
  local(id: number): number
  /** The client may send no bytes of the request's body now, as its window or the connection's is used up. */
  isShut(id: number): boolean
  /** The first bytes of a request's body have arrived. */
  bodyBegins(): void
}

/** Priorities of streams. */
export interface StreamPriorities {
  read(id: number): Priority
  change(id: number, priority: Priority): void
}

/** Server push. */
export interface StreamPushes {
  /**
   * Promises a response on the stream `parentId`. Returns the identifier of the promised stream; `undefined`: no push
   * is possible.
   */
  promise(parentId: number, fields: FlatFields): number | undefined
  /** Adds the promised stream, whose `answerPromised` is called once its promise has been sent. */
  add(stream: PromisedStream): void
  /** The promise of a stream has been sent. */
  isSent(id: number): boolean
}

/** The stream of a response that was promised. */
export interface PromisedStream {
  readonly id: number
  /**
   * Sends the response if the promise has been sent. False: the promise has not been sent, and the method is to be
   * called again.
   */
  answerPromised(): boolean
}
