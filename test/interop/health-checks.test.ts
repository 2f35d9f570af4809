/** What load balancers send to see whether a server is well: HTTP/1.0 without Host, or a connection and nothing more. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { beforeAll, expect, it } from 'vitest'
import { countsDuring, program, statsOf } from '../support/interop.ts'
import { until } from '../support/fetch-suite.ts'
import { describeProgram } from '../support/program-server.ts'
import { RawHttp1 } from '../support/raw-http1.ts'

const ways: Readonly<Record<string, (socket: Socket) => unknown>> = {
  'end at once': (socket) => socket.end(),
  'are reset at once': (socket) => socket.resetAndDestroy(),
  'end after an empty line': (socket) => socket.end('\r\n'),
  'end in a method': (socket) => socket.end('HEA'),
}

describeProgram(
  program,
  'health checks',
  (server) => {
    beforeAll(async () => {
      // The one whose errors go to the console.
      server.port = Number((await server.line('listening'))['defaultPort'])
    })

    it.each(Object.entries(ways))('50 connections that %s leave no trace', async (_, leave) => {
      const started = performance.now()
      for (let i = 0; i < 50; i++) {
        const socket = connect({ host: '127.0.0.1', port: server.port })
        socket.on('error', () => {}).resume()
        await once(socket, 'connect')
        leave(socket)
        if (!socket.closed) await once(socket, 'close')
      }
      await until(async () => (await statsOf(server)).connectionsOpen === 0)
      expect(await statsOf(server)).toMatchObject({ connectionsOpen: 0, streamsOpen: 0 })
      // Those that come after them are not held up.
      expect(performance.now() - started).toBeLessThan(3000)
    })

    if (!server.certificate) {
      it.each([
        ['HEAD / HTTP/1.0', ''],
        ['HEAD / HTTP/1.0\r\nConnection: close', ''],
        ['GET /health HTTP/1.0', 'well'],
        ['GET /health HTTP/1.0\r\nUser-Agent: kube-probe/1.30\r\nAccept: */*', 'well'],
        ['OPTIONS * HTTP/1.0', 'well'],
        ['OPTIONS / HTTP/1.0', 'well'],
        ['GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close', 'well'],
      ])('%j is answered with 200, and the connection ends', async (head, body) => {
        const counts = await countsDuring(server, async () => {
          const answer = await RawHttp1.talk(server.port, `${head}\r\n\r\n`)
          expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
          expect(answer).toMatch(/\r\nconnection: close\r\n/)
          expect(answer.split('\r\n\r\n').at(-1)).toBe(body)
        })
        expect(counts).toEqual({ connections: 1, requests: 1 })
      })
    }

    it('by default, none of it is on the console, and what a handler throws is', async () => {
      expect(server.program.stderr()).toBe('')
      const { port } = server
      if (!server.certificate) {
        const answer = await RawHttp1.talk(port, 'GET /throw HTTP/1.0\r\n\r\n')
        expect(answer).toMatch(/^HTTP\/1\.1 500 /)
        await until(() => server.program.stderr().includes('thrown by the handler'))
      }
      await until(async () => (await statsOf(server)).connectionsOpen === 0)
    })
  },
  ['cleartext', 'TLS'],
)
