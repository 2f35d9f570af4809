import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { Http1Client } from '../support/http1-client.ts'
import { RawClient } from '../support/raw-client.ts'
import { pattern } from './fixture/bodies.ts'
import { apis, type Attacked, describeTargets, HonestClient } from '../support/abuse/target.ts'
import { ending, posting, sendInWindows } from '../support/abuse/wire.ts'

const mebibyte = 1024 * 1024
const bound = 8 * mebibyte
const clientCount = 60
const body = pattern(mebibyte)
const sha1 = createHash('sha1').update(body).digest('hex')
const pieces = Array.from({ length: 64 }, (_, i) => body.subarray(i * 16_384, (i + 1) * 16_384))

/** Bytes that the server has received once no more come. */
async function settled(attacked: Attacked): Promise<number> {
  for (let last = -1; ;) {
    const { bytesReceived } = (await attacked.state()).stats
    if (bytesReceived === last) return last
    last = bytesReceived
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

describeTargets('bodies that no handler reads, all connections together', (target) => {
  it.each(apis)('have a bound, and arrive once they are read, %s', async (api) => {
    await using attacked = await target.openFor(api, { maxUnreadBytes: bound })
    const before = await attacked.collected()
    const clients = await Promise.all(
      Array.from({ length: clientCount }, () => RawClient.connect(target, [], attacked.port)),
    )
    const uploads = clients.map(async (client) => {
      client.socket.write(posting(1, '/read?how=late'))
      await sendInWindows(client, 1, pieces, 0)
      client.socket.write(ending(1))
    })
    // Awaited once the handlers read.
    const all = Promise.all(uploads)
    all.catch(() => {})
    const taken = await settled(attacked)
    // Their greetings, head and frames.
    const frames = clientCount * 2000
    expect(taken).toBeLessThan(bound + clientCount * 65_535 + frames)
    const during = await attacked.collected()
    expect(during.rss - before.rss).toBeLessThan(1.5 * taken + 64 * mebibyte)
    await using honest = new HonestClient(attacked)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await honest.expectServed()
    await attacked.openGate()
    await all
    const { read } = await attacked.until((state) => state.read.length === clientCount)
    for (const one of read) expect(one).toEqual({ length: body.length, sha1 })
    for (const client of clients) await client[Symbol.asyncDispose]()
    await attacked.expectUnharmed()
  })

  it('have a bound for each connection by HTTP/1.1, and arrive once they are read', async () => {
    await using attacked = await target.openFor('fetch')
    const paths = Array.from({ length: clientCount }, () => '/read?how=late')
    await using client = new Http1Client({ port: attacked.port })
    const all = Promise.all(paths.map((path) => client.request(path, { body })))
    const taken = await settled(attacked)
    // 64 KiB that wait, and a read beyond.
    expect(taken).toBeLessThan((clientCount * body.length) / 2)
    await attacked.openGate()
    for (const answer of await all) expect(answer.json()).toEqual({ length: body.length, sha1 })
    await attacked.expectUnharmed()
  })
})
