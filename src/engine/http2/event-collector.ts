import { BlockFlag, Category } from '../abi.ts'
import { bodyChangedError } from '../../common/body-changed.ts'
import { HTTPError, libraryCodeName } from '../../common/errors.ts'
import type { SessionEvent } from './events.ts'
import { type FlatFields, type HeaderField, toHeaderFields } from '../../common/fields.ts'
import { settingsFromWords } from './settings.ts'
import type { SessionSink } from '../sink.ts'

/** The sink behind `Session.receive()`: an object per event. */
export class EventCollector implements SessionSink {
  #events: SessionEvent[] = []
  readonly #describe: (errno: number) => string

  /** `describe` gives nghttp2's description of an `NGHTTP2_ERR_*`. */
  constructor(describe: (errno: number) => string) {
    this.#describe = describe
  }

  /** Returns the events since the last call. */
  take(): SessionEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  add(event: SessionEvent): void {
    this.#events.push(event)
  }

  headers(streamId: number, category: number, flags: number, fields: FlatFields): void {
    const headers = toHeaderFields(fields)
    const endStream = (flags & BlockFlag.endStream) !== 0
    const truncated = (flags & BlockFlag.truncated) !== 0
    if (category === Category.request) {
      this.add({ type: 'RequestReceived', streamId, headers, endStream, truncated })
    } else {
      this.#addResponse(streamId, headers, endStream, truncated)
    }
    if (endStream) this.add({ type: 'StreamEnded', streamId })
  }

  #addResponse(
    streamId: number,
    headers: HeaderField[],
    endStream: boolean,
    truncated: boolean,
  ): void {
    const status = headers[0]?.[0] === ':status' ? headers[0][1] : ''
    if (status === '') this.add({ type: 'TrailersReceived', streamId, headers, truncated })
    else if (status.startsWith('1')) this.add({ type: 'InformationalReceived', streamId, headers })
    else this.add({ type: 'ResponseReceived', streamId, headers, endStream, truncated })
  }

  data(streamId: number, data: Uint8Array): void {
    this.add({ type: 'DataReceived', streamId, data })
  }

  streamEnded(streamId: number): void {
    this.add({ type: 'StreamEnded', streamId })
  }

  rstStream(streamId: number, errorCode: number): void {
    this.add({ type: 'StreamReset', streamId, errorCode })
  }

  streamClosed(streamId: number, errorCode: number): void {
    this.add({ type: 'StreamClosed', streamId, errorCode })
  }

  settings(isAck: boolean, words: number[]): void {
    if (isAck) this.add({ type: 'SettingsAcknowledged' })
    else this.add({ type: 'SettingsReceived', settings: settingsFromWords(words) })
  }

  ping(isAck: boolean, opaqueData: Uint8Array): void {
    this.add({ type: isAck ? 'PingAcknowledged' : 'PingReceived', opaqueData })
  }

  goaway(lastStreamId: number, errorCode: number, debugData: Uint8Array): void {
    this.add({ type: 'GoawayReceived', lastStreamId, errorCode, debugData })
  }

  windowUpdate(streamId: number, increment: number): void {
    this.add({ type: 'WindowUpdated', streamId, increment })
  }

  pushPromise(streamId: number, promisedStreamId: number, flags: number, fields: FlatFields): void {
    const headers = toHeaderFields(fields)
    const truncated = (flags & BlockFlag.truncated) !== 0
    this.add({ type: 'PushPromised', streamId, promisedStreamId, headers, truncated })
  }

  priorityUpdate(streamId: number, value: string): void {
    this.add({ type: 'PriorityUpdated', streamId, value })
  }

  altsvc(streamId: number, origin: string, value: string): void {
    this.add({ type: 'AlternativeServiceReceived', streamId, origin, value })
  }

  origin(origins: string[]): void {
    this.add({ type: 'OriginReceived', origins })
  }

  extension(frameType: number, flags: number, streamId: number, payload: Uint8Array): void {
    this.add({ type: 'UnknownFrameReceived', frameType, flags, streamId, payload })
  }

  frameNotSent(frameType: number, streamId: number, promisedStreamId: number, errno: number): void {
    const error = this.#error(errno, 'a frame was not sent', streamId)
    this.add({ type: 'FrameNotSent', frameType, streamId, promisedStreamId, error })
  }

  frameInvalid(frameType: number, streamId: number, errno: number): void {
    const error = this.#error(errno, 'the peer sent an invalid frame', streamId)
    this.add({ type: 'InvalidFrameReceived', frameType, streamId, error })
  }

  /** Not called without `quiet`, because the session sends RST_STREAM. */
  answered(): void {}

  goawaySent(lastStreamId: number, errorCode: number): void {
    this.add({ type: 'GoawaySent', lastStreamId, errorCode })
  }

  refused(): void {}

  diagnostic(errno: number, message: string): void {
    const error = new HTTPError(libraryCodeName(errno), message, { errno })
    this.add({ type: 'DiagnosticReported', error })
  }

  bodyChanged(streamId: number): void {
    this.add({ type: 'BodyChanged', streamId, error: bodyChangedError(streamId) })
  }

  /** Makes no event: `bufferedAmount()` gives the number. */
  dataSent(): void {}

  #error(errno: number, what: string, streamId: number): HTTPError {
    const place = streamId === 0 ? { errno } : { errno, streamId }
    return new HTTPError(libraryCodeName(errno), `${what}: ${this.#describe(errno)}`, place)
  }
}
