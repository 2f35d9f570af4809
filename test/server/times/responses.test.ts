/** What a client takes, it takes in time; and what becomes of a client that is silent. */
import { expect, it } from 'vitest'
import { upgradeWebSocket } from '../../../src/index.ts'
import type {
  Acceptor,
  Runtime,
  Transport,
  TransportSink,
} from '../../../src/transport/transport.ts'
import { END_HEADERS, encodeFields, Type } from '../../support/raw-client.ts'
import { type Fetch, pass, type TimedClient, TimedServer } from '../../support/timed-server.ts'

const CANCEL = 8
const request = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'

/** A response whose head is sent, and whose body says nothing for ever. */
const silent: Fetch = () => new Response(new ReadableStream())
const hello: Fetch = () => new Response('hello')
const long: Fetch = () => new Response('x'.repeat(1_000_000))

/** SETTINGS_INITIAL_WINDOW_SIZE 0. */
const shut = Buffer.from([0, 4, 0, 0, 0, 0])

function open(client: TimedClient, streamId: number, bytes: number): void {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(bytes)
  client.frame(Type.WINDOW_UPDATE, 0, streamId, payload)
}

it('HTTP/2: a client whose window opens by a byte every ten seconds loses its stream', async () => {
  await using site = new TimedServer(long)
  const client = await site.http2(shut)
  client.get(1)
  for (let i = 0; i < 4; i++) {
    open(client, 1, 1)
    await pass(10_000)
  }
  expect(client.codeOf(Type.RST_STREAM, 1)).toBe(CANCEL)
  expect(site.timeouts).toEqual({ minDataRate: 1 })
  expect(site.errors[0]).toMatchObject({ source: 'connection', streamId: 1 })
  expect(client.hasEnded).toBe(false)
})

it('HTTP/2: a client whose window opens by 200 bytes a second keeps its stream', async () => {
  await using site = new TimedServer(long)
  const client = await site.http2(shut)
  client.get(1)
  for (let i = 0; i < 300; i++) {
    open(client, 1, 200)
    await pass(1000)
  }
  expect(client.codeOf(Type.RST_STREAM, 1)).toBeUndefined()
  expect(site.timeouts).toEqual({})
})

it('HTTP/2: a client whose window does not open at all loses its stream after 60 s', async () => {
  await using site = new TimedServer(long)
  const client = await site.http2(shut)
  client.get(1)
  await pass(59_000)
  expect(client.codeOf(Type.RST_STREAM, 1)).toBeUndefined()
  await pass(3000)
  expect(client.codeOf(Type.RST_STREAM, 1)).toBe(CANCEL)
  expect(site.timeouts).toEqual({ stream: 1 })
})

/** A transport whose system takes bytes as the test says. */
class SlowTransport implements Transport {
  readonly remoteAddress = { host: 'b', port: 2 }
  readonly localAddress = { host: 'a', port: 1 }
  readonly tls = null
  unsent = 0
  isDestroyed = false
  sink!: TransportSink

  write(bytes: Uint8Array): boolean {
    this.unsent += bytes.length
    return this.unsent < 65_536
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    return chunks.map((chunk) => this.write(chunk)).at(-1)!
  }

  take(bytes: number): void {
    const wasFull = this.unsent >= 65_536
    this.unsent -= Math.min(bytes, this.unsent)
    if (wasFull && this.unsent < 65_536) this.sink.onDrain()
  }

  pause(): void {}
  resume(): void {}
  end(): void {}

  destroy(): void {
    this.isDestroyed = true
    this.sink.onClose(null)
  }
}

const speeds: readonly [bytes: number, breached: object][] = [
  [0, { stream: 1 }],
  [1, { minDataRate: 1 }],
  [90, { minDataRate: 1 }],
  [110, {}],
]

for (const [bytes, breached] of speeds) {
  it(`a client that takes ${bytes} bytes a second of a response, in all three minutes of it`, async () => {
    const system = new SlowTransport()
    const address = { host: 'a', port: 1 }
    const listening = { address, reusesReadBuffer: false, close: async () => {} }
    let acceptor!: Acceptor
    const listen: Runtime['listen'] = async (_options, given) => {
      acceptor = given
      return listening
    }
    await using site = new TimedServer(long, { runtime: { name: 'slow', listen } })
    await site.server.ready()
    system.sink = acceptor.onConnection(system)
    system.sink.onData(Buffer.from(request))
    for (let i = 0; i < 180 && !system.isDestroyed; i++) {
      await pass(1000)
      system.take(bytes)
    }
    expect(site.timeouts).toEqual(breached)
    expect(system.isDestroyed).toBe(Object.keys(breached).length > 0)
    expect(site.errors).toHaveLength(Object.keys(breached).length)
    system.take(Infinity)
  })
}

it('a client that does not acknowledge SETTINGS: GOAWAY SETTINGS_TIMEOUT after 10 s', async () => {
  await using site = new TimedServer(silent)
  const client = await site.connect()
  client.answers = false
  client.isHttp2 = true
  client.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  client.frame(Type.SETTINGS, 0, 0)
  await pass(12_000)
  expect(client.codeOf(Type.GOAWAY)).toBe(4)
  expect(site.timeouts).toEqual({ settings: 1 })
  expect(site.errors).toHaveLength(1)
})

it('an event stream is asked by PING after 60 s of silence, and lives while PING is answered', async () => {
  await using site = new TimedServer(silent)
  const client = await site.http2()
  client.get(1)
  await pass(59_000)
  expect(client.countOf(Type.PING)).toBe(0)
  await pass(3_600_000)
  expect(client.countOf(Type.PING)).toBeGreaterThan(50)
  expect(client.hasEnded).toBe(false)
  expect(site.timeouts).toEqual({})
})

const openings: readonly [what: string, begin: (client: TimedClient) => void][] = [
  ['an event stream', (client) => client.get(1)],
  [
    'a CONNECT tunnel',
    (client) => {
      const fields = [[':method', 'CONNECT'] as const, [':authority', 'a:1'] as const]
      client.frame(Type.HEADERS, END_HEADERS, 1, encodeFields(fields))
    },
  ],
  ['a request whose handler is slow', (client) => client.get(1, '/slow')],
  [
    'a body that the handler reads on behind its head',
    (client) => client.get(1, '/', END_HEADERS, 'POST'),
  ],
]

for (const [what, begin] of openings) {
  it(`${what} whose client is gone ends 20 s after PING`, async () => {
    let tunnels = 0
    await using site = new TimedServer((given, { connect }) => {
      if (connect) {
        tunnels++
        connect.accept()
      }
      if (given.url.endsWith('/slow')) return new Promise<Response>(() => {})
      return new Response(new ReadableStream())
    })
    const client = await site.http2()
    begin(client)
    await pass(1000)
    expect(tunnels).toBe(what.includes('tunnel') ? 1 : 0)
    client.answers = false
    await pass(76_000)
    expect(client.countOf(Type.PING)).toBe(1)
    expect(client.hasEnded).toBe(false)
    await pass(6000)
    expect(client.hasEnded).toBe(true)
    expect(site.timeouts).toEqual({ pingAck: 1 })
    expect(site.errors.map(({ text }) => text)).toEqual([
      'ERR_TIMEOUT the client did not answer PING: timeouts.pingAck is 20000 ms',
    ])
  })
}

it('no PING is sent where timeouts.ping is 0', async () => {
  await using site = new TimedServer(silent, { timeouts: { ping: 0 } })
  const client = await site.http2()
  client.get(1)
  client.answers = false
  await pass(600_000)
  expect(client.countOf(Type.PING)).toBe(0)
  expect(client.hasEnded).toBe(false)
})

it('connections without streams end after 180 s and 65 s, which is not reported', async () => {
  await using site = new TimedServer(hello)
  const client = await site.http2()
  const other = await site.connect()
  other.send(request)
  await pass(64_000)
  expect(other.hasEnded).toBe(false)
  await pass(3000)
  expect(other.hasEnded).toBe(true)
  await pass(112_000)
  expect(client.hasEnded).toBe(false)
  await pass(3000)
  expect(client.hasEnded).toBe(true)
  expect(client.countOf(Type.PING)).toBe(0)
  expect(site.timeouts).toEqual({ idle: 1, keepAlive: 1 })
  expect(site.errors).toEqual([])
})

it('HTTP/2: a connection beyond its lifetime ends with its streams, or after timeouts.shutdown', async () => {
  await using site = new TimedServer(silent, { timeouts: { lifetime: 600_000 } })
  const client = await site.http2()
  client.get(1)
  await pass(599_000)
  expect(client.countOf(Type.GOAWAY)).toBe(0)
  await pass(2000)
  expect(client.codeOf(Type.GOAWAY)).toBe(0)
  expect(client.hasEnded).toBe(false)
  await pass(11_000)
  expect(client.hasEnded).toBe(true)
  expect(site.timeouts).toEqual({ lifetime: 1, shutdown: 1 })
})

it('HTTP/1.1: the response after the lifetime closes the connection', async () => {
  await using site = new TimedServer(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 10_000))
      return new Response('hello')
    },
    { timeouts: { lifetime: 5000 } },
  )
  const client = await site.connect()
  client.send(request)
  await pass(11_000)
  expect(client.text).toContain('connection: close')
  expect(client.text).toMatch(/hello$/)
  expect(client.hasEnded).toBe(true)
})

it('a wall clock that jumps by a day ends nothing', async () => {
  await using site = new TimedServer(silent)
  const client = await site.http2()
  client.get(1)
  await pass(1000)
  const { vi } = await import('vitest')
  for (const day of [86_400_000, -2 * 86_400_000]) {
    vi.setSystemTime(Date.now() + day)
    await pass(20_000)
  }
  expect(client.hasEnded).toBe(false)
  expect(site.errors).toEqual([])
})

const handshake = [
  'GET / HTTP/1.1',
  'host: a',
  'connection: upgrade',
  'upgrade: websocket',
  'sec-websocket-version: 13',
  'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n')

it('a WebSocket whose peer is silent is asked after 60 s, and fails after 120 s', async () => {
  const closed: number[] = []
  await using site = new TimedServer((given) => {
    const { socket, response } = upgradeWebSocket(given)
    socket.addEventListener('close', ({ code }) => closed.push(code))
    return response
  })
  const client = await site.connect()
  client.send(handshake)
  await pass(59_000)
  const before = client.text.length
  await pass(2000)
  expect(client.text.slice(before)).toBe('\x89\x00')
  await pass(58_000)
  expect(closed).toEqual([])
  await pass(2000)
  expect(closed).toEqual([1006])
  expect(client.hasEnded).toBe(true)
})

it('a WebSocket whose peer answers Ping lives', async () => {
  await using site = new TimedServer((given) => upgradeWebSocket(given).response)
  const client = await site.connect()
  client.send(handshake)
  for (let asked = 0; asked < 20; asked++) {
    const before = client.text.length
    await pass(61_000)
    expect(client.text.slice(before)).toContain('\x89\x00')
    client.send('\x8a\x80\0\0\0\0')
  }
  expect(client.hasEnded).toBe(false)
})
