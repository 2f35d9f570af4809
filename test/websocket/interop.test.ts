import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Tunnel, TunnelReader } from '../../src/http/tunnel.ts'
import {
  negotiate,
  type ServerWebSocket,
  WebSocketConnection,
  type WebSocketOptions,
} from '../../src/websocket/index.ts'

const lowWater = 64 * 1024

/** A connection after an HTTP/1.1 upgrade, as a tunnel. */
class SocketTunnel implements Tunnel {
  readonly #socket: Duplex
  #wasFull = false

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  get bufferedAmount(): number {
    return this.#socket.writableLength
  }

  write(chunk: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(chunk)
    this.#wasFull ||= this.bufferedAmount > lowWater
  }

  end(): void {
    this.#socket.end()
  }

  reset(): void {
    this.#socket.destroy()
  }

  read(reader: TunnelReader): void {
    const socket = this.#socket
    socket.on('data', (chunk: Buffer) => {
      const waiting = reader.onData(chunk)
      if (!(waiting instanceof Promise)) return
      socket.pause()
      void waiting.then(() => socket.resume())
    })
    socket.on('drain', () => {
      if (this.#wasFull) reader.onDrain()
      this.#wasFull = false
    })
    socket.on('end', () => reader.onEnd())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => reader.onClose(socket.errored === null ? 0 : 2))
  }
}

function accept(
  request: IncomingMessage,
  socket: Duplex,
  options: WebSocketOptions,
): ServerWebSocket {
  const agreement = negotiate(request.headers as Record<string, string>, options)
  if (!agreement.isAccepted) throw new Error(agreement.reason)
  const key = request.headers['sec-websocket-key']
  const answer = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'connection: upgrade',
    'upgrade: websocket',
    `sec-websocket-accept: ${answer.digest('base64')}`,
    ...agreement.fields.map(([name, value]) => `${name}: ${value}`),
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  const connection = new WebSocketConnection(`ws://127.0.0.1${request.url}`, agreement, options)
  queueMicrotask(() => connection.open(new SocketTunnel(socket)))
  return connection.socket
}

describe.each([
  { name: 'without compression', perMessageDeflate: false },
  { name: 'with permessage-deflate', perMessageDeflate: { threshold: 0 } },
])('the ws package as the client, $name', ({ perMessageDeflate }) => {
  let server: Server
  let options: WebSocketOptions
  let sockets: ServerWebSocket[]
  let clients: WebSocket[]

  beforeEach(async () => {
    options = { protocol: ['echo'], compressionThreshold: 1 }
    sockets = []
    clients = []
    server = createServer()
    server.on('upgrade', (request, stream) => {
      const socket = accept(request, stream, options)
      socket.binaryType = 'arraybuffer'
      sockets.push(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })

  afterEach(async () => {
    for (const client of clients) client.terminate()
    server.close()
    await once(server, 'close')
  })

  /** A client, and the server's socket, which sends back what it gets. */
  async function connect(): Promise<{ client: WebSocket; socket: ServerWebSocket }> {
    const { port } = server.address() as AddressInfo
    const client = new WebSocket(`ws://127.0.0.1:${port}/`, ['chat', 'echo'], { perMessageDeflate })
    clients.push(client)
    await once(client, 'open')
    const socket = sockets.at(-1)!
    socket.addEventListener('message', ({ data }) => socket.send(data as string | ArrayBuffer))
    return { client, socket }
  }

  it('agrees on the subprotocol and the extension', async () => {
    const { client, socket } = await connect()
    expect(client.protocol).toBe('echo')
    expect(socket.protocol).toBe('echo')
    expect(socket.extensions.startsWith('permessage-deflate')).toBe(perMessageDeflate !== false)
    expect(client.extensions).toBe(perMessageDeflate === false ? '' : 'permessage-deflate')
  })

  it('echoes messages of every size, text and binary, in order', async () => {
    const { client } = await connect()
    const sizes = [0, 1, 125, 126, 1000, 65_535, 65_536, 300_000, 3_000_000]
    const messages = sizes.flatMap((size) => [
      'payload \u{20ac} '.repeat(size).slice(0, size),
      randomBytes(size),
      Buffer.alloc(size, 'ab'),
    ])
    const echoes: (string | Buffer)[] = []
    const done = new Promise<void>((resolve) => {
      client.on('message', (data, isBinary) => {
        echoes.push(isBinary ? (data as Buffer) : (data as Buffer).toString())
        if (echoes.length === messages.length) resolve()
      })
    })
    for (const message of messages) client.send(message)
    await done
    for (const [i, message] of messages.entries()) {
      const echo = echoes[i]!
      const isSame = typeof message === 'string' ? echo === message : message.equals(echo as Buffer)
      expect(isSame, `message ${i} of ${message.length}`).toBe(true)
    }
  })

  it('joins the fragments of the client', async () => {
    const { client } = await connect()
    client.send('one ', { fin: false })
    client.send('two ', { fin: false })
    client.ping('between')
    client.send('three', { fin: true })
    const [[pong], [message]] = await Promise.all([once(client, 'pong'), once(client, 'message')])
    expect(`${pong}`).toBe('between')
    expect(`${message}`).toBe('one two three')
  })

  it('pings the client', async () => {
    const { socket } = await connect()
    socket.ping('hello')
    const [event] = (await once(socket, 'pong')) as [MessageEvent<ArrayBuffer>]
    expect(Buffer.from(event.data).toString()).toBe('hello')
  })

  it('is closed by the client', async () => {
    const { client, socket } = await connect()
    client.close(4001, 'bye')
    const [[code, reason], [event]] = await Promise.all([
      once(client, 'close'),
      once(socket, 'close'),
    ])
    // ws gives back what the server's Close frame says; the reason is not echoed.
    expect([code, `${reason}`]).toEqual([4001, ''])
    expect(event).toMatchObject({ code: 4001, reason: 'bye', wasClean: true })
  })

  it('is closed by the server', async () => {
    const { client, socket } = await connect()
    socket.send('last')
    socket.close(4002, 'enough')
    const [[message], [code, reason], [event]] = await Promise.all([
      once(client, 'message'),
      once(client, 'close'),
      once(socket, 'close'),
    ])
    expect(`${message}`).toBe('last')
    expect([code, `${reason}`]).toEqual([4002, 'enough'])
    expect(event).toMatchObject({ code: 4002, wasClean: true })
  })

  it('fails with 1009 on a message that is too long', async () => {
    options = { ...options, maxPayload: 1000 }
    const { client, socket } = await connect()
    client.send('x'.repeat(1001))
    const [[code], [event]] = await Promise.all([once(client, 'close'), once(socket, 'close')])
    expect(code).toBe(1009)
    expect(event).toMatchObject({ code: 1006, wasClean: false })
  })

  it('is told when the client is gone', async () => {
    const { client, socket } = await connect()
    client.terminate()
    const [event] = await once(socket, 'close')
    expect(event).toMatchObject({ code: 1006, wasClean: false })
  })

  it('waits for a client that does not read', async () => {
    const { client, socket } = await connect()
    client.pause()
    const chunk = randomBytes(1 << 20)
    let sent = 0
    while (socket.bufferedAmount < 1 << 22) {
      socket.send(chunk)
      sent++
      await new Promise((resolve) => setImmediate(resolve))
    }
    let isDrained = false
    const drained = socket.drained.then(() => (isDrained = true))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(isDrained).toBe(false)
    let received = 0
    const all = new Promise<void>((resolve) => {
      client.on('message', () => {
        if (++received === sent) resolve()
      })
    })
    client.resume()
    await drained
    await all
    expect(received).toBe(sent)
    expect(socket.bufferedAmount).toBe(0)
  })
})
