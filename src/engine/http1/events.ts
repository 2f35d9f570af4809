import type {
  DataReceived,
  InformationalReceived,
  RequestReceived,
  ResponseReceived,
  StreamEnded,
  TrailersReceived,
} from '../http2/events.ts'
import type { Refusal } from './refusal.ts'

/** A message broke a rule or a limit. No input is read any more; a server answers with `status`, and closes. */
export interface MessageRefused extends Refusal {
  readonly type: 'MessageRefused'
  readonly streamId: number
}

/**
 * An event of a session of HTTP/1.1, in the form of the events of HTTP/2. `streamId` is the ordinal number of the
 * message on the connection, and `headers` begin with the pseudo-header fields that HTTP/2 has for the start line.
 */
export type HTTP1Event =
  | RequestReceived
  | ResponseReceived
  | InformationalReceived
  | DataReceived
  | TrailersReceived
  | StreamEnded
  | MessageRefused
