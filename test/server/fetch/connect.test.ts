import { once } from 'node:events'
import { constants, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2'
import { createServer } from 'node:net'
import { expect, it } from 'vitest'
import { answerOf, type Client } from '../../support/server-client.ts'
import { END_HEADERS, END_STREAM, RawClient, Type } from '../../support/raw-client.ts'
import { describeFetch, pause, until } from '../../support/fetch-suite.ts'

/** CONNECT to an authority, or the extended one to a path. */
function connectTo(
  client: Client,
  where: string,
  more: OutgoingHttpHeaders = {},
): ClientHttp2Stream {
  const target = where.startsWith('/')
    ? { ':protocol': 'x-own', ':scheme': 'http', ':path': where, ':authority': 'localhost' }
    : { ':authority': where }
  return client.session.request({ ':method': 'CONNECT', ...target, ...more }, { endStream: false })
}

/** The response's status. */
async function statusOf(stream: ClientHttp2Stream): Promise<number> {
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>]
  return Number(headers[':status'])
}

function extended(path: string): (readonly [string, string])[] {
  return [
    [':method', 'CONNECT'],
    [':protocol', 'x-own'],
    [':scheme', 'http'],
    [':authority', 'localhost'],
    [':path', path],
  ]
}

describeFetch(
  'fetch: CONNECT',
  (server) => {
    it('the server says that it takes extended CONNECT', async () => {
      await using client = await server.connect()
      expect(client.session.remoteSettings.enableConnectProtocol).toBe(true)
    })

    it.each(['/echo', 'echo:1'])('a tunnel carries bytes both ways: %s', async (where) => {
      await using client = await server.connect()
      const stream = connectTo(client, where)
      expect(await statusOf(stream)).toBe(200)
      let received = ''
      stream.setEncoding('utf8')
      stream.on('data', (piece: string) => (received += piece))
      for (const piece of ['one ', 'two ', 'three']) {
        stream.write(piece)
        await until(() => received.endsWith(piece))
      }
      stream.end()
      await once(stream, 'close')
      expect(received).toBe('one two three')
      expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR)
    })

    it('much goes through, held by the windows', async () => {
      await using client = await server.connect()
      const stream = connectTo(client, '/echo')
      const size = 6 << 20
      const sent = Buffer.alloc(size)
      for (let i = 0; i < size; i += 4) sent.writeUInt32BE(i, i)
      const answer = answerOf(stream)
      stream.end(sent)
      expect((await answer).body.equals(sent)).toBe(true)
    })

    it('accept() sends fields, and what the handler returns is not sent', async () => {
      await using client = await server.connect()
      const stream = connectTo(client, '/headers')
      const answer = answerOf(stream)
      stream.end()
      expect(await answer).toMatchObject({ status: 200, text: 'hello', errorCode: 0 })
      expect((await answer).headers['x-protocol']).toBe('x-own')
      expect((await answer).headers).toHaveProperty('date')
      expect((await answer).headers).not.toHaveProperty('content-length')
    })

    it('what comes before it is accepted goes through as well', async () => {
      await using client = await RawClient.connect(server)
      client.headers(1, extended('/later'), END_HEADERS)
      client.data(1, 'early ')
      client.data(1, 'bird')
      client.data(1, '', END_STREAM)
      await client.next(({ type, flags, streamId }) => {
        return type === Type.DATA && streamId === 1 && (flags & END_STREAM) !== 0
      })
      const received = client.frames
        .filter(({ type, streamId }) => type === Type.DATA && streamId === 1)
        .map(({ payload }) => payload.toString())
      expect(received.join('')).toBe('early bird')
    })

    it('a response refuses', async () => {
      await using client = await server.connect()
      for (const where of ['/refused', 'example.com:443']) {
        const stream = connectTo(client, where)
        expect(await answerOf(stream)).toMatchObject({ status: 403, errorCode: 0 })
      }
      const thrown = await answerOf(connectTo(client, '/throw'))
      expect(thrown).toMatchObject({ status: 500, text: 'Internal Server Error' })
    })

    it('the reader learns that the client has ended, or gone', async () => {
      await using client = await RawClient.connect(server)
      client.headers(1, extended('/sink'), END_HEADERS)
      client.data(1, 'x'.repeat(1000))
      client.data(1, '', END_STREAM)
      const ended = await server.line('sink ended')
      expect(ended).toMatchObject({ received: 1000, aborted: false })
      client.headers(3, extended('/sink'), END_HEADERS)
      client.data(3, 'y'.repeat(500))
      await client.nextOf(Type.HEADERS, 3)
      client.reset(3, constants.NGHTTP2_CANCEL)
      const failed = await server.line('sink failed')
      expect(failed).toMatchObject({ received: 500, aborted: true, code: 'ERR_STREAM_CLOSED' })
    })

    it('the writer waits for the client, and learns that it has gone', async () => {
      const client = await server.connect()
      const stream = connectTo(client, '/source')
      stream.on('error', () => {})
      await until(() => stream.readableLength > 0)
      await pause(200)
      const written = (): number =>
        Number(server.lines().findLast((line) => line.event === 'written')?.written)
      const first = written()
      expect(first).toBeGreaterThan(0)
      expect(first).toBeLessThan(2 << 20)
      await pause(150)
      expect(written()).toBe(first)
      stream.resume()
      await until(() => written() > first + (2 << 20))
      await client[Symbol.asyncDispose]()
      expect(await server.line('source failed')).toMatchObject({ code: 'ERR_STREAM_CLOSED' })
    })

    it('abort() resets', async () => {
      await using client = await server.connect()
      const stream = connectTo(client, '/reset')
      stream.on('error', () => {})
      await once(stream, 'close')
      expect(stream.rstCode).toBe(constants.NGHTTP2_CANCEL)
    })

    it('a tunnel to another server', async () => {
      const target = createServer((socket) => {
        socket.on('data', (chunk) => socket.write(chunk.toString().toUpperCase()))
        socket.on('end', () => socket.end('bye'))
        socket.on('error', () => {})
      })
      target.listen(0, '127.0.0.1')
      await once(target, 'listening')
      try {
        const { port } = target.address() as { port: number }
        await using client = await server.connect()
        const stream = connectTo(client, `127.0.0.1:${port}`)
        const answer = answerOf(stream)
        stream.write('hello ')
        await pause(20)
        stream.end('world ')
        expect(await answer).toMatchObject({ status: 200, text: 'HELLO WORLD bye', errorCode: 0 })
      } finally {
        target.close()
      }
    })
  },
  ['cleartext', 'TLS'],
)
