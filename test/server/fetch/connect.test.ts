import { once } from 'node:events'
import { constants } from 'node:http2'
import { createServer } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { Http1Tunnel } from '../../support/http1-tunnel.ts'
import { cutOff } from '../../support/protocols.ts'
import { answerOf, type Client, type ClientStream } from '../../support/server-client.ts'
import type { Line } from '../../support/server.ts'
import { END_HEADERS, RawClient, Type } from '../../support/raw-client.ts'
import { describeProtocols, pause, until } from '../../support/fetch-suite.ts'

/** CONNECT to an authority, or the extended one to a path. */
function connectTo(client: Client, where: string): ClientStream {
  const target = where.startsWith('/')
    ? { ':protocol': 'x-own', ':scheme': 'http', ':path': where, ':authority': 'localhost' }
    : { ':authority': where }
  return client.session.request({ ':method': 'CONNECT', ...target }, { endStream: false })
}

/** The response's status. */
async function statusOf(stream: ClientStream): Promise<number> {
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

describeProtocols(
  'fetch: CONNECT',
  ({ server, protocol }) => {
    /** To a name of the fixture, by extended CONNECT where there is one; or to an authority. Closed after the test. */
    async function tunnelTo(where: string): Promise<ClientStream> {
      if (protocol === 'HTTP/1.1') {
        const tunnel = new Http1Tunnel(server.port, where.replace(/^\/(\w+)$/, '$1:1'))
        onTestFinished(() => tunnel.close())
        return tunnel
      }
      const client = await server.connect()
      onTestFinished(() => client[Symbol.asyncDispose]())
      return connectTo(client, where)
    }

    /** The next line of an event. */
    async function lineAfter(event: string, act: () => unknown): Promise<Line> {
      const linesOf = (): Line[] => server.lines().filter((line) => line.event === event)
      const before = linesOf().length
      await act()
      return until(() => linesOf()[before])
    }

    it('the server says that it takes extended CONNECT', async () => {
      if (protocol === 'HTTP/1.1') return
      await using client = await server.connect()
      expect(client.session.remoteSettings.enableConnectProtocol).toBe(true)
    })

    const echoes = protocol === 'HTTP/2' ? ['/echo', 'echo:1'] : ['echo:1']
    it.each(echoes)('a tunnel carries bytes both ways: %s', async (where) => {
      const stream = await tunnelTo(where)
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
      const stream = await tunnelTo('/echo')
      const size = 6 << 20
      const sent = Buffer.alloc(size)
      for (let i = 0; i < size; i += 4) sent.writeUInt32BE(i, i)
      const answer = answerOf(stream)
      stream.end(sent)
      expect((await answer).body.equals(sent)).toBe(true)
    })

    it('accept() sends fields, and what the handler returns is not sent', async () => {
      const stream = await tunnelTo('/headers')
      const answer = answerOf(stream)
      stream.end()
      expect(await answer).toMatchObject({ status: 200, text: 'hello', errorCode: 0 })
      expect((await answer).headers['x-protocol']).toBe(protocol === 'HTTP/2' ? 'x-own' : 'none')
      expect((await answer).headers).toHaveProperty('date')
      expect((await answer).headers).not.toHaveProperty('content-length')
    })

    it('what comes before it is accepted goes through as well', async () => {
      const stream = await tunnelTo('/later')
      stream.write('early ')
      stream.write('bird')
      stream.end()
      expect(await answerOf(stream)).toMatchObject({ status: 200, text: 'early bird' })
    })

    it('a response refuses', async () => {
      const streams = ['/refused', 'example.com:443', '/throw'].map((where) => tunnelTo(where))
      const answers = streams.map(async (stream) => answerOf(await stream))
      const [refused, foreign, thrown] = await Promise.all(answers)
      expect(refused).toMatchObject({ status: 403, text: 'not here', errorCode: 0 })
      expect(foreign).toMatchObject({ status: 403, text: 'refused', errorCode: 0 })
      expect(thrown).toMatchObject({ status: 500, text: 'Internal Server Error' })
    })

    it('the reader learns that the client has ended', async () => {
      const ended = await lineAfter('sink ended', async () => {
        const stream = await tunnelTo('/sink')
        void answerOf(stream)
        stream.end('x'.repeat(1000))
      })
      expect(ended).toMatchObject({ received: 1000, aborted: false })
    })

    it('the reader learns that the client has gone', async () => {
      const failed = await lineAfter('sink failed', async () => {
        if (protocol === 'HTTP/1.1') {
          const stream = await tunnelTo('/sink')
          void answerOf(stream)
          await lineAfter('sink read', () => stream.write('y'.repeat(500)))
          stream.close()
          return
        }
        // Node's client ends a stream that it resets.
        const client = await RawClient.connect(server)
        client.headers(1, extended('/sink'), END_HEADERS)
        client.data(1, 'y'.repeat(500))
        await client.nextOf(Type.HEADERS, 1)
        client.reset(1, constants.NGHTTP2_CANCEL)
        await client.isAlive()
        await client[Symbol.asyncDispose]()
      })
      expect(failed).toMatchObject({ received: 500, aborted: true, code: 'ERR_STREAM_CLOSED' })
    })

    it('the writer waits for the client, and learns that it has gone', async () => {
      const stream = await tunnelTo('/source')
      stream.on('error', () => {})
      await until(() => stream.readableLength > 0)
      await pause(200)
      const written = (): number =>
        Number(server.lines().findLast((line) => line.event === 'written')?.written)
      const first = written()
      expect(first).toBeGreaterThan(0)
      // What is read ahead, and the client's window, or the buffers of the two sockets.
      expect(first).toBeLessThan(protocol === 'HTTP/2' ? 2 << 20 : 16 << 20)
      await pause(150)
      expect(written()).toBe(first)
      stream.resume()
      await until(() => written() > first + (2 << 20))
      const failed = await lineAfter('source failed', () => stream.close())
      expect(failed).toMatchObject({ code: 'ERR_STREAM_CLOSED' })
    })

    it('abort() resets', async () => {
      const { errorCode } = await answerOf(await tunnelTo('/reset'))
      // Connections of Deno.listen cannot be reset.
      const hasReset = protocol === 'HTTP/2' || server.runtime !== 'deno'
      expect(errorCode).toBe(hasReset ? cutOff(protocol, constants.NGHTTP2_CANCEL) : 0)
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
        const stream = await tunnelTo(`127.0.0.1:${port}`)
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
