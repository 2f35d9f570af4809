import type { ByteOutput } from '../../common/byte-output.ts'
import type { ErrorPlace, HTTPError } from '../../common/errors.ts'
import type { Application } from '../../exchange/application.ts'
import type { ProtocolName } from '../../exchange/connection-info.ts'
import type { ReadAhead } from '../../exchange/read-ahead.ts'
import type { Transport } from '../../transport/transport.ts'
import type { ConnectionCounts } from '../stats/connection-counts.ts'
import type { ConnectionLife } from './connection-life.ts'
import type { ResolvedOptions } from './options.ts'
import type { Reporter } from './reporter.ts'
import type { TimeoutName } from '../times/timeouts.ts'
import type { UnreadBudget } from './unread-budget.ts'

/** A protocol on a connection: bytes in, bytes out, and the streams that they carry. */
export interface Protocol {
  readonly name: ProtocolName
  /** Streams that are open. */
  readonly streamCount: number
  /** The timeout after which the connection is closed; `undefined`: there are streams, or one begins. */
  readonly idleTimeout: 'idle' | 'keepAlive' | undefined
  /** No more requests are accepted, and all requests are answered. */
  readonly isDone: boolean
  /** Counts of the protocol that `ConnectionCounts` does not have; `undefined`: the protocol has failed. */
  readonly counters: ProtocolCounters | undefined
  /** Takes bytes. Returns the bytes to pass in again once the responses so far have been sent. */
  receive(chunk: Uint8Array): Uint8Array | undefined
  /**
   * All bytes of a chunk were taken, and the responses were sent. Ends the connection of a client that broke a rule.
   */
  received(): void
  /** Gives `output` bytes to send, about `most` at a time. Returns the error when the protocol cannot go on. */
  drain(output: ByteOutput, most: number): HTTPError | undefined
  /** The client has sent FIN. True: the client still waits for responses. */
  onEnd(): boolean
  /** Announces that no more requests are accepted. */
  announceShutdown(): void
  /** Announces the end of the connection. */
  terminate(): void
  /** The protocol cannot go on. Its last bytes are written to `output`. Does not throw. */
  abandon(error: HTTPError, output: ByteOutput): void
  /** Closes each stream with `errorCode`. */
  closeStreams(errorCode: number): void
  /** Enforces the timeouts of the protocol; called about once a second. */
  tick(now: number): void
  /** The connection is closed. */
  dispose(): void
}

/** Counts of a protocol. */
export interface ProtocolCounters {
  readonly framesReceived: number
  readonly framesSent: number
  /** Frames that wait to be sent. */
  readonly queueLength: number
}

/** The connection that a protocol runs on. */
export interface ProtocolHost {
  readonly transport: Transport
  readonly options: ResolvedOptions
  readonly application: Application
  readonly counts: ConnectionCounts
  readonly reporter: Reporter
  readonly readAhead: ReadAhead
  readonly unread: UnreadBudget
  /** The memory of a chunk is overwritten after the turn in which the chunk was received. */
  readonly reusesReadBuffer: boolean
  readonly life: ConnectionLife
  /** The transport takes more bytes. */
  readonly hasRoom: boolean
  /** When the connection was accepted. */
  readonly openedAt: number
  /** When the system last took bytes of the connection. */
  readonly movedAt: number
  /** The last bytes that the server received were this connection's, too. */
  readonly isAlone: boolean
  /** The time of the turn, in milliseconds. */
  readonly now: number
  /** The time now, in milliseconds. */
  clock(): number
  /** Sends the output that waits, at the end of this turn. */
  flushSoon(): void
  /** Sends the output that waits, as far as the transport takes it. */
  flush(): void
  /** The last stream has closed: the idle time begins. */
  becameIdle(): void
  /** Replaces the protocol, and sends `answer`. `rest`: bytes that were received for the new protocol. */
  switchTo(protocol: Protocol, answer: Uint8Array, rest: Uint8Array): void
  /**
   * The client has breached a timeout, with the stream or with the connection. Counts and reports it. Returns the error
   * for `fail`.
   */
  timedOut(name: TimeoutName, place?: ErrorPlace): HTTPError
  /** The connection cannot go on. Reports the error once, sends the last bytes, then FIN. */
  fail(cause: unknown): void
}

/** Determines which protocol a client speaks. */
export interface ProtocolChooser {
  /** Reads the first bytes of a connection. `undefined`: more bytes are needed. After the last chunk they are not. */
  choose(chunk: Uint8Array, isLast: boolean): ChosenProtocol | undefined
}

/** A protocol, and the bytes that were received for it. */
export interface ChosenProtocol {
  /** `undefined`: the client was refused, and the connection ends. */
  readonly protocol: Protocol | undefined
  readonly rest: Uint8Array
}
