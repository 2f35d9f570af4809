import { type FlatFields, toHeaderFields } from '../../common/fields.ts'
import { BlockFlag, Category } from '../abi.ts'
import { IgnoringSink } from '../ignoring-sink.ts'
import type { HTTP1Event } from './events.ts'
import { refusalOf } from './refusal.ts'

/** The sink behind `HTTP1Session.receive()`: an object for each event. */
export class HTTP1Collector extends IgnoringSink {
  #events: HTTP1Event[] = []

  /** Returns the events since the last call. */
  take(): HTTP1Event[] {
    const events = this.#events
    this.#events = []
    return events
  }

  override headers(streamId: number, category: number, flags: number, fields: FlatFields): void {
    const headers = toHeaderFields(fields)
    const endStream = (flags & BlockFlag.endStream) !== 0
    const message = { streamId, headers, endStream, truncated: false }
    if (category === Category.request) this.#events.push({ type: 'RequestReceived', ...message })
    else if (category === Category.headers) {
      this.#events.push({ type: 'TrailersReceived', streamId, headers, truncated: false })
    } else if (fields[1]!.startsWith('1') && fields[1] !== '101') {
      this.#events.push({ type: 'InformationalReceived', streamId, headers })
    } else this.#events.push({ type: 'ResponseReceived', ...message })
    if (endStream) this.#events.push({ type: 'StreamEnded', streamId })
  }

  override data(streamId: number, data: Uint8Array): void {
    this.#events.push({ type: 'DataReceived', streamId, data })
  }

  override streamEnded(streamId: number): void {
    this.#events.push({ type: 'StreamEnded', streamId })
  }

  override refused(streamId: number, reason: number): void {
    this.#events.push({ type: 'MessageRefused', streamId, ...refusalOf(reason) })
  }
}
