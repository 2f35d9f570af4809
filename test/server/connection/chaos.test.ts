import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeServers, type TestServer } from '../../support/server.ts'
import { answerOf, type Client } from '../../support/server-client.ts'

/** Numbers that are the same in each run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const paths = [
  '/',
  '/hold',
  '/echo',
  '/early',
  '/calls',
  '/download?size=3000000',
  '/endless?type=an%20async%20generator',
  '/endless?type=a%20ReadableStream',
  '/broken?type=a%20generator',
  '/body?type=large%20bytes',
  '/body?type=an%20async%20pull%20function%20that%20defers',
  '/push?count=3&init={"body":"x"}',
  '/push-stream',
  '/throw?at=headers',
  '/slow-callbacks',
  '/trailers?type=async',
  '/informational-first',
]

/** A client that begins much and ends little of it. */
async function misbehave(client: Client, random: () => number): Promise<void> {
  for (let i = 0; i < 60 && !client.session.destroyed; i++) {
    const path = paths[Math.floor(random() * paths.length)]!
    const body = random() < 0.4 ? new Uint8Array(random() * 300_000) : undefined
    const stream = client.open(path, body ? { body: '' } : {}, !body)
    const answer = answerOf(stream)
    if (body) stream.end(body)
    const fate = random()
    if (fate < 0.3) stream.close(8)
    else if (fate < 0.5) setTimeout(() => stream.close(8), random() * 30)
    else if (fate < 0.6) stream.pause()
    else if (!/hold|endless/.test(path)) await Promise.race([answer, sleep(20)])
  }
  if (random() < 0.5) client.session.destroy()
  else client.session.close()
  await sleep(random() * 50)
}

async function openHandlers(server: TestServer): Promise<number> {
  await using client = await server.connect()
  return ((await client.get('/open-handlers')).json() as { open: number }).open
}

/** Fails with the name of the step that does not end. */
async function within<T>(step: string, result: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${step} did not end within 12 s`)), 12_000)
  })
  return Promise.race([result, late]).finally(() => clearTimeout(timer))
}

describeServers('clients that misbehave', (server) => {
  it('leave no connection behind', async () => {
    const port = await server.open({})
    const random = randomNumbers(20_241_124)
    for (let round = 0; round < 4; round++) {
      const connecting = Promise.all(Array.from({ length: 6 }, () => server.connect({ port })))
      const clients = await within('the connections', connecting)
      const misbehaving = Promise.all(clients.map((client) => misbehave(client, random)))
      await within('the requests', misbehaving)
      const ending = Promise.all(clients.map((client) => client[Symbol.asyncDispose]()))
      await within('the ends of the connections', ending)
    }
    await expect.poll(() => openHandlers(server), { timeout: 5000 }).toBe(0)
    // No connection is left that a close would have to wait for.
    expect(await within('the close', server.close(port))).toBeLessThan(450)
    const own = /^(?:thrown for |the response has already been sent)/
    const others = server
      .lines()
      .filter(
        ({ event, source, message }) =>
          event === 'error' && source === 'handler' && !own.test(String(message)),
      )
    expect(others).toEqual([])
    await using client = await server.connect()
    expect((await client.get('/')).text).toBe('nghttp2 FTW\n')
  }, 60_000)
})
