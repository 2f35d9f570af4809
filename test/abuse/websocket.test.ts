import { once } from 'node:events'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { Client } from '../support/server-client.ts'
import { describeProgram } from '../support/program-server.ts'
import { ClientSocket, connectSocket } from '../support/websocket/client.ts'

/** An error that a WebSocket's listener throws fails that socket with 1011, and is reported once. */

const INTERNAL_ERROR = 1011
/** Error codes of RST_STREAM: the server's, the client's. */
const RESET = 2
const CANCEL = 8

describeProgram('test/abuse/fixture/sockets.ts', 'WebSocket', (server) => {
  const reports = () => server.reports()

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

  it.each(['/message-throws', '/message-rejects', '/open-throws'])(
    '%s over HTTP/1.1: 1011, and one report',
    async (path) => {
      const before = reports().length
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`)
      socket.on('open', () => socket.send('hello'))
      const [code] = (await once(socket, 'close')) as [number]
      expect(code).toBe(INTERNAL_ERROR)
      await expect.poll(() => reports().length - before).toBe(1)
      expect(reports().slice(before)).toMatchObject([{ source: 'handler', streamId: 1 }])
    },
  )

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

  it.each([
    ['/closes-and-throws', 1000, 1],
    ['/rejects-later', INTERNAL_ERROR, 1],
    ['/throws-before-open', INTERNAL_ERROR, 1],
    ['/two-throw', INTERNAL_ERROR, 2],
    ['/sends-a-symbol', INTERNAL_ERROR, 1],
    ['/sends-what-cannot-be-text', INTERNAL_ERROR, 1],
    ['/blob-fails', INTERNAL_ERROR, 1],
    ['/blob-gives-junk', INTERNAL_ERROR, 1],
  ])('%s: one Close frame, and each error is reported', async (path, code, count) => {
    const before = reports().length
    await using client = await server.connect()
    const socket = await ClientSocket.open(client.session, path)
    await socket.send('hello').catch(() => {})
    expect((await socket.closed(true)).code).toBe(code)
    await socket.finish()
    await expect.poll(() => reports().length - before).toBe(count)
    for (const report of reports().slice(before)) {
      expect(report).toMatchObject({ source: 'handler', streamId: socket.stream.id })
    }
    expect((await client.get('/uncaught')).text).toBe('0')
  })

  it('bytes of any view are sent unchanged', async () => {
    await using client = await server.connect()
    const socket = await ClientSocket.open(client.session, '/sends-bytes-of-any-make')
    for (let i = 0; i < 5; i++) expect(await socket.next()).toEqual(Buffer.from('aa'))
  })

  it('echoes to windows that stay shut take the memory of their bytes', async () => {
    const settings = { initialWindowSize: 0 }
    await using client = await Client.connect(`http://127.0.0.1:${server.port}`, { settings })
    await using honest = await server.connect()
    const frames = Buffer.alloc(7 * 16_384, Buffer.from('81810000000061', 'hex'))
    const before = await server.memory()
    const streams = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { stream } = await ClientSocket.open(client.session, '/echo')
        for (let i = 0; i < 24; i++) stream.write(frames)
        return stream
      }),
    )
    // 1 MiB of echoes waits on each, behind which the server reads nothing.
    let grown = 0
    for (let i = 0; i < 15; i++) {
      grown = Math.max(grown, (await server.memory()) - before)
      const socket = await ClientSocket.open(honest.session, '/echo')
      await socket.send('still here')
      expect(await socket.next()).toBe('still here')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(grown).toBeLessThan(160 << 20)
    for (const stream of streams) stream.close(8)
  })

  it('invalid options are an error of the handler', async () => {
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

  it('a writer of a tunnel that aborts does not wait for the client', async () => {
    const settings = { initialWindowSize: 0 }
    await using client = await Client.connect(`http://127.0.0.1:${server.port}`, { settings })
    const stream = connectSocket(client.session, '/tunnel-aborts')
    stream.resume()
    await new Promise((resolve) => stream.once('close', resolve))
    expect(stream.rstCode).toBe(CANCEL)
    await server.line('aborted')
  })

  it('the writer of a tunnel learns that the client ended it with NO_ERROR', async () => {
    await using client = await server.connect()
    const stream = connectSocket(client.session, '/tunnel-tells-its-writer')
    await new Promise((resolve) => stream.once('data', resolve))
    stream.close(0)
    expect(await server.line('told')).toMatchObject({ code: 'ERR_STREAM_CLOSED' })
  })

  it('a chunk that is transferred after it was written resets its tunnel, with one report', async () => {
    const before = reports().length
    await using client = await server.connect()
    const stream = connectSocket(client.session, '/tunnel-transfers')
    stream.resume()
    await new Promise((resolve) => stream.once('close', resolve))
    expect(stream.rstCode).toBe(RESET)
    expect((await client.get('/uncaught')).text).toBe('0')
    expect(reports().slice(before)).toMatchObject([{ source: 'handler', streamId: 1 }])
  })

  it.each(['/tunnel-left-alone', '/tunnel-cancels'])(
    '%s: a client that resets is no news',
    async (path) => {
      const before = reports().length
      await using client = await server.connect()
      const stream = connectSocket(client.session, path)
      await new Promise((resolve) => stream.once('response', resolve))
      stream.write('hello')
      await new Promise((resolve) => setTimeout(resolve, 50))
      stream.close(CANCEL)
      await new Promise((resolve) => setTimeout(resolve, 50))
      expect((await client.get('/uncaught')).text).toBe('0')
      expect(reports().slice(before)).toEqual([])
    },
  )

  it.each([
    ['/data-throws', RESET],
    ['/data-rejects', RESET],
    ['/end-throws', RESET],
    ['/end-rejects', RESET],
    ['/drain-throws', RESET],
    ['/drain-rejects', RESET],
    ['/late-end-throws', RESET],
    ['/close-throws', CANCEL],
    ['/close-rejects', CANCEL],
    ['/late-close-throws', CANCEL],
  ])('the reader of a tunnel, %s: its stream ends, with one report', async (path, errorCode) => {
    const before = reports().length
    const { readers } = await server.line('listening')
    await using client = await Client.connect(`http://127.0.0.1:${String(readers)}`, {})
    await client.get('/')
    const stream = connectSocket(client.session, path)
    const closed = new Promise((resolve) => stream.once('close', resolve))
    await new Promise((resolve) => stream.once('response', resolve))
    stream.resume()
    stream.write('hello')
    if (path.includes('end')) stream.end()
    if (path.includes('close')) stream.close(CANCEL)
    await closed
    expect(stream.rstCode).toBe(errorCode)
    await expect.poll(() => reports().length - before).toBe(1)
    expect(reports().slice(before)).toMatchObject([{ source: 'handler', streamId: stream.id }])
    expect((await client.get('/')).text).toBe('fine')
  })

  it('no rejection or exception was left to the process', async () => {
    await using client = await Client.connect(`http://127.0.0.1:${server.port}`, {})
    expect((await client.get('/uncaught')).text).toBe('0')
    expect(server.lines().filter(({ event }) => event === 'uncaught')).toEqual([])
  })
})
