/** A WebSocket over HTTP/1.1 as an attacker speaks it (RFC 6455 §5.2). */
import { paths } from './paths.ts'
import type { Attacker } from './attacker.ts'
import { Connection } from './connection.ts'

export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9 } as const

export const FIN = 0x80
/** Of permessage-deflate (RFC 7692 §6). */
export const COMPRESSED = 0x40

const handshake = [
  `GET ${paths.socket} HTTP/1.1`,
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Extensions: permessage-deflate',
  '\r\n',
].join('\r\n')

export class WebSocketConnection extends Connection {
  isCompressing = false
  #rest: Buffer = Buffer.alloc(0)
  #isUpgraded = false

  /** With the handshake done. */
  static async open(attacker: Attacker): Promise<WebSocketConnection> {
    const connection = new WebSocketConnection(await Connection.dial(attacker.port), attacker)
    connection.socket.write(handshake)
    await connection.until(() => connection.#isUpgraded)
    return connection
  }

  protected override onData(chunk: Buffer): void {
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    if (!this.#isUpgraded) {
      const end = bytes.indexOf('\r\n\r\n')
      if (end < 0) return void (this.#rest = bytes)
      this.#onHead(bytes.subarray(0, end).toString('latin1'))
      bytes = bytes.subarray(end + 4)
    }
    for (;;) {
      const frame = frameIn(bytes)
      if (!frame || bytes.length < frame.end) break
      this.#onFrame(bytes[0]! & 0x0f, bytes.subarray(frame.start, frame.end))
      bytes = bytes.subarray(frame.end)
    }
    this.#rest = bytes
  }

  #onHead(head: string): void {
    const status = /^HTTP\/1.1 (\d{3})/.exec(head)?.[1]
    this.isCompressing = /permessage-deflate/i.test(head)
    this.#isUpgraded = true
    if (status !== '101') this.farewell = String(status)
  }

  #onFrame(opcode: number, payload: Buffer): void {
    if (opcode === Opcode.CLOSE) {
      this.farewell = payload.length < 2 ? 'Close' : `Close ${payload.readUInt16BE()}`
    } else this.note(opcode > Opcode.PING ? 'Pong' : 'message')
  }
}

/** Where the payload of the first frame lies. */
function frameIn(bytes: Buffer): { readonly start: number; readonly end: number } | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes[1]! & 0x7f
  const start = short < 126 ? 2 : short === 126 ? 4 : 10
  if (bytes.length < start) return undefined
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  return { start, end: start + length }
}

/** A frame of a client, masked with zeros. */
export function encodeMessage(first: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const { length } = payload
  const head = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14)
  head[0] = first
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127)
  if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2)
  else if (length >= 126) head.writeUInt16BE(length, 2)
  return Buffer.concat([head, payload])
}
