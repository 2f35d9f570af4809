import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { RawClient, Type } from '../support/raw-client.ts'
import { apis, describeTargets, HonestClient } from '../support/abuse/target.ts'
import {
  beginBody,
  connecting,
  ending,
  posting,
  send,
  sendInWindows,
  tinyFrames,
} from '../support/abuse/wire.ts'

const mebibyte = 1024 * 1024
/** Memory that a runtime takes for what it does meanwhile: code that is compiled, buffers of sockets. */
const runtimeSlack = 48 * mebibyte
/** Milliseconds that a large read may block the event loop. */
const longestStall = 1000

const ascii = Uint8Array.from({ length: mebibyte }, (_, i) => 97 + (i % 23))
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

/** Growth of resident memory that is accepted for `bytes` of bodies on `connections`. */
const allowed = (bytes: number, connections: number): number =>
  1.5 * bytes + connections * mebibyte + runtimeSlack

/** Messages of 5 to 100 bytes behind a prefix of five, as gRPC frames them. */
function messages(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const message = Buffer.alloc(5 + 5 + (i % 96), 97 + (i % 26))
    message.writeUInt8(0)
    message.writeUInt32BE(message.length - 5, 1)
    return message
  })
}

const cases = apis.flatMap((api) =>
  (['plain', 'padded', 'between PINGs'] as const).map((kind) => ({ api, kind })),
)
const readers = [
  { api: 'fetch', how: 'text' },
  { api: 'fetch', how: 'late text' },
  { api: 'fetch', how: 'reader' },
  { api: 'handler', how: 'prompt' },
] as const
const paces = apis.flatMap((api) => ['reader', 'slow', 'late'].map((how) => ({ api, how })))

describeTargets('memory and time of one-byte DATA frames', (target) => {
  it.each(cases)('$kind, in a body that is read late, $api', async ({ api, kind }) => {
    await using attacked = await target.openFor(api)
    await using honest = new HonestClient(attacked)
    const before = await attacked.collected()
    await using client = await RawClient.connect(target, [], attacked.port)
    // What is padded takes three bytes of the window each.
    const body = ascii.subarray(0, kind === 'padded' ? 300_000 : 800_000)
    await beginBody(client, posting(1, '/read?how=late'), body[0]!)
    await send(client, tinyFrames(1, body.subarray(1), kind))
    expect(await client.isAlive()).toBe(true)
    const during = await attacked.collected()
    expect(during.rss - before.rss).toBeLessThan(allowed(body.length, 1))
    await attacked.openGate()
    client.socket.write(ending(1))
    const { read, stall } = await attacked.until((state) => state.read.length > 0)
    expect(read).toEqual([{ length: body.length, sha1: sha1(body) }])
    expect(stall).toBeLessThan(longestStall)
    await honest.expectServed()
    await attacked.expectUnharmed()
  })

  it.each(apis)('on four connections, two bodies each, %s', async (api) => {
    await using attacked = await target.openFor(api)
    await using honest = new HonestClient(attacked)
    const before = await attacked.collected()
    const body = ascii.subarray(0, 50_000)
    const attack = async (): Promise<RawClient> => {
      const client = await RawClient.connect(target, [], attacked.port)
      for (const id of [1, 3]) {
        await beginBody(client, posting(id, '/read?how=late'), body[0]!)
        await send(client, Buffer.concat([tinyFrames(id, body.subarray(1)), ending(id)]))
      }
      expect(await client.isAlive()).toBe(true)
      return client
    }
    const clients = await Promise.all([attack(), attack(), attack(), attack()])
    const during = await attacked.collected()
    expect(during.rss - before.rss).toBeLessThan(allowed(8 * body.length, 4))
    await attacked.openGate()
    const { read, stall } = await attacked.until((state) => state.read.length === 8)
    for (const { sha1: digest } of read) expect(digest).toBe(sha1(body))
    expect(stall).toBeLessThan(longestStall)
    await honest.expectServed()
    for (const client of clients) await client[Symbol.asyncDispose]()
    await attacked.expectUnharmed()
  })

  it.each(apis)('in a tunnel that is read late, %s', async (api) => {
    await using attacked = await target.openFor(api)
    await using honest = new HonestClient(attacked)
    const before = await attacked.collected()
    await using client = await RawClient.connect(target, [], attacked.port)
    const body = ascii.subarray(0, 300_000)
    await beginBody(client, connecting(1), body[0]!)
    await client.nextOf(Type.HEADERS, 1)
    await send(client, Buffer.concat([tinyFrames(1, body.subarray(1)), ending(1)]))
    expect(await client.isAlive()).toBe(true)
    const during = await attacked.collected()
    expect(during.rss - before.rss).toBeLessThan(allowed(body.length, 1))
    await attacked.openGate()
    const { read, stall } = await attacked.until((state) => state.read.length > 0)
    expect(read).toEqual([{ length: body.length, sha1: sha1(body) }])
    expect(stall).toBeLessThan(longestStall)
    await honest.expectServed()
    await attacked.expectUnharmed()
  })

  it.each(readers)('100,000 of them in a body, $api, $how', async ({ api, how }) => {
    await using attacked = await target.openFor(api)
    await using honest = new HonestClient(attacked)
    await using client = await RawClient.connect(target, [], attacked.port)
    const body = ascii.subarray(0, 100_000)
    await beginBody(client, posting(1, `/read?how=${encodeURIComponent(how)}`), body[0]!)
    await send(client, Buffer.concat([tinyFrames(1, body.subarray(1)), ending(1)]))
    expect(await client.isAlive()).toBe(true)
    await attacked.openGate()
    const { read, stall } = await attacked.until((state) => state.read.length > 0)
    expect(read).toEqual([{ length: body.length, sha1: sha1(body) }])
    expect(stall).toBeLessThan(longestStall)
    await honest.expectServed()
    await attacked.expectUnharmed()
  })
})

describeTargets('small messages of a client that is no attacker', (target) => {
  it.each(paces)('all arrive in order, $api, $how', async ({ api, how }) => {
    await using attacked = await target.openFor(api)
    await using client = await RawClient.connect(target, [], attacked.port)
    // A slow reader takes its time for each piece that waits.
    const all = messages(how === 'slow' ? 5000 : 100_000)
    const body = Buffer.concat(all)
    await beginBody(client, posting(1, `/read?how=${how}`), body[0]!)
    const sending = sendInWindows(client, 1, [all[0]!.subarray(1), ...all.slice(1)], 1)
    await new Promise((resolve) => setTimeout(resolve, 200))
    await attacked.openGate()
    await sending
    client.socket.write(ending(1))
    const { read } = await attacked.until((state) => state.read.length > 0, 25_000)
    expect(read).toEqual([{ length: body.length, sha1: sha1(body) }])
    await attacked.expectUnharmed()
  })
})
