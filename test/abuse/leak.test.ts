import { expect, it } from 'vitest'
import { ErrorCode } from '../../src/common/errors.ts'
import {
  encodeFields,
  encodeFrame,
  END_HEADERS,
  END_STREAM,
  PADDED,
  RawClient,
  requestFields,
  Type,
} from '../support/raw-client.ts'
import { talking } from './fixture/bodies.ts'
import { apis, type Attacked, describeTargets, HonestClient } from '../support/abuse/target.ts'
import { connecting, getting, posting, send } from '../support/abuse/wire.ts'

const shut: [number, number] = [4, 0]
const pushes: [number, number] = [2, 1]
const streamCount = 100
const streamIds = Array.from({ length: streamCount }, (_, i) => 1 + 2 * i)
const each = (frames: (streamId: number) => Buffer): Buffer => Buffer.concat(streamIds.map(frames))

/** The messages of all streams fit into the connection's first window (RFC 9113 §6.9.2). */
const messageSize = 600

/** A WebSocket, and a message that the server sends back (RFC 8441 §4, RFC 6455 §5.2, masked with zeros). */
function echo(streamId: number): Buffer {
  const fields: [string, string][] = [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', 'http'],
    [':authority', 'localhost'],
    [':path', '/'],
    ['sec-websocket-version', '13'],
  ]
  const message = Buffer.concat([
    Buffer.from([0x81, 0xfe, messageSize >> 8, messageSize & 255, 0, 0, 0, 0]),
    Buffer.alloc(messageSize, 'm'),
  ])
  return Buffer.concat([
    encodeFrame(Type.HEADERS, END_HEADERS, streamId, encodeFields(fields)),
    encodeFrame(Type.DATA, 0, streamId, message),
  ])
}

/** Half of a header block (RFC 9113 §6.10), whose other half does not come. */
const halfBlock = encodeFrame(
  Type.HEADERS,
  END_STREAM,
  1 + 2 * streamCount,
  encodeFields([...requestFields('GET', '/'), ['x-long', 'v'.repeat(8000)]]),
)

/** Things that a session holds for a client that takes no DATA, with their least number of bytes. */
const things: readonly (readonly [name: string, wire: Buffer, bytes: number])[] = [
  ['first pieces of pull functions', each((id) => getting(id, '/waiting?size=1000')), 100_000],
  [
    'first pieces of ReadableStreams',
    each((id) => getting(id, '/waiting?size=1000&how=stream')),
    100_000,
  ],
  ['whole bodies', each((id) => getting(id, '/large?size=4000')), 400_000],
  ['trailers', each((id) => getting(id, '/trailers')), 20_000],
  ['pushes', each((id) => getting(id, '/push?count=2&size=1000')), 200_000],
  ['messages of WebSockets', each(echo), 60_000],
  ['pieces of tunnels', each((id) => connecting(id, talking.authority)), 100_000],
  ['uploads', each((id) => posting(id, '/read?how=late', [['x-long', 'v'.repeat(500)]])), 20_000],
]

const word = (value: number): Buffer => Buffer.from([0, 0, 0, value])

/** Ends the client's side, and gives the server a moment to read that. */
async function finish(client: RawClient, last: Buffer = Buffer.alloc(0)): Promise<void> {
  client.socket.end(last)
  await new Promise((resolve) => setTimeout(resolve, 50))
}

/** Ways in which a client leaves. */
const leaves: readonly ((client: RawClient) => Promise<unknown>)[] = [
  async () => {},
  // FIN alone: its responses wait for the windows, as before, until the client is gone altogether.
  (client) => finish(client),
  // GOAWAY, then FIN.
  (client) => finish(client, encodeFrame(Type.GOAWAY, 0, 0, Buffer.alloc(8))),
  // RST_STREAM of each stream.
  (client) => {
    const reset = (id: number): Buffer =>
      encodeFrame(Type.RST_STREAM, 0, id, word(ErrorCode.CANCEL))
    client.socket.write(each(reset))
    return client.isAlive()
  },
  // In the middle of a header block.
  async (client) => {
    const written = new Promise((resolve) => client.socket.write(halfBlock, resolve))
    await written
    await new Promise((resolve) => setTimeout(resolve, 5))
  },
  // A connection error: padding as long as its frame (RFC 9113 §6.1).
  (client) => {
    client.socket.write(encodeFrame(Type.DATA, PADDED, 1, Buffer.from([1])))
    return client.ended()
  },
]

/** The linear memory of all sessions, once there is none. */
async function usedWithout(attacked: Attacked): Promise<number> {
  const { stats } = await attacked.until((state) => state.stats.connectionsOpen === 0)
  return stats.memory.used
}

/** One client for each way to leave; all have asked before the first one goes. The memory they held. */
async function round(attacked: Attacked, wire: Buffer): Promise<number> {
  const clients = await Promise.all(
    leaves.map(() => RawClient.connect(attacked.target, [shut, pushes], attacked.port)),
  )
  await Promise.all(clients.map((client) => send(client, wire)))
  for (const client of clients) expect(await client.isAlive()).toBe(true)
  // Responses of promises come a turn later.
  const open = clients.length * streamCount
  const { stats } = await attacked.until((state) => state.stats.streamsOpen >= open)
  await Promise.all(
    clients.map(async (client, i) => {
      await leaves[i]!(client)
      await client[Symbol.asyncDispose]()
    }),
  )
  return stats.memory.used
}

const cases = apis.flatMap((api) =>
  things.map(([name, wire, bytes]) => ({ api, name, wire, bytes })),
)
const options = { settings: { enableConnectProtocol: true, maxConcurrentStreams: 1000 } }

describeTargets('memory of sessions whose clients leave', (target) => {
  it.each(cases)('$name: all of it comes back, $api', async ({ api, wire, bytes }) => {
    await using attacked = await target.openFor(api, options)
    // The first session makes what all sessions share.
    await round(attacked, wire)
    const before = await usedWithout(attacked)
    const honest = new HonestClient(attacked)
    for (let i = 0; i < 2; i++) {
      expect((await round(attacked, wire)) - before).toBeGreaterThan(leaves.length * bytes)
    }
    await honest.expectServed()
    expect(await usedWithout(attacked)).toBe(before)
    const { reports } = await attacked.expectUnharmed()
    expect(reports.filter(({ name }) => name !== 'HTTPError')).toEqual([])
  })
})
