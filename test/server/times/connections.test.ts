/** How many connections there may be, and which of them end where there is no room for another. */
import { expect, it } from 'vitest'
import { Engine } from '../../../src/engine/index.ts'
import { Type } from '../../support/raw-client.ts'
import { type Fetch, pass, type TimedClient, TimedServer } from '../../support/timed-server.ts'

const request = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'
const hello: Fetch = () => new Response('hello')
const hold: Fetch = (given) =>
  given.url.endsWith('/hold') ? new Promise<Response>(() => {}) : new Response('hello')

async function atWork(site: TimedServer): Promise<TimedClient> {
  const client = await site.connect()
  client.send(request.replace('/', '/hold'))
  await pass(10)
  return client
}

it('a connection beyond maxConnections ends the one that is idle for the longest time', async () => {
  await using site = new TimedServer(hold, { maxConnections: 3 })
  const busy = await atWork(site)
  const older = await site.connect()
  const younger = await site.connect()
  await pass(1000)
  // The older one is the one used last.
  older.send(request)
  await pass(1000)
  const fourth = await site.connect()
  fourth.send(request)
  await pass(10)
  expect(fourth.text).toMatch(/hello$/)
  expect([busy, older, younger].map(({ hasEnded }) => hasEnded)).toEqual([false, false, true])
  expect(site.server.stats()).toMatchObject({ connectionsEvicted: 1, connectionsRefused: {} })
  expect(site.errors).toEqual([])
})

it('HTTP/2: the connection that is ended gets GOAWAY', async () => {
  await using site = new TimedServer(hello, { maxConnections: 1 })
  const client = await site.http2()
  client.get(1)
  await pass(10)
  await site.connect()
  await pass(10)
  expect(client.codeOf(Type.GOAWAY)).toBe(0)
  expect(client.hasEnded).toBe(true)
})

it('where all are at work, a client of HTTP/1.1 gets 503, and one of HTTP/2 GOAWAY', async () => {
  await using site = new TimedServer(hold, { maxConnections: 2 })
  const busy = [await atWork(site), await atWork(site)]
  const first = await site.connect()
  first.send(request)
  await pass(10)
  expect(first.text).toMatch(/^HTTP\/1\.1 503 /)
  expect(first.hasEnded).toBe(true)
  const second = await site.http2()
  await pass(10)
  expect(second.frames.map(({ type }) => type)).toEqual([Type.SETTINGS, Type.GOAWAY])
  expect(second.frames[1]!.payload.readUInt32BE(0)).toBe(0)
  expect(second.hasEnded).toBe(true)
  expect(busy.map(({ hasEnded }) => hasEnded)).toEqual([false, false])
  expect(site.server.stats().connectionsRefused).toEqual({ maxConnections: 2 })
  expect(site.server.stats().connectionsOpen).toBe(2)
  expect(site.errors.map(({ text, source }) => `${source} ${text}`)).toEqual([
    'connection ERR_TOO_MANY_CONNECTIONS a connection was refused, and none is idle: maxConnections is 2',
    'connection ERR_TOO_MANY_CONNECTIONS a connection was refused, and none is idle: maxConnections is 2',
  ])
})

it('the answer to a client that is refused does not depend on how its first line is cut', async () => {
  await using site = new TimedServer(hold, { maxConnections: 1 })
  await atWork(site)
  const talks = [
    'PROPFIND / HTTP/1.1\r\n',
    'GET / HTTP/1.1\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ]
  const answers = []
  for (const talk of talks) {
    const client = await site.connect()
    for (const byte of talk) {
      client.send(byte)
      await pass(1)
    }
    answers.push(client.text.slice(0, 12))
  }
  expect(answers.slice(0, 2)).toEqual(['HTTP/1.1 503', 'HTTP/1.1 503'])
  // SETTINGS, without any.
  expect(answers[2]!.startsWith('\0\0\0\u{4}\0')).toBe(true)
})

it('a client that is refused and sends nothing is dropped after a second', async () => {
  await using site = new TimedServer(hold, { maxConnections: 1 })
  await atWork(site)
  const client = await site.connect()
  await pass(900)
  expect(client.hasEnded).toBe(false)
  await pass(200)
  expect(client.hasEnded).toBe(true)
})

it('there is room again once a connection has closed', async () => {
  await using site = new TimedServer(hold, { maxConnections: 1 })
  const busy = await atWork(site)
  busy.drop()
  await pass(10)
  const client = await site.connect()
  client.send(request)
  await pass(10)
  expect(client.text).toMatch(/hello$/)
})

it('a connection beyond maxConnectionsPerAddress is refused, and the idle ones of the address stay', async () => {
  await using site = new TimedServer(hello, { maxConnectionsPerAddress: 2 })
  const clients = [await site.connect(), await site.connect()]
  const third = await site.connect()
  third.send(request)
  await pass(10)
  expect(third.text).toMatch(/^HTTP\/1\.1 503 /)
  clients[0]!.end()
  await pass(10)
  const fourth = await site.connect()
  fourth.send(request)
  await pass(10)
  expect(fourth.text).toMatch(/hello$/)
  expect(site.server.stats().connectionsRefused).toEqual({ maxConnectionsPerAddress: 1 })
})

it('beyond maxMemory, idle connections make room, and then new ones are refused', async () => {
  const engine = new Engine()
  await using site = new TimedServer(hold, { engine, maxMemory: 100_000 })
  const idle = await site.http2()
  const busy = []
  for (let i = 0; i < 8; i++) {
    const client = await site.http2()
    client.get(1, '/hold')
    await pass(2000)
    busy.push(client)
  }
  const { connectionsRefused, connectionsEvicted } = site.server.stats()
  expect(connectionsEvicted).toBeGreaterThan(0)
  expect(idle.hasEnded).toBe(true)
  expect(connectionsRefused['maxMemory']).toBeGreaterThan(0)
  expect(busy[0]!.hasEnded).toBe(false)
  expect(engine.memoryUsage().used).toBeLessThan(250_000)
})

it('a thousand connections at once beyond maxConnections leave those at work alone', async () => {
  await using site = new TimedServer(hold, { maxConnections: 20 })
  const busy = await Promise.all(Array.from({ length: 5 }, () => atWork(site)))
  for (let i = 0; i < 1000; i++) {
    const client = await site.connect()
    if (i % 7 === 0) client.send(request)
  }
  await pass(2000)
  expect(busy.map(({ hasEnded }) => hasEnded)).toEqual([false, false, false, false, false])
  const last = await site.connect()
  last.send(request)
  await pass(10)
  expect(last.text).toMatch(/hello$/)
})
