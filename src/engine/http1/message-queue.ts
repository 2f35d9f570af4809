import type { FlatFields } from '../../common/fields.ts'
import { Category, Http1Flag } from '../abi.ts'
import type { SessionSink } from '../sink.ts'
import { IgnoringSink } from '../ignoring-sink.ts'

/** A message that was received, as far as the answer to it depends on it. */
export interface ReceivedMessage {
  readonly id: number
  readonly fields: FlatFields
  readonly isHead: boolean
  readonly isConnect: boolean
  readonly isHttp10: boolean
  /** No message follows it on the connection. */
  readonly isLast: boolean
  /** The bytes behind it may be another protocol's: parsing has stopped. */
  readonly isUpgrade: boolean
}

/** Notes the requests that pass, in the order in which they are to be answered, and passes all events on. */
export class MessageQueue extends IgnoringSink {
  readonly #waiting: ReceivedMessage[] = []
  /** The sink of this call. */
  #sink: SessionSink | undefined
  /** Parsing has stopped behind a message that asks for another protocol. */
  isUpgrade = false
  /** The last message of the connection has begun, or one was refused. */
  isOver = false

  /** Events go to `sink` from now on. */
  to(sink: SessionSink): this {
    this.#sink = sink
    return this
  }

  /** The request that is to be answered next, or is being answered. */
  get current(): ReceivedMessage | undefined {
    return this.#waiting[0]
  }

  /** The response to the current request is complete. */
  shift(): void {
    this.#waiting.shift()
  }

  override headers(id: number, category: number, flags: number, fields: FlatFields): void {
    if (category !== Category.headers) {
      const isLast = (flags & Http1Flag.last) !== 0
      const isUpgrade = (flags & Http1Flag.upgrade) !== 0
      this.isOver ||= isLast
      this.isUpgrade ||= isUpgrade
      if (category === Category.request) {
        const method = fields[1]
        this.#waiting.push({
          id,
          fields,
          isHead: method === 'HEAD',
          isConnect: method === 'CONNECT',
          isHttp10: (flags & Http1Flag.http10) !== 0,
          isLast,
          isUpgrade,
        })
      }
    }
    this.#sink!.headers(id, category, flags, fields)
  }

  override data(id: number, chunk: Uint8Array): void {
    this.#sink!.data(id, chunk)
  }

  override streamEnded(id: number): void {
    this.#sink!.streamEnded(id)
  }

  override refused(id: number, reason: number): void {
    this.isOver = true
    this.#sink!.refused(id, reason)
  }
}
