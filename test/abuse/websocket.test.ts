import { expect, it } from 'vitest'
import { Client } from '../server/client.ts'
import { describeProgram } from '../support/program-server.ts'
import { ClientSocket, connectSocket } from '../websocket/client.ts'

/** What a listener of a WebSocket throws ends its own socket with 1011, is told once, and hurts nothing else. */

const INTERNAL_ERROR = 1011

describeProgram('test/abuse/fixture/sockets.ts', 'WebSocket', (server) => {
  const reports = (): unknown[] => server.lines().filter(({ event }) => event === 'report')

  it.each([
    ['/message-throws', 'thrown by a listener'],
    ['/message-rejects', 'rejected by a listener'],
    ['/onmessage-throws', 'thrown by a listener'],
    ['/object-throws', 'thrown by a listener'],
    ['/object-without-a-method', undefined],
    ['/open-throws', 'thrown by a listener'],
  ])('%s: 1011, and one report', async (path, message) => {
    const before = reports().length
    await using client = await server.connect()
    const other = await ClientSocket.open(client.session, '/echo')
    const socket = await ClientSocket.open(client.session, path)
    if (path !== '/open-throws') await socket.send('hello')
    expect((await socket.closed()).code).toBe(INTERNAL_ERROR)
    await other.send('still here')
    expect(await other.next()).toBe('still here')
    await expect.poll(() => reports().length - before).toBe(1)
    const streamId = socket.stream.id
    expect(reports().slice(before)).toMatchObject([
      { source: 'handler', streamId, ...(message === undefined ? {} : { message }) },
    ])
  })

  it('a close listener that throws is reported, after the socket has closed in order', async () => {
    const before = reports().length
    await using client = await server.connect()
    const socket = await ClientSocket.open(client.session, '/close-throws')
    socket.sayClose(1000, '')
    expect((await socket.closed()).code).toBe(1000)
    await socket.finish()
    await expect.poll(() => reports().length - before).toBe(1)
  })

  it('messages behind the one whose listener threw are not delivered', async () => {
    await using client = await server.connect()
    const socket = await ClientSocket.open(client.session, '/message-counts')
    for (let i = 0; i < 10; i++) void socket.send(String(i)).catch(() => {})
    expect((await socket.closed()).code).toBe(INTERNAL_ERROR)
    await server.line('message', '"count":2')
    const told = server.lines().filter(({ event }) => event === 'message')
    expect(told.map(({ count }) => count)).toEqual([1, 2])
  })

  it('listeners are added, removed and called as in the standard', async () => {
    await using client = await server.connect()
    const socket = await ClientSocket.open(client.session, '/listeners')
    await socket.send('one')
    expect(await socket.next()).toBe('twice once signal')
    await socket.send('two')
    expect(await socket.next()).toBe('twice')
  })

  it('bytes that were transferred cannot be sent: 1011, and one report', async () => {
    const before = reports().length
    await using client = await server.connect()
    const socket = await ClientSocket.open(client.session, '/sends-junk')
    expect((await socket.closed()).code).toBe(INTERNAL_ERROR)
    await expect.poll(() => reports().length - before).toBe(1)
  })

  it('bytes may be transferred once they were sent', async () => {
    await using client = await server.connect()
    const socket = await ClientSocket.open(client.session, '/sends-and-transfers')
    const message = await socket.next()
    expect(message.toString()).toBe('a'.repeat(100_000))
  })

  it('a Blob that cannot be read ends the socket with 1011', async () => {
    await using client = await server.connect()
    const socket = await ClientSocket.open(client.session, '/blob-fails')
    expect((await socket.closed()).code).toBe(INTERNAL_ERROR)
  })

  it('options that cannot be meant are the handler’s error', async () => {
    const before = reports().length
    await using client = await server.connect()
    const stream = connectSocket(client.session, '/echo?maxPayload=x')
    const status = await new Promise((resolve) =>
      stream.once('response', (headers) => resolve(headers[':status'])),
    )
    expect(status).toBe(500)
    await expect.poll(() => reports().length - before).toBe(1)
    expect(reports().slice(before)).toMatchObject([
      { source: 'handler', message: expect.stringContaining('maxPayload') as string },
    ])
  })

  it('junk written to a tunnel is the writer’s error, and resets the tunnel', async () => {
    await using client = await server.connect()
    const stream = connectSocket(client.session, '/tunnel-of-junk')
    stream.resume()
    await new Promise((resolve) => stream.once('close', resolve))
    expect(stream.rstCode).toBe(2)
    expect(await server.line('junk')).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
  })

  it('nothing was left for the process to catch', async () => {
    await using client = await Client.connect(`http://127.0.0.1:${server.port}`, {})
    expect((await client.get('/uncaught')).text).toBe('0')
    expect(server.lines().filter(({ event }) => event === 'uncaught')).toEqual([])
  })
})
