import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect as connectHttp2, constants } from 'node:http2'
import { get } from 'node:https'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { makeCertificate } from '../../support/certificate.ts'
import { describeServers, type TestServer } from '../../support/server.ts'
import { Client } from '../../support/server-client.ts'

/** All bytes until the end of the connection, and how it ended. */
async function talk(
  port: number,
  ...texts: string[]
): Promise<{ answer: string; error: string | null }> {
  const socket = connectTcp({ host: '127.0.0.1', port })
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
function shakeHands(server: TestServer, port: number, ALPNProtocols: string[]): Promise<string> {
  const { cert } = server.certificate!
  const socket: TLSSocket = connectTls({
    host: '127.0.0.1',
    port,
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
  'a client that speaks HTTP/1.1 where http1 is false',
  (server) => {
    const port = async (): Promise<number> => (opened ??= await server.open({ http1: false }))
    let opened: number | undefined

    it.each([
      'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'PROPFIND / HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello',
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    ])('is told in a text what to do: %j', async (text) => {
      const { answer, error } = await talk(await port(), text)
      expect(answer).toMatch(/^HTTP\/1\.1 505 HTTP Version Not Supported\r\n/)
      expect(answer).toContain('content-type: text/plain')
      expect(answer).toContain('--http2-prior-knowledge')
      expect(error).toBeNull()
    })

    it('is told in a page, if it is a browser', async () => {
      const { answer } = await talk(
        await port(),
        'GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html,*/*\r\n\r\n',
      )
      expect(answer).toMatch(/^HTTP\/1\.1 505 [^]*content-type: text\/html[^]*<!doctype html>/)
    })

    it('still gets the answer when it sends a long body', async () => {
      const body = 'x'.repeat(1 << 20)
      const { answer } = await talk(
        await port(),
        `PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
      expect(answer).toMatch(/^HTTP\/1\.1 505 /)
    })
  },
  ['cleartext'],
)

describeServers(
  'TLS',
  (server) => {
    it('a client that offers neither h2 nor http/1.1 is turned away', async () => {
      // The alert no_application_protocol.
      expect(await shakeHands(server, server.port, ['spdy/3'])).toMatch(/^null \S+/)
      await server.line('error', 'ERR_TLS_ALPN')
      await using client = await server.connect()
      expect((await client.get('/')).status).toBe(200)
    })

    it('a client that does not offer h2 is turned away where http1 is false', async () => {
      const port = await server.open({ http1: false })
      // The alert no_application_protocol.
      expect(await shakeHands(server, port, ['http/1.1'])).toMatch(/^null \S+/)
      const reports = (): unknown[] => server.lines().filter(({ code }) => code === 'ERR_TLS_ALPN')
      await server.line('error', 'ERR_TLS_ALPN')
      const before = reports().length
      // Without ALPN the handshake succeeds, and the connection is closed.
      expect(await shakeHands(server, port, [])).toMatch(/^(?:false|null)( ECONNRESET)?$/)
      await expect.poll(() => reports().length).toBeGreaterThan(before)
      await using client = await server.connect()
      expect((await client.get('/')).status).toBe(200)
    })

    it('a client that speaks no TLS', async () => {
      const { answer } = await talk(server.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
      // Node alone lets us see that it is HTTP.
      if (server.runtime === 'node') {
        expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*use https:\/\//)
      } else expect(answer).not.toContain('HTTP/1.1')
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

    if (server.runtime !== 'deno') {
      it('a cipher suite that RFC 9113 §9.2.2 forbids: INADEQUATE_SECURITY, HTTP/1.1 is served', async () => {
        const ciphers = 'ECDHE-ECDSA-AES128-SHA'
        const port = await server.open({ tls: { ...server.certificate, ciphers } })
        const maxVersion = 'TLSv1.2'
        const { cert: ca } = server.certificate!
        const session = connectHttp2(`https://127.0.0.1:${port}`, { ca, maxVersion })
        session.on('error', () => {})
        const [code] = (await once(session, 'goaway')) as [number]
        expect(code).toBe(constants.NGHTTP2_INADEQUATE_SECURITY)
        expect(await server.line('error', 'INADEQUATE_SECURITY')).toMatchObject({
          source: 'connection',
          code: 'ERR_CONNECTION_TERMINATED',
        })
        await using other = await server.connect({ port })
        expect((await other.get('/')).status).toBe(200)
        const request = get({ host: '127.0.0.1', port, maxVersion, ca })
        const [response] = (await once(request, 'response')) as [IncomingMessage]
        expect(response.statusCode).toBe(200)
        expect((response.socket as TLSSocket).getCipher().name).toBe(ciphers)
        response.resume()
        request.destroy()
        await server.close(port)
      })
    }

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
