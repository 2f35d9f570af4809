/** HTTP/2 as an attacker speaks it: any frames out; in, only what says how the attack goes. */
import { errorCodeName } from '../../src/common/errors.ts'
import { HDInflater } from '../../src/engine/hpack/index.ts'
import type { Attacker } from './attacker.ts'
import { Connection } from './connection.ts'
import {
  ACK,
  encodeFrame,
  encodeSettings,
  END_HEADERS,
  INITIAL_WINDOW_SIZE,
  PADDED,
  Type,
} from './frames.ts'

export type Settings = readonly (readonly [id: number, value: number])[]

const headLength = 9

export class Http2Connection extends Connection {
  /** Responses that have begun. */
  responses = 0
  /** Bytes that the server takes: of the connection (0), and of streams, beyond what its SETTINGS say. */
  readonly #windows: Map<number, number> = new Map([[0, 65_535]])
  #initialWindow = 65_535
  #rest: Buffer = Buffer.alloc(0)
  /** Bytes of a DATA frame's payload that are still to come. */
  #skipped = 0
  #inflater: HDInflater | undefined = new HDInflater()
  #isGreeted = false
  #lastStreamId = -1

  /** With both sides' SETTINGS exchanged. */
  static async open(attacker: Attacker, settings: Settings): Promise<Http2Connection> {
    const connection = new Http2Connection(await Connection.dial(attacker.port), attacker)
    connection.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    connection.socket.write(encodeSettings(settings))
    await connection.until(() => connection.#isGreeted)
    return connection
  }

  /** The next stream of a client. */
  nextStream(): number {
    return (this.#lastStreamId += 2)
  }

  /** Bytes of a request's body that the server takes now (RFC 9113 §5.2). */
  windowOf(streamId: number): number {
    const own = this.#initialWindow + (this.#windows.get(streamId) ?? 0)
    return Math.min(own, this.#windows.get(0)!)
  }

  windowUsed(streamId: number, bytes: number): void {
    for (const id of [0, streamId]) this.#windows.set(id, (this.#windows.get(id) ?? 0) - bytes)
  }

  protected override onData(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    for (;;) {
      const dropped = Math.min(this.#skipped, bytes.length)
      this.#skipped -= dropped
      bytes = bytes.subarray(dropped)
      if (bytes.length < headLength) break
      const length = bytes.readUIntBE(0, 3)
      const type = bytes[3]!
      if (type === Type.DATA) {
        this.#skipped = headLength + length
        continue
      }
      if (bytes.length < headLength + length) break
      if (type === Type.WINDOW_UPDATE) {
        const [id, increment] = [bytes.readUInt32BE(5), bytes.readUInt32BE(headLength)]
        this.#windows.set(id, (this.#windows.get(id) ?? 0) + increment)
      } else this.#onFrame(type, bytes[4]!, bytes.subarray(headLength, headLength + length))
      bytes = bytes.subarray(headLength + length)
    }
    this.#rest = bytes
  }

  #onFrame(type: number, flags: number, payload: Buffer): void {
    switch (type) {
      case Type.SETTINGS:
        if (flags & ACK) break
        for (let at = 0; at < payload.length; at += 6) {
          if (payload.readUInt16BE(at) === INITIAL_WINDOW_SIZE) {
            this.#initialWindow = payload.readUInt32BE(at + 2)
          }
        }
        this.socket.write(encodeFrame(Type.SETTINGS, ACK, 0, payload.subarray(0, 0)))
        this.#isGreeted = true
        break
      case Type.HEADERS:
        this.responses++
        this.note(`status ${this.#statusOf(flags, payload)}`)
        break
      case Type.RST_STREAM:
        this.note(`RST_STREAM ${errorCodeName(payload.readUInt32BE())}`)
        break
      case Type.GOAWAY:
        this.farewell = `GOAWAY ${errorCodeName(payload.readUInt32BE(4))}`
        break
      default:
    }
  }

  /** A block of several frames, or one that no decoder takes, ends the reading of statuses. */
  #statusOf(flags: number, payload: Buffer): string {
    if ((flags & END_HEADERS) === 0) this.#inflater = undefined
    const padding = flags & PADDED ? payload[0]! : 0
    const block = payload.subarray(flags & PADDED ? 1 : 0, payload.length - padding)
    try {
      const fields = this.#inflater?.inflate(block) ?? []
      return String(fields.find(([name]) => String(name) === ':status')?.[1] ?? 'in trailers')
    } catch {
      this.#inflater = undefined
      return 'unknown'
    }
  }
}
