import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { describeServers, newTag } from '../../support/server.ts'
import { END_HEADERS, RawClient, Type } from '../../support/raw-client.ts'

describeServers('timeouts of a server', (server) => {
  it.concurrent('SETTINGS that the client does not acknowledge: GOAWAY with SETTINGS_TIMEOUT', async () => {
    const port = await server.open({ timeouts: { settings: 200 } })
    await using client = await RawClient.open(server, port)
    client.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    client.settings([])
    expect((await client.goaway()).errorCode).toBe(4)
    await server.close(port)
  })

  it.concurrent('a connection without streams', async () => {
    const port = await server.open({ timeouts: { idle: 300 } })
    await using client = await server.connect({ port })
    expect((await client.get('/')).status).toBe(200)
    await client.closed()
    expect(client.goaways).toEqual([[0, 1]])
    await server.close(port)
  })

  it.concurrent('a connection without a word', async () => {
    const port = await server.open({ timeouts: { idle: 300 } })
    await using client = await RawClient.open(server, port)
    await client.ended()
    await server.close(port)
  })

  it.concurrent('streams that wait for the client; not those that wait for the handler', async () => {
    const port = await server.open({ timeouts: { stream: 300, idle: 60_000 } })
    await using client = await RawClient.connect(server, [[4, 0]], port)
    const tag = newTag()
    client.get(1, `/hold?tag=${tag}`)
    // A body that does not come, a window that does not open for a short and for a long response.
    client.get(3, '/echo', [], END_HEADERS)
    client.get(5, '/')
    client.get(7, '/endless?type=a%20generator')
    for (const streamId of [3, 5, 7]) {
      const { payload } = await client.nextOf(Type.RST_STREAM, streamId)
      expect(payload.readUInt32BE()).toBe(8)
    }
    expect(await client.isAlive()).toBe(true)
    expect(client.frames.some(({ type, streamId }) => type === 3 && streamId === 1)).toBe(false)
    await server.close(port)
  })

  it.concurrent('a conversation that pauses is not ended', async () => {
    const port = await server.open({ timeouts: { stream: 300 } })
    await using client = await RawClient.connect(server, [], port)
    client.get(1, '/endless?type=a%20ReadableStream%20that%20waits', [], END_HEADERS)
    await client.nextOf(Type.DATA, 1)
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(client.frames.filter(({ type }) => type === Type.RST_STREAM)).toEqual([])
    await server.close(port)
  })

  it.concurrent('a stream that moves slowly is not ended', async () => {
    const port = await server.open({ timeouts: { stream: 1500 } })
    await using client = await RawClient.connect(server, [[4, 0]], port)
    client.get(1, '/download?size=12')
    for (let i = 0; i < 12; i++) {
      client.windowUpdate(1, 1)
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
    const sizes = client.frames.filter(({ type }) => type === Type.DATA)
    expect(sizes).toHaveLength(12)
    await server.close(port)
  })

  it.concurrent('a client that reads nothing at all', async () => {
    const port = await server.open({ timeouts: { stream: 500 } })
    await using client = await RawClient.connect(server, [[4, 0x7fffffff]], port)
    const tag = newTag()
    client.windowUpdate(0, 0x7fffffff - 65_535)
    client.socket.pause()
    client.get(1, `/endless?type=a%20generator&tag=${tag}`)
    await server.line('cancelled', tag)
    // The connection is dropped, so that this has nothing to wait for.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(await server.close(port)).toBeLessThan(450)
  })
})

describeServers(
  'the TLS handshake',
  (server) => {
    it('of more clients than maxConnections: they are dropped, and others are served later', async () => {
      const port = await server.open({ maxConnections: 3 })
      const sockets = Array.from({ length: 8 }, () => connect({ host: '127.0.0.1', port }))
      let closed = 0
      for (const socket of sockets) {
        socket.on('error', () => {})
        socket.on('close', () => closed++)
      }
      await expect.poll(() => closed).toBe(5)
      for (const socket of sockets) socket.destroy()
      const served = async (): Promise<number> => {
        await using client = await server.connect({ port })
        return (await client.get('/')).status
      }
      // Until the server has seen that they are gone.
      await expect.poll(() => served().catch(() => 0)).toBe(200)
      expect(await server.close(port)).toBeLessThan(450)
    })

    it('that takes too long', async () => {
      const port = await server.open({ timeouts: { handshake: 300 } })
      const socket = connect({ host: '127.0.0.1', port })
      socket.on('error', () => {})
      await once(socket, 'connect')
      const { code } = await server.line('error', 'ERR_TLS_HANDSHAKE_TIMEOUT')
      expect(code).toBe('ERR_TLS_HANDSHAKE_TIMEOUT')
      socket.destroy()
      await server.close(port)
    })
  },
  ['TLS'],
)
