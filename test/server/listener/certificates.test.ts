/** Certificates by name (SNI), their change while a server listens, and sessions that are resumed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type ConnectionOptions, type SecureVersion, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../../../src/index.ts'
import { type Certificate, makeCertificate } from '../../support/certificate.ts'
import { run } from '../../support/processes.ts'
import { describeServers, newTag, type TestServer } from '../../support/server.ts'

const names = ['first.example', 'a.example', '*.wild.example', 'second.example'] as const
const [first, a, wild, second] = (await Promise.all(
  names.map((name) => makeCertificate(name)),
)) as [Certificate, Certificate, Certificate, Certificate]
const certificates = [
  { serverName: 'A.example', ...a },
  { serverName: '*.wild.example', ...wild },
]
const client = await makeCertificate('client.example')
const otherClient = await makeCertificate('other-client.example')

/** Options of a client's handshake. */
type Handshake = ConnectionOptions & { readonly port: number }

/** The first bytes of a client (RFC 9113 §3.4). Not each server speaks before. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1')

function shakeHands(options: Handshake): TLSSocket {
  const socket = connect({
    host: '127.0.0.1',
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
    ...options,
  })
  socket.resume()
  socket.write(preface)
  return socket
}

/** Waits for an event of a handshake, and ends the connection. */
function until<Result>(
  socket: TLSSocket,
  event: 'secureConnect' | 'session' | 'data',
  read: (argument: Buffer) => Result,
): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('close', () => reject(new Error(`The connection was closed without ${event}.`)))
    socket.once(event, (argument: Buffer) => {
      resolve(read(argument))
      socket.destroy()
    })
  })
}

/** The name in the certificate that a client gets. */
function presented(options: Handshake): Promise<string | string[] | undefined> {
  const socket = shakeHands(options)
  return until(socket, 'secureConnect', () => {
    expect(socket.alpnProtocol).toBe('h2')
    return socket.getPeerCertificate().subject.CN
  })
}

function isReused(options: Handshake): Promise<boolean> {
  const socket = shakeHands(options)
  return until(socket, 'secureConnect', () => socket.isSessionReused())
}

/** Whether a client gets the server's SETTINGS. Some runtimes refuse a certificate only after the handshake. */
function isServed(options: Handshake): Promise<boolean> {
  return until(shakeHands(options), 'data', () => true).catch(() => false)
}

/** A session that a client may resume. */
function session(options: Handshake): Promise<Buffer> {
  return until(shakeHands(options), 'session', (given) => given)
}

/** The error that `setSecureContext` throws, or `{ done: true }`. */
async function setContext(server: TestServer, port: number, context: object): Promise<unknown> {
  await using control = await server.connect()
  const json = encodeURIComponent(JSON.stringify(context))
  return (await control.get(`/set-secure-context?port=${port}&context=${json}`)).json()
}

describeServers(
  'certificates of a server',
  (server) => {
    describe('by name', () => {
      let port = 0
      beforeAll(async () => {
        port = await server.open({ tls: { ...first, certificates } })
      })
      afterAll(() => server.close(port))

      it.each([
        ['a.example', 'a.example'],
        ['A.EXAMPLE', 'a.example'],
        ['b.wild.example', '*.wild.example'],
        ['c.b.wild.example', 'first.example'],
        ['wild.example', 'first.example'],
        ['other.example', 'first.example'],
        ['', 'first.example'],
      ])('a client that asks for %j gets that of %s', async (servername, name) => {
        expect(await presented({ port, servername })).toBe(name)
        expect(await presented({ port, servername, maxVersion: 'TLSv1.2' })).toBe(name)
      })

      it('a handler is told the name', async () => {
        await using requests = await server.connect({
          port,
          servername: 'b.wild.example',
          rejectUnauthorized: false,
        })
        expect((await requests.get('/tls')).json()).toMatchObject({
          alpnProtocol: 'h2',
          serverName: 'b.wild.example',
        })
      })

      it.each(['first.example', 'a.example'])(
        'that of %s has the same cipher suites',
        async (name) => {
          const ciphers = 'ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0'
          const options = { port, servername: name, maxVersion: 'TLSv1.2', ciphers } as const
          await expect(presented(options)).rejects.toThrow(/handshake failure/)
        },
      )
    })

    it.each([
      ['of another key', { ...a, key: wild.key }],
      ['that is none', { cert: 'nothing', key: a.key }],
    ])('one %s: listen() says so', async (_, certificate) => {
      const tls = { ...first, certificates: [{ serverName: 'a.example', ...certificate }] }
      await using control = await server.connect()
      const options = encodeURIComponent(JSON.stringify({ tls }))
      expect((await control.get(`/open?options=${options}`)).json()).toMatchObject({
        code: 'ERR_TLS_CERTIFICATE',
      })
    })

    describe('that change', () => {
      it('are those of the next handshake; a connection and its stream go on', async () => {
        const port = await server.open({ tls: { ...first, certificates } })
        await using old = await server.connect({ port, rejectUnauthorized: false })
        const tag = newTag()
        const held = old.get(`/hold?tag=${tag}`)
        await server.line('held', tag)

        const changed = [{ serverName: 'a.example', ...wild }]
        expect(await setContext(server, port, { ...second, certificates: changed })).toEqual({
          done: true,
        })
        expect(await presented({ port })).toBe('second.example')
        expect(await presented({ port, servername: 'a.example' })).toBe('*.wild.example')
        expect(await presented({ port, servername: 'b.wild.example' })).toBe('second.example')

        // Of a context that does not name them, the other certificates stay.
        expect(await setContext(server, port, first)).toEqual({ done: true })
        expect(await presented({ port })).toBe('first.example')
        expect(await presented({ port, servername: 'a.example' })).toBe('*.wild.example')

        await old.get(`/let-go?which=${tag}`)
        expect((await held).text).toBe('let go')
        await server.close(port)
      })

      it('may be added to a server that has begun without', async () => {
        const port = await server.open({ tls: first })
        expect(await presented({ port, servername: 'a.example' })).toBe('first.example')
        expect(await setContext(server, port, { ...first, certificates })).toEqual({ done: true })
        expect(await presented({ port, servername: 'a.example' })).toBe('a.example')
        await server.close(port)
      })

      it.each([
        ['of another key', { ...second, key: a.key }, 'ERR_TLS_CERTIFICATE'],
        ['that is none', { ...second, cert: 'nothing' }, 'ERR_TLS_CERTIFICATE'],
        [
          'of another key for a name',
          { ...second, certificates: [{ serverName: 'a.example', ...a, key: wild.key }] },
          'ERR_TLS_CERTIFICATE',
        ],
        ['without a key', { cert: second.cert }, 'ERR_INVALID_ARGUMENT'],
        [
          'with an option of the handshake',
          { ...second, requestCert: true },
          'ERR_INVALID_ARGUMENT',
        ],
      ])('stay when the next is one %s, and that is said', async (_, context, code) => {
        const { port } = server
        expect(await setContext(server, port, context)).toMatchObject({ code })
        expect(await presented({ port })).toBe('localhost')
      })

      it('do not in cleartext: ERR_INVALID_STATE', async () => {
        const port = await server.open({ tls: null })
        expect(await setContext(server, port, first)).toMatchObject({ code: 'ERR_INVALID_STATE' })
        await server.close(port)
      })
    })

    describe.each(['TLSv1.2', 'TLSv1.3'] as SecureVersion[])('sessions of %s', (version) => {
      const versions = { minVersion: version, maxVersion: version }

      it.each(['', 'a.example'])(
        'are resumed, of a client that asks for %j',
        async (servername) => {
          const port = await server.open({ tls: { ...first, certificates } })
          const options = { port, servername, ...versions }
          const earlier = await session(options)
          expect(await isReused({ ...options, session: earlier })).toBe(true)
          await server.close(port)
        },
      )

      it('are resumed by openssl, which gets a response each time', async () => {
        const folder = mkdtempSync(join(tmpdir(), 'session-'))
        const file = join(folder, 'session')
        const flag = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3'
        const ask = async (how: '-sess_out' | '-sess_in'): Promise<string> => {
          const address = `127.0.0.1:${server.port}`
          const args = ['-connect', address, flag, '-alpn', 'http/1.1', '-ign_eof', how, file]
          const input = 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'
          return (await run('openssl', ['s_client', ...args], { input })).stdout
        }
        try {
          const texts = [await ask('-sess_out'), await ask('-sess_in')]
          expect(texts[0]).toMatch(new RegExp(`^New, ${version}[^]*HTTP/1.1 200`, 'm'))
          expect(texts[1]).toMatch(new RegExp(`^Reused, ${version}[^]*HTTP/1.1 200`, 'm'))
        } finally {
          rmSync(folder, { recursive: true })
        }
      })

      if (server.runtime === 'deno') return
      it.each(['', 'a.example'])(
        "tell the client's certificate again, asked for %j, until others sign",
        async (servername) => {
          const mutual = { requestCert: true, ca: client.cert }
          const port = await server.open({ tls: { ...first, certificates, ...mutual } })
          const options = { port, servername, ...versions, ...client }
          const earlier = await session(options)
          const ask = async (): Promise<unknown> => {
            const own = { ...options, session: earlier, rejectUnauthorized: false }
            await using requests = await server.connect(own)
            const { socket } = requests.session
            const { clientCertificate } = (await requests.get('/tls')).json() as TlsAnswer
            return { isReused: (socket as TLSSocket).isSessionReused(), clientCertificate }
          }
          expect(await ask()).toEqual({ isReused: true, clientCertificate: 'client.example' })

          const context = { ...second, ca: otherClient.cert }
          expect(await setContext(server, port, context)).toEqual({ done: true })
          expect(await isServed({ ...options, session: earlier })).toBe(false)
          expect(await isServed({ ...options, ...otherClient })).toBe(true)
          await server.close(port)
        },
      )
    })
  },
  ['TLS'],
)

interface TlsAnswer {
  readonly clientCertificate: string | null
}

it('certificates that change before serve() listens are those that it listens with', async () => {
  const fetch = (): Response => new Response('hello')
  const server = serve({ hostname: '127.0.0.1', port: 0, tls: first, fetch })
  server.setSecureContext(second)
  await server.ready()
  expect(await presented({ port: server.port })).toBe('second.example')
  server.setSecureContext(first)
  expect(await presented({ port: server.port })).toBe('first.example')
  await server.close()
})
