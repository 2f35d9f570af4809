import { Category, Flag } from '../../engine/abi.ts'
import { ErrorCode } from '../../common/errors.ts'
import type { FlatFields } from '../../common/fields.ts'
import { IgnoringSink } from '../../engine/ignoring-sink.ts'
import { StreamMap } from '../../common/stream-map.ts'
import type { Connection } from '../connection/connection.ts'
import { RequestHead } from '../../http/request-head.ts'
import { ServerStream } from '../../exchange/server-stream.ts'

/** What is to be told to a stream. */
const Fact = {
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

/** NGHTTP2_ERR_SESSION_CLOSING, and NGHTTP2_ERR_HEADER_COMP, at which nghttp2 ends the session. */
const SESSION_CLOSING = -530
const HEADER_COMP = -523
/** Elements that an array of facts keeps for the next turn. */
const keptElements = 1024

/**
 * What a session tells a connection. The records are being read while the sink's methods run, so they note facts, three
 * array elements each; `dispatch` then tells the streams, whose handlers may call anything.
 */
export class Inbox extends IgnoringSink {
  /** The streams that are open, by id. */
  readonly streams: StreamMap<ServerStream> = new StreamMap()
  readonly #connection: Connection
  #facts: unknown[] = []
  /** Elements of `#facts` in use: an array emptied by its length would have to grow again. */
  #count = 0
  /** The array that `#facts` takes turns with: neither is made anew. */
  #told: unknown[] = []

  constructor(connection: Connection) {
    super()
    this.#connection = connection
  }

  /** Tells the streams what was noted. */
  dispatch(): void {
    const count = this.#count
    if (count === 0) return
    const facts = this.#facts
    this.#facts = this.#told
    this.#count = 0
    for (let i = 0; i < count; i += 3) {
      const stream = facts[i + 1] as ServerStream
      const detail = facts[i + 2]
      facts[i + 1] = facts[i + 2] = undefined
      this.#tell(facts[i] as number, stream, detail)
    }
    if (facts.length > keptElements) facts.length = 0
    this.#told = facts
  }

  #tell(fact: number, stream: ServerStream, detail: unknown): void {
    switch (fact) {
      case Fact.begun:
        // Of a request that is over before it begins, no handler is told.
        if (stream.isGone || this.#connection.session.isEnding) break
        stream.begin(this.#connection.application)
        break
      case Fact.refused:
        if (!this.#connection.session.isEnding) stream.refuse()
        break
      case Fact.data:
        stream.requestBody.data(detail as Uint8Array, this.#connection.reusesReadBuffer)
        break
      case Fact.trailers:
        stream.trailers = detail as FlatFields
        stream.requestBody.end()
        break
      case Fact.ended:
        stream.requestBody.end()
        break
      case Fact.closed:
        stream.closed(detail as number)
        break
      case Fact.room:
        stream.pull()
        break
      case Fact.unsent:
        stream.fail(detail)
        break
      case Fact.stray: {
        const [streamId, length] = detail as [number, number]
        this.#connection.consume(streamId, length)
        break
      }
      case Fact.terminated:
        this.#connection.terminated(detail as number)
        break
      case Fact.changed:
        stream.bodyChanged()
        break
      case Fact.answered:
        stream.requestBody.discard()
        this.#connection.earlyAnswers.add(stream)
    }
  }

  #note(fact: number, stream: ServerStream | undefined, detail: unknown): void {
    const facts = this.#facts
    facts[this.#count++] = fact
    facts[this.#count++] = stream
    facts[this.#count++] = detail
  }

  override headers(streamId: number, category: number, flags: number, fields: FlatFields): void {
    if (category === Category.request) {
      const stream = new ServerStream(this.#connection, streamId, new RequestHead(fields), false)
      this.streams.set(streamId, stream)
      this.#connection.counts.streams++
      stream.requestBody.isComplete = (flags & Flag.endStream) !== 0
      this.#note(flags & Flag.truncated ? Fact.refused : Fact.begun, stream, undefined)
      return
    }
    const stream = this.streams.get(streamId)
    if (!stream) return
    if (flags & Flag.truncated) this.#note(Fact.refused, stream, undefined)
    else this.#note(Fact.trailers, stream, fields)
  }

  override data(streamId: number, chunk: Uint8Array): void {
    const stream = this.streams.get(streamId)
    if (!stream) {
      this.#note(Fact.stray, undefined, [streamId, chunk.length])
      return
    }
    stream.movedAt = this.#connection.now
    this.#note(Fact.data, stream, chunk)
  }

  override streamEnded(streamId: number): void {
    const stream = this.streams.get(streamId)
    if (stream) this.#note(Fact.ended, stream, undefined)
  }

  override streamClosed(streamId: number, errorCode: number): void {
    const connection = this.#connection
    connection.session.forgetBody(streamId)
    const stream = this.streams.get(streamId)
    if (!stream) return
    this.streams.delete(streamId)
    stream.isGone = true
    // What nghttp2 sent in full was not the body any more.
    if (stream.isChanged) errorCode = ErrorCode.INTERNAL_ERROR
    if (errorCode !== ErrorCode.NO_ERROR) connection.counts.reset(errorCode)
    if (this.streams.size === 0) connection.becameIdle()
    this.#note(Fact.closed, stream, errorCode)
  }

  override settings(isAck: boolean): void {
    if (isAck) this.#connection.session.settingsAcknowledged()
  }

  override ping(isAck: boolean, opaqueData: Uint8Array): void {
    if (isAck) this.#connection.pingAcknowledged(opaqueData)
  }

  override goaway(): void {
    this.#connection.isLeaving = true
    this.#connection.fin.isAnnounced = true
  }

  override goawaySent(_lastStreamId: number, errorCode: number): void {
    if (errorCode === ErrorCode.NO_ERROR) return
    this.#connection.isLeaving = true
    this.#note(Fact.terminated, undefined, errorCode)
  }

  override frameNotSent(_type: number, streamId: number, promisedId: number, errno: number): void {
    if (promisedId !== 0) {
      // The request it belonged to is over, or the client takes no more pushes.
      this.streamClosed(promisedId, ErrorCode.CANCEL)
      return
    }
    // The session ends: one report tells of that, and each stream is closed.
    if (errno === SESSION_CLOSING || errno === HEADER_COMP) return
    const stream = this.streams.get(streamId)
    if (!stream || stream.isClosed) return
    const { engine } = this.#connection.session
    this.#note(Fact.unsent, stream, engine.error(errno, 'a frame could not be sent', { streamId }))
  }

  override answered(streamId: number): void {
    const stream = this.streams.get(streamId)
    if (stream) this.#note(Fact.answered, stream, undefined)
  }

  override bodyChanged(streamId: number): void {
    const stream = this.streams.get(streamId)
    if (!stream) return
    stream.isChanged = true
    this.#note(Fact.changed, stream, undefined)
  }

  override dataSent(streamId: number, length: number, buffered: number): void {
    const stream = this.streams.get(streamId)
    if (stream?.sent(length, buffered)) this.#note(Fact.room, stream, undefined)
  }
}
