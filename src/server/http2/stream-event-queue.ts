import { ErrorCode } from '../../common/errors.ts'
import type { FlatFields } from '../../common/fields.ts'
import { BlockFlag, Category } from '../../engine/abi.ts'
import { IgnoringSink } from '../../engine/ignoring-sink.ts'
import { ServerStream } from '../../exchange/server-stream.ts'
import { RequestHead } from '../../http/request-head.ts'
import type { EarlyAnswers } from './early-answers.ts'
import type { Http2Carrier } from './http2-carrier.ts'
import type { Http2Core } from './http2-core.ts'
import type { PingTracker } from './ping-tracker.ts'

/** An event of a stream. */
const Event = {
  begun: 0,
  refused: 1,
  data: 2,
  ended: 3,
  trailers: 4,
  closed: 5,
  room: 6,
  unsent: 7,
  stray: 8,
  terminated: 9,
  changed: 10,
  answered: 11,
}

/** NGHTTP2_ERR_SESSION_CLOSING and NGHTTP2_ERR_HEADER_COMP, with which the session ends. */
const SESSION_CLOSING = -530
const HEADER_COMP = -523
/** Elements that an array of events keeps for the next turn. */
const keptElements = 1024

/**
 * The events of a session, for its streams. The methods of the sink run while the records are being read, so they queue
 * events, three array elements each; `dispatch` then passes them to the streams, whose handlers may call anything.
 */
export class StreamEventQueue extends IgnoringSink {
  readonly #core: Http2Core
  readonly #carrier: Http2Carrier
  readonly #pings: PingTracker
  readonly #earlyAnswers: EarlyAnswers
  /** Streams whose bodies lost bytes before they were sent. */
  readonly #changed: Set<ServerStream> = new Set()
  #queue: unknown[] = []
  /** Elements of `#queue` in use. An array that is emptied by its length would have to grow again. */
  #count = 0
  /** The array that alternates with `#queue`, so that no new array is made. */
  #dispatched: unknown[] = []
  /** The head of the block that came last with `BlockFlag.kept`. */
  #keptHead: RequestHead | undefined

  constructor(
    core: Http2Core,
    carrier: Http2Carrier,
    pings: PingTracker,
    earlyAnswers: EarlyAnswers,
  ) {
    super()
    this.#core = core
    this.#carrier = carrier
    this.#pings = pings
    this.#earlyAnswers = earlyAnswers
  }

  /** Passes the events to the streams. */
  dispatch(): void {
    const count = this.#count
    if (count === 0) return
    const queue = this.#queue
    this.#queue = this.#dispatched
    this.#count = 0
    for (let i = 0; i < count; i += 3) {
      const stream = queue[i + 1] as ServerStream
      const detail = queue[i + 2]
      queue[i + 1] = queue[i + 2] = undefined
      this.#pass(queue[i] as number, stream, detail)
    }
    if (queue.length > keptElements) queue.length = 0
    this.#dispatched = queue
  }

  #pass(event: number, stream: ServerStream, detail: unknown): void {
    switch (event) {
      case Event.begun:
        // No handler is called for a request that is over already.
        if (stream.isClosed || this.#core.session.isEnding) break
        stream.begin(this.#core.host.application)
        break
      case Event.refused:
        if (!this.#core.session.isEnding) stream.refuse()
        break
      case Event.data:
        stream.requestBody.data(detail as Uint8Array, this.#core.host.reusesReadBuffer)
        break
      case Event.trailers:
        stream.requestTrailers = detail as FlatFields
        stream.requestBody.end()
        break
      case Event.ended:
        stream.requestBody.end()
        break
      case Event.closed:
        stream.closed(detail as number)
        break
      case Event.room:
        stream.pull()
        break
      case Event.unsent:
        stream.fail(detail)
        break
      case Event.stray: {
        const [streamId, length] = detail as [number, number]
        this.#carrier.consumed(streamId, length)
        break
      }
      case Event.terminated:
        this.#core.terminated(detail as number)
        break
      case Event.changed:
        stream.bodyChanged()
        break
      case Event.answered:
        stream.requestBody.discard()
        this.#earlyAnswers.add(stream)
    }
  }

  #add(event: number, stream: ServerStream | undefined, detail: unknown): void {
    const queue = this.#queue
    queue[this.#count++] = event
    queue[this.#count++] = stream
    queue[this.#count++] = detail
  }

  override headers(streamId: number, category: number, flags: number, fields: FlatFields): void {
    if (category === Category.request) {
      const twin = flags & BlockFlag.repeated ? this.#keptHead : undefined
      const head = new RequestHead(fields, twin)
      if (flags & BlockFlag.kept) this.#keptHead = head
      const stream = new ServerStream(this.#carrier, streamId, head, false)
      this.#core.streams.set(streamId, stream)
      this.#core.host.counts.streams++
      stream.requestBody.isComplete = (flags & BlockFlag.endStream) !== 0
      this.#add(flags & BlockFlag.truncated ? Event.refused : Event.begun, stream, undefined)
      return
    }
    const stream = this.#core.streams.get(streamId)
    if (!stream) return
    if (flags & BlockFlag.truncated) this.#add(Event.refused, stream, undefined)
    else this.#add(Event.trailers, stream, fields)
  }

  override data(streamId: number, chunk: Uint8Array): void {
    const stream = this.#core.streams.get(streamId)
    if (!stream) {
      this.#add(Event.stray, undefined, [streamId, chunk.length])
      return
    }
    stream.movedAt = this.#core.host.now
    this.#add(Event.data, stream, chunk)
  }

  override streamEnded(streamId: number): void {
    const stream = this.#core.streams.get(streamId)
    if (stream) this.#add(Event.ended, stream, undefined)
  }

  override streamClosed(streamId: number, errorCode: number): void {
    const { host, session, streams } = this.#core
    session.forgetBody(streamId)
    const stream = streams.get(streamId)
    if (!stream) return
    streams.delete(streamId)
    stream.gone()
    // nghttp2 sent all bytes, but they were not the body any more.
    if (this.#changed.delete(stream)) errorCode = ErrorCode.INTERNAL_ERROR
    if (errorCode !== ErrorCode.NO_ERROR) host.counts.reset(errorCode)
    if (streams.size === 0) host.becameIdle()
    this.#add(Event.closed, stream, errorCode)
  }

  override settings(isAck: boolean): void {
    if (isAck) this.#core.session.settingsAcknowledged()
  }

  override ping(isAck: boolean, opaqueData: Uint8Array): void {
    if (!isAck) return
    const { host } = this.#core
    const milliseconds = this.#pings.answer(opaqueData, host.now)
    if (milliseconds !== undefined) host.counts.roundTripTime = milliseconds
  }

  override goaway(): void {
    this.#core.isLeaving = this.#core.isAnnounced = true
  }

  override goawaySent(_lastStreamId: number, errorCode: number): void {
    if (errorCode === ErrorCode.NO_ERROR) return
    this.#core.isLeaving = true
    this.#add(Event.terminated, undefined, errorCode)
  }

  override frameNotSent(_type: number, streamId: number, promisedId: number, errno: number): void {
    if (promisedId !== 0) {
      // The request of the push is over, or the client takes no more pushes.
      this.streamClosed(promisedId, ErrorCode.CANCEL)
      return
    }
    // The session ends. This is reported once, and each stream is closed.
    if (errno === SESSION_CLOSING || errno === HEADER_COMP) return
    const stream = this.#core.streams.get(streamId)
    if (!stream || stream.isClosed) return
    const { engine } = this.#core.session
    this.#add(Event.unsent, stream, engine.error(errno, 'a frame could not be sent', { streamId }))
  }

  override answered(streamId: number): void {
    const stream = this.#core.streams.get(streamId)
    if (stream) this.#add(Event.answered, stream, undefined)
  }

  override bodyChanged(streamId: number): void {
    const stream = this.#core.streams.get(streamId)
    if (!stream) return
    this.#changed.add(stream)
    this.#add(Event.changed, stream, undefined)
  }

  override dataSent(streamId: number, length: number, buffered: number): void {
    const stream = this.#core.streams.get(streamId)
    if (stream?.sent(length, buffered)) this.#add(Event.room, stream, undefined)
  }
}
