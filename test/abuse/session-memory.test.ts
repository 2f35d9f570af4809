import { expect, it } from 'vitest'
import {
  encodeFields,
  encodeFrame,
  END_HEADERS,
  END_STREAM,
  RawClient,
  requestFields,
  Type,
} from '../support/raw-client.ts'
import { apis, describeTargets, HonestClient } from '../support/abuse/target.ts'
import { getting, posting, send } from '../support/abuse/wire.ts'

const INITIAL_WINDOW_SIZE = 4
const ENABLE_PUSH: [number, number] = [2, 1]
const shut: [number, number] = [INITIAL_WINDOW_SIZE, 0]

const many = (count: number, frame: (streamId: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => frame(1 + 2 * i)))

/** A request with this much of a field in it. */
const requestOf = (streamId: number, path: string, bytes: number): Buffer =>
  encodeFrame(
    Type.HEADERS,
    END_HEADERS | END_STREAM,
    streamId,
    encodeFields([...requestFields('GET', path), ['x-long', 'v'.repeat(bytes)]]),
  )

const websocket = (streamId: number): Buffer =>
  encodeFrame(
    Type.HEADERS,
    END_HEADERS,
    streamId,
    encodeFields([
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'http'],
      [':authority', 'localhost'],
      [':path', '/'],
      ['sec-websocket-version', '13'],
    ]),
  )

/** A text message, masked with zeros (RFC 6455 §5.2). */
function message(bytes: number): Buffer {
  const head = Buffer.from([0x81, 0xfe, bytes >> 8, bytes & 255, 0, 0, 0, 0])
  return Buffer.concat([head, Buffer.alloc(bytes, 'm')])
}

/** Floods that fill the memory of a session whose client reads no DATA. */
const floods: readonly (readonly [name: string, wire: Buffer])[] = [
  ['requests', many(120, (id) => requestOf(id, '/waiting?size=10', 3000))],
  ['short bodies', many(120, (id) => getting(id, '/hello'))],
  ['bodies of 1,000 bytes', many(120, (id) => getting(id, '/short?size=1000'))],
  ['bodies of 1,000 bytes that wait', many(120, (id) => getting(id, '/waiting?size=1000'))],
  ['whole bodies of 4,000 bytes', many(120, (id) => getting(id, '/large?size=4000'))],
  ['trailers', many(120, (id) => getting(id, '/trailers'))],
  ['pushes', many(20, (id) => getting(id, '/push?count=20&size=4000'))],
  ['uploads', many(120, (id) => posting(id, '/read?how=late', [['x-long', 'v'.repeat(3000)]]))],
  [
    'WebSockets',
    many(30, (id) =>
      Buffer.concat([
        websocket(id),
        ...Array.from({ length: 2 }, () => encodeFrame(Type.DATA, 0, id, message(1000))),
      ]),
    ),
  ],
]
const sizes = [32, 64, 256].map((kibibytes) => kibibytes * 1024)
const cases = apis.flatMap((api) => floods.map(([name, wire]) => ({ api, name, wire })))

describeTargets("a session's memory", (target) => {
  it.each(cases)('runs out, by $name: the connection ends, $api', async ({ api, wire }) => {
    for (const maxSessionMemory of sizes) {
      await using attacked = await target.openFor(api, {
        limits: { maxSessionMemory },
        settings: { enableConnectProtocol: true },
      })
      await using honest = new HonestClient(attacked)
      const clients = await Promise.all(
        Array.from({ length: 3 }, () =>
          RawClient.connect(target, [shut, ENABLE_PUSH], attacked.port),
        ),
      )
      await Promise.all(clients.map((client) => send(client, wire)))
      // Either it answers, or it has ended the connection.
      await Promise.all(clients.map((client) => client.isAlive()))
      await attacked.openGate()
      await honest.expectServed()
      for (const client of clients) await client[Symbol.asyncDispose]()
      const state = await attacked.until(({ stats }) => stats.connectionsOpen === 0)
      expect(state.unhandled).toEqual([])
      const ofConnections = state.reports.filter(({ source }) => source !== 'handler')
      expect(ofConnections.length).toBeLessThanOrEqual(clients.length)
      expect(state.reports.filter(({ name }) => name === 'TypeError')).toEqual([])
      // With the least of it, each flood finds no room.
      if (maxSessionMemory === sizes[0]) expect(state.reports.length).toBeGreaterThan(0)
    }
  })

  it.each(apis)('20 pushes of 4 kB to a window that stays shut, %s', async (api) => {
    await using attacked = await target.openFor(api)
    await using honest = new HonestClient(attacked)
    for (let round = 0; round < 10; round++) {
      await using client = await RawClient.connect(target, [shut, ENABLE_PUSH], attacked.port)
      client.socket.write(many(60, (id) => getting(id, '/push?count=20&size=4000')))
      await client.isAlive()
    }
    await honest.expectServed()
    const state = await attacked.expectUnharmed()
    expect(state.reports.filter(({ source }) => source !== 'handler').length).toBeLessThan(11)
  })

  it.each(apis)('comes back when its client leaves 100 responses behind, %s', async (api) => {
    await using attacked = await target.openFor(api)
    const round = async (): Promise<void> => {
      await using client = await RawClient.connect(target, [shut], attacked.port)
      client.socket.write(many(100, (id) => getting(id, '/waiting?size=1000')))
      expect(await client.isAlive()).toBe(true)
      await attacked.until(({ stats }) => stats.streamsOpen >= 100)
    }
    const used = async (): Promise<number> => {
      const { stats } = await attacked.until((state) => state.stats.connectionsOpen === 0)
      return stats.memory.used
    }
    await round()
    const before = await used()
    await using honest = new HonestClient(attacked)
    for (let i = 0; i < 30; i++) await round()
    await honest.expectServed()
    // Less than a kilobyte a round.
    expect((await used()) - before).toBeLessThan(30_000)
    await attacked.expectUnharmed()
  })

  it.each(apis)('comes back from honest clients that read slowly, and leave, %s', async (api) => {
    await using attacked = await target.openFor(api)
    const round = async (): Promise<void> => {
      await using client = await RawClient.connect(target, [shut], attacked.port)
      client.socket.write(getting(1, '/waiting?size=1000'))
      client.windowUpdate(1, 10)
      await client.nextOf(Type.DATA, 1)
    }
    const used = async (): Promise<number> => {
      const { stats } = await attacked.until((state) => state.stats.connectionsOpen === 0)
      return stats.memory.used
    }
    await round()
    const before = await used()
    for (let i = 0; i < 50; i++) await round()
    expect((await used()) - before).toBeLessThan(10_000)
    await attacked.expectUnharmed()
  })
})
