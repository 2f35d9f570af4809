/** A client that sends exactly the given frames, and keeps those it receives. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { HDInflater } from '../../src/engine/hpack/index.ts'
import type { TestServer } from './server.ts'

/** RFC 9113 §6. */
export const Type = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const

export const END_STREAM = 1
export const END_HEADERS = 4
export const PADDED = 8
export const ACK = 1

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
  /** Of HEADERS that came in one frame. */
  readonly fields: (readonly [string, string])[]
}

type Fields = readonly (readonly [string, string])[]

export class RawClient implements AsyncDisposable {
  readonly socket: Socket
  readonly frames: Frame[] = []
  /** Bytes that came in all. */
  received = 0
  /** The server has sent FIN. */
  hasEnded = false
  #rest: Buffer = Buffer.alloc(0)
  #inflater = new HDInflater()
  #closed: Promise<unknown>

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => {})
    socket.on('data', (chunk) => this.#parse(chunk))
    socket.on('end', () => (this.hasEnded = true))
    this.#closed = new Promise((resolve) => socket.once('close', resolve))
  }

  /** A connection without a byte sent; our side stays open when the server ends its own. */
  static async open(server: TestServer, port: number = server.port): Promise<RawClient> {
    const tcp = connectTcp({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    const tls = { socket: tcp, ALPNProtocols: ['h2'], allowHalfOpen: true, servername: 'localhost' }
    const socket = server.certificate
      ? connectTls({ ...tls, ca: server.certificate.cert } as ConnectionOptions)
      : tcp
    await once(socket, server.certificate ? 'secureConnect' : 'connect')
    return new RawClient(socket)
  }

  /** With preface and SETTINGS exchanged. */
  static async connect(
    server: TestServer,
    settings: readonly [number, number][] = [],
    port?: number,
  ): Promise<RawClient> {
    const client = await RawClient.open(server, port)
    client.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    client.settings(settings)
    await client.next((frame) => frame.type === Type.SETTINGS && frame.flags === 0)
    client.frame(Type.SETTINGS, ACK, 0)
    await client.next((frame) => frame.type === Type.SETTINGS && frame.flags === ACK)
    return client
  }

  frame(type: number, flags: number, streamId: number, payload: Uint8Array = noBytes): void {
    this.socket.write(encodeFrame(type, flags, streamId, payload))
  }

  settings(settings: readonly [number, number][]): void {
    const payload = Buffer.alloc(6 * settings.length)
    settings.forEach(([id, value], i) => {
      payload.writeUInt16BE(id, 6 * i)
      payload.writeUInt32BE(value, 6 * i + 2)
    })
    this.frame(Type.SETTINGS, 0, 0, payload)
  }

  /** A request for a path, complete unless `flags` say otherwise. */
  get(streamId: number, path: string, more: Fields = [], flags = END_HEADERS | END_STREAM): void {
    this.headers(streamId, [...requestFields('GET', path), ...more], flags)
  }

  headers(streamId: number, fields: Fields, flags: number = END_HEADERS): void {
    this.frame(Type.HEADERS, flags, streamId, encodeFields(fields))
  }

  data(streamId: number, payload: string | Uint8Array, flags = 0): void {
    this.frame(Type.DATA, flags, streamId, Buffer.from(payload))
  }

  reset(streamId: number, errorCode: number): void {
    this.frame(Type.RST_STREAM, 0, streamId, word(errorCode))
  }

  windowUpdate(streamId: number, increment: number): void {
    this.frame(Type.WINDOW_UPDATE, 0, streamId, word(increment))
  }

  /** The first frame, now or later, of which this is true. */
  async next(isWanted: (frame: Frame) => boolean, milliseconds = 10_000): Promise<Frame> {
    const deadline = Date.now() + milliseconds
    for (;;) {
      const frame = this.frames.find(isWanted)
      if (frame) return frame
      if (this.hasEnded || this.socket.destroyed || Date.now() > deadline) {
        const seen = this.frames.map(({ type, streamId, flags }) => `${type}/${streamId}/${flags}`)
        throw new Error(`the frame did not come; these did: ${seen.join(' ')}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  /** The first frame of a type on a stream. */
  nextOf(type: number, streamId = 0): Promise<Frame> {
    return this.next((frame) => frame.type === type && frame.streamId === streamId)
  }

  /** Last stream and error code of the GOAWAY that comes last before FIN. */
  async goaway(): Promise<{ lastStreamId: number; errorCode: number }> {
    await this.ended()
    const frame = this.frames.findLast(({ type }) => type === Type.GOAWAY)
    if (!frame) throw new Error('there was no GOAWAY')
    return { lastStreamId: frame.payload.readUInt32BE(0), errorCode: frame.payload.readUInt32BE(4) }
  }

  /** Resolves once the server has sent FIN, or the connection is gone. */
  async ended(milliseconds = 10_000): Promise<void> {
    const deadline = Date.now() + milliseconds
    while (!this.hasEnded && !this.socket.destroyed) {
      if (Date.now() > deadline) throw new Error('the server did not end the connection')
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  /** Whether the server still answers: PING. */
  async isAlive(): Promise<boolean> {
    const opaque = Buffer.alloc(8)
    opaque.writeDoubleBE(Math.random())
    this.frame(Type.PING, 0, 0, opaque)
    const isAnswer = ({ type, flags, payload }: Frame): boolean =>
      type === Type.PING && flags === ACK && payload.equals(opaque)
    return this.next(isAnswer).then(
      () => true,
      () => false,
    )
  }

  get closed(): Promise<unknown> {
    return this.#closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    await this.#closed
  }

  #parse(chunk: Buffer): void {
    this.received += chunk.length
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    while (bytes.length >= 9) {
      const length = bytes.readUIntBE(0, 3)
      if (bytes.length < 9 + length) break
      const [type, flags] = [bytes[3]!, bytes[4]!]
      const payload = Buffer.from(bytes.subarray(9, 9 + length))
      const fields = this.#fieldsOf(type, flags, payload)
      this.frames.push({ type, flags, streamId: bytes.readUInt32BE(5), payload, fields })
      bytes = bytes.subarray(9 + length)
    }
    this.#rest = bytes
  }

  #fieldsOf(type: number, flags: number, payload: Buffer): (readonly [string, string])[] {
    const isPromise = type === Type.PUSH_PROMISE
    if ((type !== Type.HEADERS && !isPromise) || (flags & END_HEADERS) === 0) return []
    const [padLength, padding] = flags & PADDED ? [1, payload[0]!] : [0, 0]
    const start = padLength + (isPromise ? 4 : 0)
    return this.#inflate(payload.subarray(start, payload.length - padding))
  }

  #inflate(block: Uint8Array): (readonly [string, string])[] {
    return this.#inflater.inflate(block).map(([name, value]) => [String(name), String(value)])
  }
}

const noBytes = new Uint8Array(0)

export function encodeFrame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array,
): Buffer {
  const frame = Buffer.alloc(9 + payload.length)
  frame.writeUIntBE(payload.length, 0, 3)
  frame[3] = type
  frame[4] = flags
  frame.writeUInt32BE(streamId, 5)
  frame.set(payload, 9)
  return frame
}

export function requestFields(method: string, path: string): Fields {
  return [
    [':method', method],
    [':scheme', 'http'],
    [':authority', 'localhost'],
    [':path', path],
  ]
}

/** RFC 7541 §6.2.2: literals without indexing. */
export function encodeFields(fields: Fields): Buffer {
  const parts: Buffer[] = []
  for (const field of fields) {
    parts.push(Buffer.from([0]))
    for (const text of field) parts.push(encodeLength(text.length), Buffer.from(text, 'latin1'))
  }
  return Buffer.concat(parts)
}

/** RFC 7541 §5.1, a prefix of seven bits. */
function encodeLength(length: number): Buffer {
  if (length < 127) return Buffer.from([length])
  const bytes = [127]
  let rest = length - 127
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
