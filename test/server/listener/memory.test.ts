import { expect, it } from 'vitest'
import { BaseRequestHandler } from '../../../src/server/handler/base-request-handler.ts'
import { HTTP2Server } from '../../../src/server/handler/http2-server.ts'
import { MemoryRuntime } from '../../../src/runtime/memory/runtime.ts'
import { MemoryClient } from '../../support/memory-client.ts'

class Handler extends BaseRequestHandler {
  received = 0

  override onHeaders(): void {
    if (this.path === '/hold') return
    if (this.path === '/large') {
      this.sendResponse({ body: new Uint8Array(3 << 20).fill(0x6c) })
    } else if (this.method === 'GET') {
      this.push({ path: '/push', body: 'pushed content' })
      this.sendResponse({ body: `to ${this.clientAddress.host}:${this.clientAddress.port}` })
    }
  }

  override onData(chunk: Uint8Array): void {
    this.received += chunk.length
  }

  override onRequestDone(): void {
    if (this.method === 'POST') this.sendResponse({ body: String(this.received) })
  }
}

async function open(): Promise<{ runtime: MemoryRuntime; server: HTTP2Server }> {
  const runtime = new MemoryRuntime()
  const server = new HTTP2Server({}, Handler, { runtime })
  await server.listen()
  return { runtime, server }
}

it('a client session and a server without a socket', async () => {
  const { runtime, server } = await open()
  const client = new MemoryClient(runtime)
  const streamId = client.get('/')
  expect(await client.closed(streamId)).toBe(0)
  expect(client.text(streamId)).toBe('to memory:0')
  expect(await client.closed(2)).toBe(0)
  expect(client.text(2)).toBe('pushed content')
  const promise = client.events.find(({ type }) => type === 'PushPromised')
  expect(promise).toMatchObject({ streamId, promisedStreamId: 2 })
  await server.close({ graceful: true })
  expect(client.isClosed).toBe(true)
})

it('large bodies both ways', async () => {
  const { runtime, server } = await open()
  const client = new MemoryClient(runtime)
  const down = client.get('/large')
  const up = client.request(
    [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':authority', 'memory'],
      [':path', '/up'],
    ],
    new Uint8Array(3 << 20),
  )
  expect(await client.closed(down)).toBe(0)
  expect(client.text(down)).toBe('l'.repeat(3 << 20))
  expect(await client.closed(up)).toBe(0)
  expect(client.text(up)).toBe(String(3 << 20))
  await server.close()
})

it('several clients, and a close that waits for them', async () => {
  const { runtime, server } = await open()
  const clients = Array.from({ length: 20 }, () => new MemoryClient(runtime))
  const streams = clients.map((client) => client.get('/'))
  const codes = await Promise.all(clients.map((client, i) => client.closed(streams[i]!)))
  expect(codes).toEqual(clients.map(() => 0))
  await server.close({ graceful: true })
  // The other end learns it in a turn of its own.
  await expect.poll(() => clients.every(({ isClosed }) => isClosed)).toBe(true)
  expect(() => new MemoryClient(runtime)).toThrow(/Nobody listens/)
})

it('a close at once ends what is open', async () => {
  const { runtime, server } = await open()
  const client = new MemoryClient(runtime)
  client.get('/hold')
  await new Promise((resolve) => setTimeout(resolve, 5))
  await server.close()
  expect(client.isClosed).toBe(true)
  const goaway = client.events.find(({ type }) => type === 'GoawayReceived')
  expect(goaway).toMatchObject({ errorCode: 0, lastStreamId: 1 })
})

it('what handlers say in one turn of the loop is sent at the end of it, at once', async () => {
  class Later extends BaseRequestHandler {
    override async onHeaders(): Promise<void> {
      for (let i = 0; i < Number(this.path.slice(1)); i++) await undefined
      this.sendResponse({ body: this.path })
    }
  }
  class TurningRuntime extends MemoryRuntime {
    readonly actions: (() => void)[] = []
    atEndOfTurn(action: () => void): void {
      this.actions.push(action)
    }
  }
  const runtime = new TurningRuntime()
  const server = new HTTP2Server({}, Later, { runtime })
  await server.listen()
  const client = new MemoryClient(runtime)
  const streamIds = [100, 200, 300].map((promises) => client.get(`/${promises}`))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(runtime.actions).toHaveLength(1)
  expect(streamIds.map((id) => client.text(id))).toEqual(['', '', ''])
  runtime.actions[0]!()
  for (const id of streamIds) expect(await client.closed(id)).toBe(0)
  expect(streamIds.map((id) => client.text(id))).toEqual(['/100', '/200', '/300'])
  await server.close()
})
