import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { ErrorCode } from '../../src/common/errors.ts'
import { encodeFrame, RawClient, Type } from '../support/raw-client.ts'
import { pattern } from './fixture/bodies.ts'
import { apis, type Attacked, describeTargets, HonestClient } from '../support/abuse/target.ts'
import { getting } from '../support/abuse/wire.ts'

const mebibyte = 1024 * 1024
const chunk = 64 * 1024
const connectionCount = 10
const streamCount = 100
/** Connections whose client reads nothing, and what the system keeps of each on its way over loopback. */
const deafCount = 5
const systemBuffers = 10 * mebibyte
/** Memory that a runtime takes for what it does meanwhile, for 1,000 requests and 10 connections. */
const runtimeSlack = 64 * mebibyte

const INITIAL_WINDOW_SIZE = 4
const sources = ['pull', 'async pull', 'stream', 'iterable']
const cases = apis.flatMap((api) => sources.map((how) => ({ api, how })))

const unreadCases = cases.filter(({ how }) => how === 'pull' || how === 'stream')

/** Requests of endless bodies on many connections; none is answered more than their windows take. */
async function askForAll(
  attacked: Attacked,
  how: string,
  settings: readonly [number, number][],
): Promise<RawClient[]> {
  const path = `/endless?size=${chunk}&how=${encodeURIComponent(how)}`
  const requests = Array.from({ length: streamCount }, (_, i) => getting(1 + 2 * i, path))
  const wire = Buffer.concat(requests)
  const clients = await Promise.all(
    Array.from({ length: connectionCount }, () =>
      RawClient.connect(attacked.target, settings, attacked.port),
    ),
  )
  for (const client of clients) client.socket.write(wire)
  await attacked.until(({ begun }) => begun['/endless'] === connectionCount * streamCount)
  for (const client of clients) expect(await client.isAlive()).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, 300))
  return clients
}

/** Requests of endless bodies on connections whose windows are open, and whose client reads nothing. */
async function askWithoutReading(attacked: Attacked, how: string): Promise<RawClient[]> {
  const path = `/endless?size=${chunk}&how=${encodeURIComponent(how)}`
  const requests = Array.from({ length: streamCount }, (_, i) => getting(1 + 2 * i, path))
  const open: [number, number] = [INITIAL_WINDOW_SIZE, 0x7fffffff]
  const clients = await Promise.all(
    Array.from({ length: deafCount }, () =>
      RawClient.connect(attacked.target, [open], attacked.port),
    ),
  )
  for (const client of clients) {
    client.socket.pause()
    client.windowUpdate(0, 0x7fffffff - 65_535)
    client.socket.write(Buffer.concat(requests))
  }
  await attacked.until(({ begun }) => begun['/endless'] === deafCount * streamCount)
  await new Promise((resolve) => setTimeout(resolve, 500))
  return clients
}

async function leave(clients: readonly RawClient[]): Promise<void> {
  for (const client of clients) await client[Symbol.asyncDispose]()
}

describeTargets('endless responses', (target) => {
  it.each(cases)(
    'to streams whose windows are shut: one chunk is read, $api, $how',
    async ({ api, how }) => {
      await using attacked = await target.openFor(api)
      await using honest = new HonestClient(attacked)
      const before = await attacked.collected()
      const clients = await askForAll(attacked, how, [[INITIAL_WINDOW_SIZE, 0]])
      const during = await attacked.collected()
      expect(during.mostPulls).toBe(1)
      // The chunk of each stream: of a pull function it is the same memory.
      const bytes = how.includes('pull') ? 0 : during.pulls * chunk
      expect(during.rss - before.rss).toBeLessThan(bytes + runtimeSlack)
      await honest.expectServed()
      await leave(clients)
      await attacked.expectUnharmed()
    },
  )

  it.each(cases)(
    'to connections whose window is used up: a mebibyte each is read ahead, $api, $how',
    async ({ api, how }) => {
      await using attacked = await target.openFor(api)
      await using honest = new HonestClient(attacked)
      const before = await attacked.collected()
      const clients = await askForAll(attacked, how, [[INITIAL_WINDOW_SIZE, mebibyte]])
      const during = await attacked.collected()
      // What is sent, read ahead, and a chunk of each stream.
      const most = 65_535 + mebibyte + streamCount * chunk
      expect(during.pulls * chunk).toBeLessThanOrEqual(connectionCount * (most + chunk))
      const bytes = how.includes('pull') ? 0 : during.pulls * chunk
      expect(during.rss - before.rss).toBeLessThan(bytes + runtimeSlack)
      await honest.expectServed()
      await leave(clients)
      await attacked.expectUnharmed()
    },
  )

  it.each(unreadCases)(
    'to connections that are open and not read: a mebibyte each is read ahead, $api, $how',
    async ({ api, how }) => {
      await using attacked = await target.openFor(api)
      await using honest = new HonestClient(attacked)
      const before = await attacked.collected()
      const clients = await askWithoutReading(attacked, how)
      const during = await attacked.collected()
      // What the system's buffers take, read ahead, on its way, and a chunk of each stream.
      const most = systemBuffers + 2 * mebibyte + streamCount * chunk
      expect(during.pulls * chunk).toBeLessThanOrEqual(deafCount * most)
      expect(during.rss - before.rss).toBeLessThan(deafCount * most + runtimeSlack)
      await honest.expectServed()
      await leave(clients)
      await attacked.expectUnharmed()
    },
  )

  it.each(apis)('that are reset, and asked for again: memory is given back, %s', async (api) => {
    await using attacked = await target.openFor(api)
    await using honest = new HonestClient(attacked)
    await using client = await RawClient.connect(target, [[INITIAL_WINDOW_SIZE, 0]], attacked.port)
    const cancel = Buffer.from([0, 0, 0, ErrorCode.CANCEL])
    for (let round = 0; round < 5; round++) {
      const ids = Array.from({ length: streamCount }, (_, i) => 1 + 2 * (round * streamCount + i))
      const path = `/endless?size=${chunk}&how=stream`
      client.socket.write(Buffer.concat(ids.map((id) => getting(id, path))))
      await attacked.until(({ begun }) => begun['/endless'] === (round + 1) * streamCount)
      client.socket.write(
        Buffer.concat(ids.map((id) => encodeFrame(Type.RST_STREAM, 0, id, cancel))),
      )
      expect(await client.isAlive()).toBe(true)
    }
    // What is read ahead was counted down: a new stream is read from as the first one was.
    const state = await attacked.until(({ stats }) => stats.streamsOpen <= 2)
    expect(state.pulls).toBeLessThanOrEqual(5 * streamCount)
    await honest.expectServed()
    await attacked.expectUnharmed()
  })
})

describeTargets('responses to an honest client', (target) => {
  it.each(apis)('50 MB, streamed, arrive intact, %s', async (api) => {
    await using attacked = await target.openFor(api)
    await using client = await attacked.connect()
    const size = 50_000_000
    const answer = await client.get(`/download?size=${size}`)
    expect([answer.status, answer.body.length]).toEqual([200, size])
    const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')
    expect(sha1(answer.body)).toBe(sha1(pattern(size)))
    await attacked.expectUnharmed()
  })

  it.each(apis)('10,000 events arrive in order, %s', async (api) => {
    await using attacked = await target.openFor(api)
    await using client = await attacked.connect()
    const { status, text } = await client.get('/events?size=10000')
    expect(status).toBe(200)
    const expected = Array.from({ length: 10_000 }, (_, i) => `data: ${i}\n\n`).join('')
    expect(text === expected).toBe(true)
    await attacked.expectUnharmed()
  })
})
