/** What is begun is completed in time: heads, header blocks, frames and bodies of requests. */
import { expect, it } from 'vitest'
import { END_HEADERS, Type } from '../../support/raw-client.ts'
import { type Fetch, pass, TimedServer } from '../../support/timed-server.ts'

const ENHANCE_YOUR_CALM = 0xb
const CANCEL = 8
const body = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n'

const hold: Fetch = () => new Promise<Response>(() => {})
/** Answers with the length of the body. */
const read: Fetch = async (request) => new Response(String((await request.bytes()).length))

it('a connection on which nothing is sent ends after 60 s, and is not reported', async () => {
  await using site = new TimedServer(hold)
  const client = await site.connect()
  await pass(59_000)
  expect(client.hasEnded).toBe(false)
  await pass(2000)
  expect(client.hasEnded).toBe(true)
  expect(site.timeouts).toMatchObject({ head: 1 })
  expect(site.errors).toEqual([])
})

it('a connection on which nothing is sent ends after timeouts.idle, if that is shorter', async () => {
  await using site = new TimedServer(hold, { timeouts: { idle: 5000 } })
  const client = await site.connect()
  await pass(6000)
  expect(client.hasEnded).toBe(true)
  expect(site.timeouts).toEqual({ idle: 1 })
})

const beginnings: readonly [what: string, begins: string, byte: string, answer: string][] = [
  ['half a preface', 'PRI * HT', '', ''],
  ['a request line that does not end', 'GET /', 'x', 'HTTP/1.1 408'],
  ['a field that does not end', 'GET / HTTP/1.1\r\nhost: ', 'x', 'HTTP/1.1 408'],
  ['a preface without SETTINGS', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '', ''],
]

for (const [what, begins, byte, answer] of beginnings) {
  it(`${what}: the connection ends 60 s after it was accepted, though bytes come`, async () => {
    // The client does not acknowledge SETTINGS either.
    await using site = new TimedServer(hold, { timeouts: { settings: 0 } })
    const client = await site.connect()
    await pass(20_000)
    client.send(begins)
    for (let i = 0; i < 13; i++) {
      await pass(3000)
      if (byte !== '') client.send(byte)
    }
    expect(client.hasEnded).toBe(false)
    await pass(3000)
    expect(client.hasEnded).toBe(true)
    expect(client.text).toContain(answer)
    expect(site.errors.map(({ text }) => text)).toEqual([
      'ERR_TIMEOUT the client has not completed what it began to send: timeouts.head is 60000 ms',
    ])
    expect(site.timeouts).toMatchObject({ head: 1 })
  })
}

it('the head of a second request over HTTP/1.1: 408, 60 s after its first byte', async () => {
  await using site = new TimedServer(() => new Response('x'))
  const client = await site.connect()
  client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  await pass(40_000)
  client.send('GET ')
  await client.drip(5000, 11)
  expect(client.text).not.toContain('408')
  await pass(7000)
  expect(client.text).toContain('HTTP/1.1 408')
  expect(client.hasEnded).toBe(true)
})

const frames: readonly [what: string, bytes: Buffer][] = [
  ['a header block without END_HEADERS', Buffer.from([0, 0, 1, 1, 0, 0, 0, 0, 3, 0x82])],
  ['the head of a frame', Buffer.from([0, 0, 4, 8])],
  ['HEADERS', Buffer.from([0, 0x20, 0, 1, 4, 0, 0, 0, 3])],
  ['GOAWAY', Buffer.from([0, 0x20, 0, 7, 0, 0, 0, 0, 0])],
]

for (const [what, bytes] of frames) {
  it(`${what} that does not end beside an open stream: GOAWAY after 60 s`, async () => {
    await using site = new TimedServer(hold)
    const client = await site.http2()
    client.get(1)
    await pass(100_000)
    client.send(bytes)
    await pass(58_000)
    expect(client.hasEnded).toBe(false)
    await pass(4000)
    expect(client.codeOf(Type.GOAWAY)).toBe(ENHANCE_YOUR_CALM)
    expect(client.hasEnded).toBe(true)
    expect(site.timeouts).toEqual({ head: 1 })
    expect(site.errors).toHaveLength(1)
  })
}

it('frames that are received in halves each second are no breach', async () => {
  await using site = new TimedServer(hold)
  const client = await site.http2()
  client.get(1)
  const ping = Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
  client.send(ping.subarray(0, 12))
  for (let i = 0; i < 200; i++) {
    await pass(1000)
    client.send(Buffer.concat([ping.subarray(12), ping.subarray(0, 12)]))
  }
  expect(client.hasEnded).toBe(false)
  expect(site.errors).toEqual([])
})

it('HTTP/1.1: a body of a byte every ten seconds is answered with 408', async () => {
  await using site = new TimedServer(read)
  const client = await site.connect()
  client.send(body)
  await client.drip(10_000, 4)
  expect(client.text).toContain('HTTP/1.1 408')
  expect(client.hasEnded).toBe(true)
  expect(site.timeouts).toEqual({ minDataRate: 1 })
  expect(site.errors[0]).toMatchObject({ source: 'connection', streamId: 1 })
  expect(site.errors[0]!.text).toContain('minDataRate is 100 bytes a second')
})

it('HTTP/2: a body of a byte every ten seconds is reset, and the connection goes on', async () => {
  await using site = new TimedServer(async (request) => {
    if (request.url.endsWith('/other')) return new Response('x')
    return new Response(String((await request.bytes()).length))
  })
  const client = await site.http2()
  client.get(1, '/', END_HEADERS, 'POST')
  for (let i = 0; i < 4; i++) {
    client.frame(Type.DATA, 0, 1, Buffer.from('x'))
    await pass(10_000)
  }
  expect(client.codeOf(Type.RST_STREAM, 1)).toBe(CANCEL)
  expect(site.timeouts).toEqual({ minDataRate: 1 })
  client.get(3, '/other')
  await pass(100)
  expect(client.frames.some((f) => f.type === Type.HEADERS && f.streamId === 3)).toBe(true)
  expect(client.hasEnded).toBe(false)
})

it('HTTP/2: one DATA frame whose payload comes a byte every ten seconds, behind the head of its response', async () => {
  const { readable } = new TransformStream<Uint8Array, Uint8Array>()
  await using site = new TimedServer(() => new Response(readable))
  const client = await site.http2()
  client.get(1, '/', END_HEADERS, 'POST')
  client.send(Buffer.from([0, 0x20, 0, 0, 0, 0, 0, 0, 1]))
  await client.drip(10_000, 5)
  expect(client.codeOf(Type.GOAWAY)).toBe(ENHANCE_YOUR_CALM)
  expect(site.timeouts).toEqual({ minDataRate: 1 })
})

it('a body of 200 bytes a second is read to its end', async () => {
  await using site = new TimedServer(read)
  const client = await site.connect()
  client.send(body)
  for (let i = 0; i < 500; i++) {
    client.send('x'.repeat(200))
    await pass(1000)
  }
  expect(client.text).toContain('\r\n\r\n100000')
  expect(site.timeouts).toEqual({})
})

it('a body of a byte every ten seconds goes on where minDataRate is 0', async () => {
  await using site = new TimedServer(read, { minDataRate: 0 })
  const client = await site.connect()
  client.send(body)
  await client.drip(10_000, 60)
  expect(client.hasEnded).toBe(false)
  await pass(61_000)
  expect(site.timeouts).toEqual({ stream: 1 })
  expect(client.text).toContain('HTTP/1.1 408')
})

it('a client that waits for 100 is not late, however long the handler takes', async () => {
  await using site = new TimedServer(async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 300_000))
    return new Response(await request.text())
  })
  const client = await site.connect()
  client.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n')
  await pass(301_000)
  expect(client.text).toContain('HTTP/1.1 100')
  client.send('ok')
  await pass(100)
  expect(client.text).toMatch(/\r\n\r\nok$/)
})

it('a client that may send no more, because the handler does not read, is not late', async () => {
  await using site = new TimedServer(async (request) => {
    await new Promise((resolve) => setTimeout(resolve, 300_000))
    return new Response(String((await request.bytes()).length))
  })
  const client = await site.http2()
  client.get(1, '/', END_HEADERS, 'POST')
  for (let sent = 0; sent < 65_535; sent += 13_107) {
    client.frame(Type.DATA, 0, 1, Buffer.alloc(13_107))
  }
  await pass(290_000)
  expect(client.frames.some((f) => f.type === Type.RST_STREAM)).toBe(false)
})
