import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeServers, type TestServer } from '../../support/server.ts'
import {
  END_HEADERS,
  END_STREAM,
  type Frame,
  RawClient,
  requestFields,
  Type,
} from '../../support/raw-client.ts'

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

/** The request bodies of a client, which keep to the windows. */
class Uploads {
  readonly #client: RawClient
  readonly #sent = new Map<number, number>()
  /** SETTINGS_INITIAL_WINDOW_SIZE of the server. */
  readonly #initialWindow: number

  constructor(client: RawClient) {
    this.#client = client
    const { payload } = client.frames.find(({ type }) => type === Type.SETTINGS)!
    const at = [...payload.keys()].find((i) => i % 6 === 0 && payload.readUInt16BE(i) === 4)
    this.#initialWindow = at === undefined ? 65_535 : payload.readUInt32BE(at + 2)
  }

  /** Sends a body until it is complete, or either side has ended the stream. */
  async send(streamId: number, length: number): Promise<void> {
    for (let left = length; this.#isOpen(streamId); await sleep(1)) {
      let room = Math.min(left, this.#room(0), this.#room(streamId))
      while (room > 0) {
        const size = Math.min(room, 16_384)
        for (const id of [0, streamId]) this.#sent.set(id, (this.#sent.get(id) ?? 0) + size)
        room -= size
        left -= size
        this.#client.data(streamId, new Uint8Array(size))
      }
      if (left > 0) continue
      this.#client.data(streamId, '', END_STREAM)
      return
    }
  }

  reset(streamId: number): void {
    if (!this.#client.socket.writable) return
    this.#client.reset(streamId, 8)
    this.#sent.set(streamId, Infinity)
  }

  #isOpen(streamId: number): boolean {
    const { socket, frames } = this.#client
    if (!socket.writable || this.#sent.get(streamId) === Infinity) return false
    return !frames.some((frame) => frame.type === Type.RST_STREAM && frame.streamId === streamId)
  }

  #room(streamId: number): number {
    let room = streamId === 0 ? 65_535 : this.#initialWindow
    for (const frame of this.#client.frames) {
      if (frame.type === Type.WINDOW_UPDATE && frame.streamId === streamId) {
        room += frame.payload.readUInt32BE(0)
      }
    }
    return room - (this.#sent.get(streamId) ?? 0)
  }
}

/**
 * A client that begins much and ends little of it. It writes its own frames, because the client of node:http2 of Node 20
 * may send empty DATA frames for ever when it resets a stream.
 */
async function misbehave(client: RawClient, random: () => number): Promise<void> {
  const uploads = new Uploads(client)
  client.windowUpdate(0, 2 ** 30)
  for (let id = 1; id < 120 && client.socket.writable && !client.hasEnded; id += 2) {
    const path = paths[Math.floor(random() * paths.length)]!
    const length = random() < 0.4 ? Math.floor(random() * 300_000) : undefined
    const method = length === undefined ? 'GET' : 'POST'
    const end = length === undefined ? END_STREAM : 0
    client.headers(id, requestFields(method, path), END_HEADERS | end)
    if (length !== undefined) void uploads.send(id, length)
    const fate = random()
    if (fate < 0.3) uploads.reset(id)
    else if (fate < 0.5) setTimeout(() => uploads.reset(id), random() * 30)
    else if (fate < 0.6) await sleep(1)
    else {
      // The response has room; of the others only what the first window takes is read.
      client.windowUpdate(id, 2 ** 24)
      if (!/hold|endless/.test(path)) await sleep(random() * 20)
    }
  }
  if (random() < 0.5) client.socket.destroy()
  else client.socket.end()
  await sleep(random() * 50)
}

const isGoaway = ({ type }: Frame): boolean => type === Type.GOAWAY

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
      const connecting = Promise.all(
        Array.from({ length: 6 }, () => RawClient.connect(server, [], port)),
      )
      const clients = await within('the connections', connecting)
      const misbehaving = Promise.all(clients.map((client) => misbehave(client, random)))
      await within('the requests', misbehaving)
      const goaways = clients.flatMap(({ frames }) => frames.filter(isGoaway))
      expect(goaways.map(({ payload }) => payload.readUInt32BE(4)).filter(Boolean)).toEqual([])
      // Those that have sent FIN are half-closed until now.
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
