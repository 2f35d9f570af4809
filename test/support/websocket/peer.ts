import type { Tunnel, TunnelReader } from '../../../src/http/tunnel.ts'
import {
  negotiate,
  type ServerWebSocket,
  type SocketErrorEvent,
  WebSocketConnection,
  type WebSocketOptions,
} from '../../../src/websocket/index.ts'

/** A frame that the server sent. */
export interface ServerFrame {
  readonly isFinal: boolean
  readonly isCompressed: boolean
  readonly opcode: number
  readonly payload: Buffer
}

/**
 * The tunnel between a client in the test and the server's end; what is written is out at once, or when `take` is
 * called.
 */
export class MemoryTunnel implements Tunnel {
  reader: TunnelReader | undefined
  /** What the client has received. */
  readonly received: Buffer[] = []
  readonly #waiting: Uint8Array[] = []
  isSlow = false
  hasEnded = false
  resetWith: number | undefined
  #wasFull = false

  get bufferedAmount(): number {
    return this.#waiting.reduce((sum, { length }) => sum + length, 0)
  }

  write(chunk: Uint8Array): void {
    if (this.hasEnded || this.resetWith !== undefined) return
    if (this.isSlow) this.#waiting.push(chunk)
    else this.received.push(Buffer.from(chunk))
    this.#wasFull ||= this.bufferedAmount > 65536
  }

  /** The client reads what waits. */
  take(): void {
    for (const chunk of this.#waiting.splice(0)) this.received.push(Buffer.from(chunk))
    const wasFull = this.#wasFull
    this.#wasFull = false
    if (wasFull) this.reader?.onDrain()
  }

  end(): void {
    this.hasEnded = true
  }

  reset(errorCode = 8): void {
    this.resetWith = errorCode
  }

  read(reader: TunnelReader): void {
    this.reader = reader
  }
}

/** A client's frame (RFC 6455 §5.2), masked unless `key` is null. */
export function clientFrame(
  first: number,
  payload: Uint8Array | string = '',
  key: readonly number[] | null = [0x37, 0xfa, 0x21, 0x3d],
): Buffer {
  const bytes = Buffer.from(payload)
  const mask = key === null ? 0 : 0x80
  let header: Buffer
  if (bytes.length < 126) {
    header = Buffer.from([first, mask | bytes.length])
  } else if (bytes.length < 65536) {
    header = Buffer.from([first, mask | 126, 0, 0])
    header.writeUInt16BE(bytes.length, 2)
  } else {
    header = Buffer.alloc(10)
    header.set([first, mask | 127])
    header.writeBigUInt64BE(BigInt(bytes.length), 2)
  }
  if (key === null) return Buffer.concat([header, bytes])
  return Buffer.concat([header, Buffer.from(key), bytes.map((byte, i) => byte ^ key[i % 4]!)])
}

export const text = (payload: string): Buffer => clientFrame(0x81, payload)
export const binary = (payload: Uint8Array): Buffer => clientFrame(0x82, payload)
export const ping = (payload: Uint8Array | string = ''): Buffer => clientFrame(0x89, payload)
export const pong = (payload: Uint8Array | string = ''): Buffer => clientFrame(0x8a, payload)
export const close = (code?: number, reason: Uint8Array | string = ''): Buffer =>
  clientFrame(0x88, code === undefined ? '' : closeBody(code, reason))

export function closeBody(code: number, reason: Uint8Array | string = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)])
}

/** A binary message among the events; long buffers are slow to compare. */
export function asBytes(payload: Uint8Array): string {
  return `bytes ${Buffer.from(payload).toString('hex')}`
}

/** A client, and the server's socket at the other end, which records its events. */
export class Peer {
  readonly tunnel = new MemoryTunnel()
  readonly connection: WebSocketConnection
  readonly socket: ServerWebSocket
  /** `open`, a message (a string; a binary one as `asBytes` has it), `pong …`, `error …`, `close …`, in order. */
  readonly events: unknown[] = []
  readonly errors: Error[] = []

  constructor(options: WebSocketOptions = {}, extensions = '') {
    const agreement = negotiate(
      [
        ['sec-websocket-version', '13'],
        ['sec-websocket-extensions', extensions],
      ],
      options,
    )
    if (!agreement.isAccepted) throw new Error(agreement.reason)
    this.connection = new WebSocketConnection('wss://example.test/chat', agreement, options)
    this.socket = this.connection.socket
    this.socket.binaryType = 'arraybuffer'
    const { events, socket } = this
    socket.addEventListener('open', () => events.push('open'))
    socket.addEventListener('message', ({ data }) => {
      events.push(data instanceof ArrayBuffer ? asBytes(new Uint8Array(data)) : data)
    })
    socket.addEventListener('pong', ({ data }) =>
      events.push(`pong ${Buffer.from(data as ArrayBuffer)}`),
    )
    socket.addEventListener('error', (event: SocketErrorEvent) => {
      this.errors.push(event.error)
      events.push(`error ${event.message}`)
    })
    socket.addEventListener('close', ({ code, reason, wasClean }) => {
      events.push(`close ${code} ${wasClean ? 'clean' : 'unclean'}${reason && ` ${reason}`}`)
    })
  }

  /** With the socket open. */
  static open(options?: WebSocketOptions, extensions?: string): Peer {
    const peer = new Peer(options, extensions)
    peer.connection.open(peer.tunnel)
    peer.events.length = 0
    return peer
  }

  /** Delivers bytes, in one chunk. */
  send(...frames: Uint8Array[]): void | Promise<void> {
    return this.tunnel.reader!.onData(Buffer.concat(frames))
  }

  /** The stream is over. */
  end(errorCode = 0): void {
    if (errorCode === 0) this.tunnel.reader!.onEnd()
    this.tunnel.reader!.onClose(errorCode)
  }

  /** The frames that the server sent since the last call. */
  frames(): ServerFrame[] {
    let bytes = Buffer.concat(this.tunnel.received.splice(0))
    const frames: ServerFrame[] = []
    while (bytes.length > 0) {
      const first = bytes[0]!
      let length = bytes[1]!
      let start = 2
      if (length === 126) {
        length = bytes.readUInt16BE(2)
        start = 4
      } else if (length === 127) {
        length = Number(bytes.readBigUInt64BE(2))
        start = 10
      } else if (length > 127) {
        throw new Error('a frame of the server is masked')
      }
      if (bytes.length < start + length) throw new Error('the server sent a part of a frame')
      frames.push({
        isFinal: (first & 0x80) !== 0,
        isCompressed: (first & 0x70) === 0x40,
        opcode: first & 0x0f,
        payload: bytes.subarray(start, start + length),
      })
      bytes = bytes.subarray(start + length)
    }
    return frames
  }

  /** The same in words: `text …`, `binary …`, `close …`, `ping …`, `pong …`. */
  said(): string[] {
    return this.frames().map(({ opcode, payload }) => {
      switch (opcode) {
        case 1:
          return `text ${payload}`
        case 2:
          return `binary ${payload.toString('hex')}`
        case 8:
          return payload.length === 0
            ? 'close'
            : `close ${payload.readUInt16BE(0)} ${payload.subarray(2)}`.trimEnd()
        case 9:
          return `ping ${payload}`.trimEnd()
        case 10:
          return `pong ${payload}`.trimEnd()
        default:
          throw new Error(`the server sent the opcode ${opcode}`)
      }
    })
  }
}
