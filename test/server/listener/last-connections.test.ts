/** Connections that are made as the server closes in order: each is served. */
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { expect, it } from 'vitest'
import { describeServers, type TestServer } from '../../support/server.ts'
import { RawClient, Type } from '../../support/raw-client.ts'

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

async function connected(port: number): Promise<Socket> {
  const socket = connectTcp({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  return socket
}

/** The body of the answer to a request with which the client begins. */
async function ask(socket: Socket): Promise<string> {
  await using client = new RawClient(socket)
  socket.write(preface)
  client.settings([])
  client.get(1, '/')
  return (await client.nextOf(Type.DATA, 1)).payload.toString()
}

describeServers(
  'closing in order',
  (server) => {
    it('connections that the system has accepted for a busy server', async () => {
      const port = await server.open({})
      await using control = await server.connect()
      const closing = control.get(`/close-busy?port=${port}`)
      await sleep(150)
      const sockets = await Promise.all(Array.from({ length: 50 }, () => connected(port)))
      const bodies = await Promise.all(sockets.map((socket) => ask(socket)))
      expect(bodies).toEqual(sockets.map(() => 'nghttp2 FTW\n'))
      await closing
    })

    it('a client that takes its time to ask', async () => {
      const port = await server.open({})
      const socket = await connected(port)
      await sleep(50)
      const closing = server.close(port, 'gracefully')
      await sleep(500)
      expect(await ask(socket)).toBe('nghttp2 FTW\n')
      await closing
    })
  },
  ['cleartext'],
)

describeServers(
  'closing in order',
  (server) => {
    const options = (socket: Socket): ConnectionOptions => ({
      socket,
      ca: (server as TestServer).certificate!.cert,
      servername: 'localhost',
      ALPNProtocols: ['h2'],
    })

    it('a handshake that is under way', async () => {
      const port = await server.open({})
      const tcp = await connected(port)
      await sleep(50)
      const closing = server.close(port, 'gracefully')
      await sleep(300)
      const socket = connectTls(options(tcp))
      await once(socket, 'secureConnect')
      expect(await ask(socket)).toBe('nghttp2 FTW\n')
      await closing
    })

    it('a handshake that goes nowhere is waited for a second', async () => {
      const port = await server.open({})
      const tcp = await connected(port)
      tcp.on('error', () => {})
      await sleep(50)
      const milliseconds = await server.close(port, 'gracefully')
      expect(milliseconds).toBeLessThan(3000)
      tcp.destroy()
    })
  },
  ['TLS'],
)
