import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { makeCertificate } from '../../support/certificate.ts'
import { describeServers, type TestServer } from '../../support/server.ts'
import { Client } from '../../support/server-client.ts'

/** All that comes until the end, and how that was. */
async function talk(
  server: TestServer,
  ...texts: string[]
): Promise<{ answer: string; error: string | null }> {
  const socket = connectTcp({ host: '127.0.0.1', port: server.port })
  let error: string | null = null
  socket.on('error', ({ code }: NodeJS.ErrnoException) => (error = code ?? null))
  void sendSlowly(socket, texts)
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => (answer += chunk))
  await new Promise((resolve) => socket.once('close', resolve))
  return { answer, error }
}

async function sendSlowly(socket: Socket, texts: string[]): Promise<void> {
  for (const text of texts) {
    socket.write(text)
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}

/** The handshake of a client that offers these protocols. */
function shakeHands(server: TestServer, ALPNProtocols: string[]): Promise<string> {
  const { cert } = server.certificate!
  const socket: TLSSocket = connectTls({
    host: '127.0.0.1',
    port: server.port,
    ca: cert,
    ALPNProtocols,
  })
  return new Promise((resolve) => {
    let protocol: string | false | null = null
    let error = ''
    socket.once('secureConnect', () => (protocol = socket.alpnProtocol))
    socket.on('error', ({ code }: NodeJS.ErrnoException) => (error = code ?? 'an error'))
    socket.on('data', () => (error = 'data'))
    socket.once('end', () => socket.end())
    socket.once('close', () => resolve(`${String(protocol)} ${error}`.trim()))
  })
}

describeServers(
  'a client that speaks HTTP/1.1 on cleartext',
  (server) => {
    it.each([
      'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'DELETE /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      'PROPFIND / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello',
    ])('%j', async (text) => {
      const { answer, error } = await talk(server, text)
      expect(answer).toMatch(/^HTTP\/1\.1 505 HTTP Version Not Supported\r\n/)
      expect(answer).toMatch(/\r\n\r\nThis server speaks HTTP\/2 only$/)
      expect(error).toBeNull()
    })

    it.each([
      ['settings that are none', 'AAMA', 'GET'],
      ['a body', 'AAMAAABk', 'POST'],
      ['another protocol', '', 'GET'],
    ])('that asks for an upgrade with %s', async (what, settings, method) => {
      const upgrade = what === 'another protocol' ? 'websocket' : 'h2c'
      const { answer } = await talk(
        server,
        `${method} / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n` +
          `Upgrade: ${upgrade}\r\nHTTP2-Settings: ${settings}\r\n` +
          `${method === 'POST' ? 'Content-Length: 5\r\n\r\nhello' : '\r\n'}`,
      )
      expect(answer).toMatch(/^HTTP\/1\.1 505 /)
    })

    it('whose head comes in pieces', async () => {
      const text = 'GET /variables HTTP/1.1\r\nHost: localhost\r\nX-Long: '
      const { answer } = await talk(server, text, 'x'.repeat(2000), '\r\n\r\n')
      expect(answer).toMatch(/^HTTP\/1\.1 505 /)
    })

    it('whose head has no end', async () => {
      const { answer } = await talk(server, `GET / HTTP/1.1\r\nX-Long: ${'x'.repeat(100_000)}`)
      expect(answer).toMatch(/^HTTP\/1\.1 505 /)
    })

    it('with a long body: the answer still comes', async () => {
      const body = 'x'.repeat(1 << 20)
      const { answer } = await talk(
        server,
        `PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
      expect(answer).toMatch(/^HTTP\/1\.1 505 /)
      await using client = await server.connect()
      expect((await client.get('/')).status).toBe(200)
    })
  },
  ['cleartext'],
)

describeServers(
  'TLS',
  (server) => {
    it('a client that does not offer h2 is turned away', async () => {
      // The alert no_application_protocol.
      expect(await shakeHands(server, ['http/1.1'])).toMatch(/^null \S+/)
      const reports = (): unknown[] => server.lines().filter(({ code }) => code === 'ERR_TLS_ALPN')
      await server.line('error', 'ERR_TLS_ALPN')
      const before = reports().length
      // Without ALPN the handshake succeeds, and the connection is closed.
      expect(await shakeHands(server, [])).toMatch(/^(?:false|null)( ECONNRESET)?$/)
      await expect.poll(() => reports().length).toBeGreaterThan(before)
      await using client = await server.connect()
      expect((await client.get('/')).status).toBe(200)
    })

    it('a client that speaks no TLS', async () => {
      const { answer } = await talk(server, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
      expect(answer).not.toContain('HTTP/1.1 200')
      expect(await server.line('error', 'ERR_TLS_HANDSHAKE')).toMatchObject({
        source: 'connection',
      })
      await using client = await server.connect()
      expect((await client.get('/')).status).toBe(200)
    })

    it('of version 1.2 and 1.3', async () => {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        await using client = await server.connect({ minVersion: version, maxVersion: version })
        expect((await client.get('/')).status).toBe(200)
        expect((client.session.socket as TLSSocket).getProtocol()).toBe(version)
      }
    })

    it.each([
      ['a certificate that is none', { cert: 'nothing', key: 'nothing' }],
      ['a key of another certificate', null],
    ])('%s: listen() says so', async (_, given) => {
      const [one, other] = [await makeCertificate(), await makeCertificate()]
      const tls = given ?? { cert: one.cert, key: other.key }
      await using client = await server.connect()
      const options = encodeURIComponent(JSON.stringify({ tls }))
      const answer = await client.get(`/open?options=${options}`)
      expect(answer.json()).toMatchObject({ code: 'ERR_TLS_CERTIFICATE' })
    })

    it('cleartext beside it, in the same process', async () => {
      const port = await server.open({ tls: null })
      await using client = await Client.connect(`http://127.0.0.1:${port}`, {})
      const answer = await client.get('/variables')
      expect(answer.json()).toMatchObject({ scheme: 'http', hasCertificate: false })
      await server.close(port)
    })

    describe('certificates of clients', () => {
      it('are told to the handler; without one there is no connection', async () => {
        const own = await makeCertificate('a client')
        const tls = { ...server.certificate, ca: own.cert, requestCert: true }
        if (server.runtime === 'deno') {
          // Deno has no way to ask for one.
          await using client = await server.connect()
          const options = encodeURIComponent(JSON.stringify({ tls }))
          const answer = await client.get(`/open?options=${options}`)
          expect(answer.json()).toMatchObject({ code: 'ERR_TLS_OPTION' })
          return
        }
        const port = await server.open({ tls })
        await using client = await server.connect({ port, cert: own.cert, key: own.key })
        const answer = await client.get('/variables')
        expect(answer.json()).toMatchObject({
          hasCertificate: true,
          certificate: { CN: 'a client' },
        })
        const socket = connectTls({
          host: '127.0.0.1',
          port,
          ca: server.certificate!.cert,
          ALPNProtocols: ['h2'],
        })
        const received: Buffer[] = []
        socket.on('data', (chunk) => received.push(chunk))
        socket.on('error', () => {})
        await new Promise((resolve) => socket.once('close', resolve))
        expect(Buffer.concat(received).length).toBe(0)
        await server.close(port)
      })

      if (server.runtime === 'deno') return
      it('may be missing when rejectUnauthorized is false', async () => {
        const tls = { ...server.certificate, requestCert: true, rejectUnauthorized: false }
        const port = await server.open({ tls })
        await using client = await server.connect({ port })
        const answer = await client.get('/variables')
        expect(answer.json()).toMatchObject({ scheme: 'https', hasCertificate: false })
        await server.close(port)
      })
    })
  },
  ['TLS'],
)
