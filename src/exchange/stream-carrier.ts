import type { FlatFields } from '../common/fields.ts'
import type { Priority } from '../common/priority.ts'
import type { BodyChunk } from '../http/body.ts'
import type { ConnectionInfo } from './connection-info.ts'
import type { ReadAhead } from './read-ahead.ts'
import type { StreamReporter } from './stream-reporter.ts'

/**
 * The connection of a stream, as the stream sees it: a protocol on a transport. Streams are named by their identifiers.
 * What a protocol may lack is an optional member.
 */
export interface StreamCarrier {
  readonly info: ConnectionInfo
  readonly reporter: StreamReporter
  readonly readAhead: ReadAhead
  /** The time of the turn, in milliseconds. */
  readonly now: number
  /** Responses get a `date` field. */
  readonly sendsDate: boolean
  /** Bytes of a request's body that are taken. */
  readonly maxRequestBodySize: number
  /** The connection could not go on, and has reported it. */
  readonly hasFailed: boolean
  /** Flow control by windows (RFC 9113 §5.2). */
  readonly windows?: StreamWindows
  /** Priorities (RFC 9218). */
  readonly priorities?: StreamPriorities
  /** Server push (RFC 9113 §8.4). */
  readonly pushes?: StreamPushes

  sendInformational(id: number, fields: FlatFields): void
  /**
   * Sends the head of a response, and the first bytes of its body. `isEnd`: they are all of it. Returns how many bytes of
   * the body count as sent with this call; the others are told to the stream as they go out.
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
  /** Bytes of the request's body were dropped. Does not throw. */
  discarded(id: number, length: number): void
  /** Ends the stream at once. Does not throw: where that fails, the connection ends. */
  reset(id: number, errorCode: number): void
  /** Has everything sent at the end of this turn. */
  flushSoon(): void
}

/** Flow control by windows. */
export interface StreamWindows {
  /** Bytes of the response's body that the client takes now. */
  remote(id: number): number
  /** Bytes of the request's body that the client may send now. */
  local(id: number): number
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
  /** Promises a request on the stream `parentId`. The identifier of the promised stream; `undefined`: none is taken. */
  promise(parentId: number, fields: FlatFields): number | undefined
  /** The promised stream, whose `answerPromised` is called once its promise has been sent. */
  add(stream: PromisedStream): void
  /** The promise of a stream has been sent. */
  isSent(id: number): boolean
}

/** The stream of a response that was promised. */
export interface PromisedStream {
  readonly id: number
  /** The promise has been sent. False: it has not, to be called again. */
  answerPromised(): boolean
}
