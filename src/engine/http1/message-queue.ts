import type { FlatFields } from '../../common/fields.ts'
import { BlockFlag, Category } from '../abi.ts'
import type { SessionSink } from '../sink.ts'
import { IgnoringSink } from '../ignoring-sink.ts'

/** The parts of a received message that its response depends on. */
export interface ReceivedMessage {
  readonly id: number
  readonly fields: FlatFields
  readonly isHead: boolean
  readonly isConnect: boolean
  readonly isHttp10: boolean
  /** No message follows it on the connection. */
  readonly isLast: boolean
  /** The bytes after the message may be of another protocol; parsing has stopped. */
  readonly isUpgrade: boolean
}

/** Queues the requests in the order in which they are to be answered, and passes all events to the sink. */
export class MessageQueue extends IgnoringSink {
  #waiting: ReceivedMessage[] = []
  /** The sink that was given to `begin`. */
  #sink: SessionSink | undefined
  /** The number of messages that the parser has not seen, because they repeated a known head. */
  #repeated = 0
  /** The number of the last message. */
  #last = 0
  #plainHead: { readonly flags: number; readonly fields: FlatFields } | undefined
  /** Messages that were complete since `begin`. */
  completed = 0
  /** Parsing has stopped after a message that asks for another protocol. */
  isUpgrade = false
  /** The last message of the connection has begun, or a message was refused. */
  isOver = false

  /** Events are passed to `sink` from now on. */
  begin(sink: SessionSink): this {
    this.#sink = sink
    this.completed = 0
    return this
  }

  /** The request that is to be answered next, or is being answered. */
  get current(): ReceivedMessage | undefined {
    return this.#waiting[0]
  }

  /** The last head, if it was a whole request that may be followed by others. */
  get plainHead(): { readonly flags: number; readonly fields: FlatFields } | undefined {
    return this.#plainHead
  }

  /** The response to the current request is complete. */
  shift(): void {
    if (this.#waiting.length === 1) this.#waiting.pop()
    else this.#waiting.shift()
  }

  /** A request repeats a known head. */
  repeat({ flags, fields }: { readonly flags: number; readonly fields: FlatFields }): void {
    this.#repeated++
    this.#head(this.#last + 1, Category.request, flags, fields.slice())
  }

  override headers(id: number, category: number, flags: number, fields: FlatFields): void {
    const isPlain = category === Category.request && flags === BlockFlag.endStream
    // A copy: the sink may change the fields that it gets.
    this.#plainHead = isPlain ? { flags, fields: fields.slice() } : undefined
    this.#head(id + this.#repeated, category, flags, fields)
  }

  #head(id: number, category: number, flags: number, fields: FlatFields): void {
    const isEnd = (flags & BlockFlag.endStream) !== 0
    if (isEnd) this.completed++
    this.#last = id
    if (category === Category.request) {
      const isLast = (flags & BlockFlag.last) !== 0
      const isUpgrade = (flags & BlockFlag.upgrade) !== 0
      const isHttp10 = (flags & BlockFlag.http10) !== 0
      const method = fields[1]
      this.#waiting.push({
        id,
        fields,
        isHead: method === 'HEAD',
        isConnect: method === 'CONNECT',
        isHttp10,
        isLast,
        isUpgrade,
      })
      this.isOver ||= isLast
      this.isUpgrade ||= isUpgrade
    } else if (category === Category.response) {
      this.isOver ||= (flags & BlockFlag.last) !== 0
      this.isUpgrade ||= (flags & BlockFlag.upgrade) !== 0
    }
    this.#sink!.headers(id, category, flags, fields)
  }

  override data(id: number, chunk: Uint8Array): void {
    this.#plainHead = undefined
    this.#sink!.data(id + this.#repeated, chunk)
  }

  override streamEnded(id: number): void {
    this.completed++
    this.#sink!.streamEnded(id + this.#repeated)
  }

  override refused(id: number, reason: number): void {
    this.isOver = true
    this.#sink!.refused(id + this.#repeated, reason)
  }
}
