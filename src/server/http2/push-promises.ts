import { type FlatFields, toHeaderFields } from '../../common/fields.ts'
import type { StreamMap } from '../../common/stream-map.ts'
import type { Connection } from '../connection/connection.ts'
import { RequestHead } from '../../http/request-head.ts'
import { ServerStream } from '../../exchange/server-stream.ts'

/** The pushes of a connection whose PUSH_PROMISE has not been sent yet (RFC 9113 §8.4). */
export class PushPromises {
  readonly #connection: Connection
  readonly #streams: StreamMap<ServerStream>
  #waiting: ServerStream[] = []

  /** `streams`: the open ones of the connection. */
  constructor(connection: Connection, streams: StreamMap<ServerStream>) {
    this.#connection = connection
    this.#streams = streams
  }

  /** Promises a response on `parent`; `undefined` when the client takes none, or no more. */
  add(parent: ServerStream, fields: FlatFields): ServerStream | undefined {
    const connection = this.#connection
    const { session } = connection
    if (connection.isLeaving || session.setting('remote', 'enablePush') === 0) return undefined
    const id = session.submitPushPromise(parent.id, toHeaderFields(fields))
    const stream = new ServerStream(connection, id, new RequestHead(fields), true)
    stream.requestBody.isComplete = true
    this.#streams.set(id, stream)
    this.#waiting.push(stream)
    connection.flushSoon()
    return stream
  }

  /**
   * Answers those whose promise has been sent. A response submitted before would not count towards the streams that the
   * client lets us open.
   */
  answer(): void {
    if (this.#waiting.length === 0) return
    this.#waiting = this.#waiting.filter((stream) => !stream.answerPromised())
  }
}
