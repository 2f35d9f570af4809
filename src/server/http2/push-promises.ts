import { type FlatFields, toHeaderFields } from '../../common/fields.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'
import type { StreamPushes } from '../../exchange/stream-carrier.ts'
import type { Http2Core } from './http2-core.ts'

/** The pushes of a connection (RFC 9113 §8.4). */
export class PushPromises implements StreamPushes {
  readonly #core: Http2Core
  /** Streams whose PUSH_PROMISE has not been sent yet. */
  #waiting: ServerStream[] = []

  constructor(core: Http2Core) {
    this.#core = core
  }

  promise(parentId: number, fields: FlatFields): number | undefined {
    const { session, isLeaving } = this.#core
    if (isLeaving || session.setting('remote', 'enablePush') === 0) return undefined
    return session.submitPushPromise(parentId, toHeaderFields(fields))
  }

  add(stream: ServerStream): void {
    this.#core.streams.set(stream.id, stream)
    this.#waiting.push(stream)
  }

  isSent(id: number): boolean {
    return this.#core.session.streamState(id) !== undefined
  }

  /**
   * Sends the responses of streams whose promise has been sent. A response that is submitted before its promise is sent
   * would not count towards the client's limit of open streams.
   */
  answer(): void {
    if (this.#waiting.length === 0) return
    this.#waiting = this.#waiting.filter((stream) => !stream.answerPromised())
  }
}
