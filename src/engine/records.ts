import { BlockFlag, FieldFlag, FrameFlag, Io, Kind, NEW_STRING } from './abi.ts'
import { type FlatFields, neverIndex, noFields } from '../common/fields.ts'
import type { Memory } from './memory.ts'
import type { OutgoingBody } from './http2/outgoing.ts'
import type { SessionSink } from './sink.ts'
import type { StreamMap } from '../common/stream-map.ts'

/** Reads the event region. Each session has one, because a header block may arrive in several calls. */
export class RecordReader {
  readonly #memory: Memory
  readonly #bodies: StreamMap<OutgoingBody>
  /** The fields of the header block whose frame has not ended yet. */
  #fields: FlatFields = noFields
  /** The fields of the block that came last with `BlockFlag.kept`. */
  #kept: FlatFields = noFields

  constructor(memory: Memory, bodies: StreamMap<OutgoingBody>) {
    this.#memory = memory
    this.#bodies = bodies
  }

  /** Passes the records of the last call to `sink`. `chunk`: the bytes that were passed to the input region. */
  read(sink: SessionSink, chunk: Uint8Array): void {
    const memory = this.#memory
    const { words, strings } = memory
    let fields = this.#fields
    let at = memory.io(Io.events) >>> 2
    const end = at + memory.io(Io.eventWords)
    while (at < end) {
      const head = words[at]!
      const flags = (head >>> 8) & 0xff
      const first = words[at + 1]!
      const second = words[at + 2]!
      switch (head & 0xff) {
        case Kind.field: {
          if (flags & FieldFlag.first) fields = []
          if (flags & FieldFlag.neverIndex) neverIndex(fields, fields.length)
          if (first < NEW_STRING && second < NEW_STRING) {
            // The common case: both strings are known.
            fields.push(strings[first]!, strings[second]!)
            at += 3
            break
          }
          const name = memory.readString(at + 1)
          fields.push(name, memory.readString(memory.afterString))
          at = memory.afterString
          break
        }
        case Kind.headers:
          if (flags & BlockFlag.repeated) fields = this.#kept.slice()
          else if (flags & BlockFlag.kept) this.#kept = fields.slice()
          sink.headers(first, second, flags, flags & BlockFlag.empty ? [] : fields)
          fields = noFields
          at += 3
          break
        case Kind.data: {
          // Not `subarray`: it would make a Buffer of a Buffer of Node or Bun, whose `slice` does not copy.
          const start = chunk.byteOffset + second
          sink.data(first, new Uint8Array(chunk.buffer, start, words[at + 3]))
          at += 4
          break
        }
        case Kind.streamEnded:
          sink.streamEnded(first)
          at += 3
          break
        case Kind.rstStream:
          sink.rstStream(first, second)
          at += 3
          break
        case Kind.streamClosed:
          sink.streamClosed(first, second)
          at += 3
          break
        case Kind.settings:
          sink.settings(
            (flags & FrameFlag.ack) !== 0,
            Array.from(words.subarray(at + 2, at + 2 + 2 * first)),
          )
          at += 2 + 2 * first
          break
        case Kind.ping:
          sink.ping((flags & FrameFlag.ack) !== 0, memory.bytes.slice((at + 1) << 2, (at + 3) << 2))
          at += 3
          break
        case Kind.windowUpdate:
          sink.windowUpdate(first, second)
          at += 3
          break
        case Kind.pushPromise:
          sink.pushPromise(first, second, flags, flags & BlockFlag.empty ? [] : fields)
          fields = noFields
          at += 3
          break
        case Kind.frameNotSent:
          sink.frameNotSent(first, second, words[at + 3]!, words[at + 4]! | 0)
          at += 5
          break
        case Kind.frameInvalid:
          sink.frameInvalid(first, second, words[at + 3]! | 0)
          at += 4
          break
        case Kind.pieceSent: {
          const body = this.#bodies.get(first)!
          body.length -= second
          sink.dataSent(first, second, body.length)
          at += 3
          break
        }
        case Kind.answered:
          sink.answered(first)
          at += 3
          break
        case Kind.refused:
          sink.refused(first, second)
          at += 3
          break
        case Kind.goawaySent:
          sink.goawaySent(first, second)
          at += 3
          break
        default:
          at = this.#readBytes(head & 0xff, at, sink)
      }
    }
    this.#fields = fields
  }

  /** Reads one of the rare records, which carry "bytes". Returns the word after it. */
  #readBytes(kind: number, at: number, sink: SessionSink): number {
    const memory = this.#memory
    const { words } = memory
    const first = words[at + 1]!
    switch (kind) {
      case Kind.goaway:
        sink.goaway(first, words[at + 2]!, memory.copyBytes(at + 3))
        return at + 3 + memory.bytesWords(at + 3)
      case Kind.priorityUpdate:
        sink.priorityUpdate(first, memory.readBytesAsLatin1(at + 2))
        return at + 2 + memory.bytesWords(at + 2)
      case Kind.altsvc: {
        const value = at + 2 + memory.bytesWords(at + 2)
        sink.altsvc(first, memory.readBytesAsLatin1(at + 2), memory.readBytesAsLatin1(value))
        return value + memory.bytesWords(value)
      }
      case Kind.origin: {
        const origins: string[] = []
        let next = at + 2
        for (let i = 0; i < first; i++) {
          origins.push(memory.readBytesAsLatin1(next))
          next += memory.bytesWords(next)
        }
        sink.origin(origins)
        return next
      }
      case Kind.extension:
        sink.extension(first, words[at + 2]!, words[at + 3]!, memory.copyBytes(at + 4))
        return at + 4 + memory.bytesWords(at + 4)
      case Kind.diagnostic:
        sink.diagnostic(first | 0, memory.readBytesAsLatin1(at + 2))
        return at + 2 + memory.bytesWords(at + 2)
      default:
        throw new Error(`the bridge wrote a record of kind ${kind}: abi.ts and bridge.h differ`)
    }
  }
}
