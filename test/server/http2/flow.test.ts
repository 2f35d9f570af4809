import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeServers, newTag, type TestServer } from '../../support/server.ts'
import { answerOf, type Client } from '../../support/server-client.ts'
import {
  END_HEADERS,
  END_STREAM,
  RawClient,
  requestFields,
  Type,
} from '../../support/raw-client.ts'

const mebibyte = 1 << 20

/** A number that the server keeps by tag. */
async function ask(client: Client, path: string): Promise<number> {
  const answer = (await client.get(path)).json() as Record<string, number>
  return Object.values(answer)[0]!
}

/** Growth of the process's memory during an action. */
async function growth(server: TestServer, during: () => Promise<void>): Promise<number> {
  const before = await server.memory()
  await during()
  return ((await server.memory()) - before) / mebibyte
}

describeServers('flow control', (server) => {
  it('a paused download does not hold up the status of other calls (RFC 9113 §6.9)', async () => {
    await using client = await RawClient.connect(server)
    client.get(1, '/download?size=1000000')
    while (client.received <= 65_535) await sleep(5)
    client.get(3, '/trailers?body=none')
    const trailers = await client.next(
      ({ type, streamId, flags }) => type === Type.HEADERS && streamId === 3 && (flags & 1) === 1,
    )
    expect(trailers.fields).toContainEqual(['x-sum', '1'])
    expect(await client.isAlive()).toBe(true)
  })

  it('128 MiB up', async () => {
    await using client = await server.connect({ settings: { initialWindowSize: 65_535 } })
    const stream = client.open('/hash', { body: '' })
    const answer = answerOf(stream)
    const block = randomBytes(mebibyte)
    const hash = createHash('sha256')
    for (let i = 0; i < 128; i++) {
      hash.update(block)
      if (!stream.write(block)) await once(stream, 'drain')
    }
    stream.end()
    expect((await answer).json()).toEqual({
      received: 128 * mebibyte,
      sha256: hash.digest('hex'),
    })
  }, 60_000)

  it('128 MiB down', async () => {
    await using client = await server.connect({ settings: { initialWindowSize: mebibyte } })
    client.session.setLocalWindowSize(mebibyte)
    const stream = client.open(`/download?size=${128 * mebibyte}`, {}, true)
    let received = 0
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      received += chunk.length
      if (chunk[0] !== 0x7a || chunk.at(-1) !== 0x7a) throw new Error('other bytes')
    }
    expect(received).toBe(128 * mebibyte)
  }, 60_000)

  it('eight downloads of 4 MiB and eight uploads at once', async () => {
    await using client = await server.connect()
    const size = 4 * mebibyte
    const body = new Uint8Array(size)
    const numbers = Array.from({ length: 8 }, (_, i) => i)
    const downs = numbers.map(() => client.get(`/download?size=${size}`))
    const ups = numbers.map(() => client.request('/hash', { body }))
    for (const answer of await Promise.all(downs)) expect(answer.body.length).toBe(size)
    for (const answer of await Promise.all(ups)) {
      expect(answer.json()).toMatchObject({ received: size })
    }
  }, 60_000)

  it('a handler that is slow to take an upload in keeps the window closed', async () => {
    await using client = await server.connect()
    await using other = await server.connect()
    const tag = newTag()
    const stream = client.open(`/slow-upload?tag=${tag}`, { body: '' })
    const answer = answerOf(stream)
    const more = await growth(server, async () => {
      stream.end(Buffer.alloc(32 * mebibyte))
      await sleep(500)
    })
    expect(more).toBeLessThan(30)
    // The handler got one chunk only.
    const taken = await ask(other, `/received?tag=${tag}`)
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThanOrEqual(mebibyte)
    // Others of the same connection are not held up.
    expect((await client.get('/')).status).toBe(200)
    await other.get(`/release?tag=${tag}`)
    expect((await answer).json()).toEqual({ received: 32 * mebibyte })
  }, 60_000)

  it('WINDOW_UPDATE comes when the handler has taken in, not before', async () => {
    await using client = await RawClient.connect(server)
    await using other = await server.connect()
    const tag = newTag()
    client.headers(1, requestFields('POST', `/slow-upload?tag=${tag}`), END_HEADERS)
    client.data(1, Buffer.alloc(16_384))
    // The connection's window grows once a body begins to arrive.
    await client.nextOf(Type.WINDOW_UPDATE, 0)
    for (let i = 1; i < 60; i++) client.data(1, Buffer.alloc(16_384))
    expect(await client.isAlive()).toBe(true)
    const updates = (): unknown[] =>
      client.frames.filter(({ type, streamId }) => type === Type.WINDOW_UPDATE && streamId === 1)
    expect(updates()).toEqual([])
    await other.get(`/release?tag=${tag}`)
    await client.nextOf(Type.WINDOW_UPDATE, 1)
    client.data(1, '', END_STREAM)
    const { payload } = await client.nextOf(Type.DATA, 1)
    expect(JSON.parse(payload.toString())).toEqual({ received: 60 * 16_384 })
  })

  it('a download is made no faster than it is read', async () => {
    await using client = await server.connect()
    const tag = newTag()
    const size = 64 * mebibyte
    const more = await growth(server, async () => {
      const stream = client.open(`/download?tag=${tag}&size=${size}`, {}, true)
      stream.on('error', () => {})
      await once(stream, 'response')
      await sleep(300)
      expect(await ask(client, `/made?tag=${tag}`)).toBeLessThan(2 * mebibyte)
      stream.close(8)
    })
    expect(more).toBeLessThan(30)
  })

  it('a client whose TCP is slow, with windows wide open', async () => {
    await using client = await RawClient.connect(server, [[4, 0x7fffffff]])
    await using other = await server.connect()
    const tag = newTag()
    const size = 256 * mebibyte
    const more = await growth(server, async () => {
      client.windowUpdate(0, 0x7fffffff - 65_535)
      client.socket.pause()
      client.get(1, `/download?tag=${tag}&size=${size}`)
      await sleep(500)
      // What fits in the buffers of the system, and our own.
      expect(await ask(other, `/made?tag=${tag}`)).toBeLessThan(32 * mebibyte)
    })
    expect(more).toBeLessThan(40)
    const [before] = client.frames
    expect(before).toBeDefined()
    client.socket.resume()
    await sleep(200)
    expect(client.received).toBeGreaterThan(mebibyte)
    expect((await other.get('/')).status).toBe(200)
  }, 60_000)

  it('a window of one byte at a time', async () => {
    await using client = await RawClient.connect(server, [[4, 0]])
    client.get(1, '/')
    await client.nextOf(Type.HEADERS, 1)
    const data = (): Buffer[] =>
      client.frames.filter(({ type }) => type === Type.DATA).map(({ payload }) => payload)
    for (let i = 1; i <= 12; i++) {
      expect(data()).toHaveLength(i - 1)
      client.windowUpdate(1, 1)
      await client.next(() => data().length === i)
    }
    expect(Buffer.concat(data()).toString()).toBe('nghttp2 FTW\n')
  })

  it('urgent responses go first', async () => {
    await using client = await RawClient.connect(server, [[4, 1 << 20]])
    client.get(1, '/download?size=200000', [['priority', 'u=7']])
    client.get(3, '/download?size=200000', [['priority', 'u=0']])
    await client.nextOf(Type.HEADERS, 3)
    client.windowUpdate(0, 1 << 20)
    const isEnd = ({ type, flags }: { type: number; flags: number }): boolean =>
      type === Type.DATA && flags === END_STREAM
    await client.next(() => client.frames.filter(isEnd).length === 2)
    expect(client.frames.filter(isEnd).map(({ streamId }) => streamId)).toEqual([3, 1])
  })
})
