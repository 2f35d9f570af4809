/** WebSocket by Upgrade (RFC 6455 §4), with the client of the package `ws`. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { RawHttp1 } from '../../support/raw-http1.ts'
import { describeSockets, portOf } from '../../support/websocket/suite.ts'

const handshake = (fields: string): string =>
  `GET /socket-only HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${fields}\r\n`
const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const version = 'Sec-WebSocket-Version: 13\r\n'

describeSockets(
  'WebSocket over HTTP/1.1',
  (server, _connect, api) => {
    const open = async (query = '', protocols: string[] = []): Promise<WebSocket> => {
      const port = await portOf(server, api)
      const socket = new WebSocket(`ws://127.0.0.1:${port}/socket-only${query}`, protocols)
      await once(socket, 'open')
      return socket
    }

    it.each(['', '?compression=no'])('echoes messages of every size: %j', async (query) => {
      const socket = await open(query)
      expect(socket.extensions).toBe(query === '' ? 'permessage-deflate' : '')
      for (const size of [0, 1, 125, 126, 65_535, 65_536, 300_000]) {
        const bytes = randomBytes(size)
        for (const message of [bytes, bytes.toString('hex')]) {
          const echo = once(socket, 'message')
          socket.send(message)
          const [data] = (await echo) as [Buffer]
          expect(data.equals(Buffer.from(message as string)), `${size} bytes`).toBe(true)
        }
      }
      socket.close(1000)
      const [code] = (await once(socket, 'close')) as [number]
      expect(code).toBe(1000)
    })

    it('agrees on a subprotocol, and closes with the code it is told', async () => {
      const socket = await open('', ['chat', 'other'])
      expect(socket.protocol).toBe('chat')
      socket.send('!close 4001 because')
      const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
      expect([code, String(reason)]).toEqual([4001, 'because'])
    })

    it('answers the handshake of RFC 6455, and frames that came with it', async () => {
      await using client = await RawHttp1.open(await portOf(server, api))
      // "hi", masked by 01 02 03 04.
      client.send(`${handshake(key + version)}\x81\x82\x01\x02\x03\x04\x69\x6b`)
      await client.until(/hi$/)
      expect(client.received.endsWith('\x81\x02hi')).toBe(true)
      expect(client.received).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/)
      expect(client.received).toContain('sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n')
      expect(client.received).toMatch(/connection: upgrade\r\nupgrade: websocket\r\n/)
    })

    it.each([
      ['no version', key],
      ['two versions', `${key}Sec-WebSocket-Version: 8, 13\r\n`],
      ['no key', version],
      ['a key that is none', `Sec-WebSocket-Key: short\r\n${version}`],
    ])('refuses %s with 400, and the connection goes on', async (_, fields) => {
      await using client = await RawHttp1.open(await portOf(server, api))
      client.send(handshake(fields))
      await client.until(/^HTTP\/1\.1 400 [^]*sec-websocket-version: 13[^]*\r\n\r\n/)
      client.send(handshake(key + version))
      await client.until(/HTTP\/1\.1 101 /)
    })

    it.each(['8', '12', '14', '255'])(
      'answers version %s with 426 and the version to use, and the connection goes on',
      async (other) => {
        await using client = await RawHttp1.open(await portOf(server, api))
        client.send(handshake(key + version.replace('13', other)))
        const [head] = await client.until(/^HTTP\/1\.1 426 Upgrade Required\r\n[^]*?\r\n\r\n/)
        const names = ['sec-websocket-version', 'upgrade', 'connection']
        const found = names.map((name) => new RegExp(`\r\n${name}: (.*)\r\n`).exec(head)?.[1])
        expect(found).toEqual(['13', 'websocket', 'upgrade'])
        client.send(handshake(key + version))
        await client.until(/HTTP\/1\.1 101 /)
      },
    )

    it('a refusal is no error of the server', () => {
      expect(server.lines().filter(({ event }) => event === 'error')).toEqual([])
    })
  },
  ['cleartext'],
)
