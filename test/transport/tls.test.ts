import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, makeCertificate } from '../support/certificate.ts'
import { run, runtimeNames } from '../support/processes.ts'
import { closed, Listener, readAll } from '../support/transport/listener.ts'

/** What the program reports of a connection. */
interface TlsReport {
  readonly tls: { readonly clientCertificate: unknown; readonly authorized: boolean }
}

const certificate: Certificate = await makeCertificate()
const clientCertificate: Certificate = await makeCertificate('client.example')
const strangersCertificate: Certificate = await makeCertificate('client.example')
const handshakeTimeout = 700

describe.each(runtimeNames)('TLS on %s', (runtime) => {
  let listener: Listener
  beforeAll(async () => {
    listener = await Listener.start(runtime, certificate, { handshakeTimeout })
  })
  afterEach(async () => {
    // The listener goes on after a client was turned away.
    expect(await listener.ask('count')).toBe('received 0\n')
  })
  afterAll(() => listener?.[Symbol.asyncDispose]())

  function refusals(): unknown[] {
    const lines = listener.lines().filter(({ event }) => event === 'refused')
    return lines.map(({ code }) => code)
  }

  /** The refusals behind the first `before`: waits up to five seconds for one, then a moment for a second. */
  async function refusalsSince(before: number): Promise<unknown[]> {
    for (let i = 0; i < 200 && refusals().length === before; i++) await sleep(25)
    await sleep(25)
    return refusals().slice(before)
  }

  async function connectRaw(): Promise<Socket> {
    const { host, port } = listener.address
    const socket = connectTcp({ host, port })
    await once(socket, 'connect')
    return socket
  }

  it('a client that offers http/1.1 only gets the alert no_application_protocol', async () => {
    await expect(listener.connect({ ALPNProtocols: ['http/1.1'] })).rejects.toMatchObject({
      message: expect.stringContaining('no application protocol') as string,
    })
    expect(await listener.line('refused', 'ERR_TLS_ALPN')).toMatchObject({
      remoteAddress: { host: '127.0.0.1' },
    })
  })

  it('a client that offers nothing by ALPN is turned away', async () => {
    const before = refusals().length
    const socket = await listener.connect({ ALPNProtocols: [] })
    // TLS 1.3: the client is done first. It is closed in order, without an alert.
    expect(await closed(socket)).toBeNull()
    expect(socket.bytesRead).toBe(0)
    expect(await refusalsSince(before)).toEqual(['ERR_TLS_ALPN'])
  })

  it.each([
    ['without ALPN', undefined, 'ERR_TLS_ALPN'],
    ['that offers http/1.1 only', ['http/1.1'], 'ERR_TLS_ALPN'],
  ])('a client %s that stays is closed at once', async (_, ALPNProtocols, code) => {
    const { host, port } = listener.address
    // It asks, closes nothing, and tells when the server has closed: by then bytes are answered with RST.
    const tcp = connectTcp({ host, port, allowHalfOpen: true })
    const gone = new Promise((resolve) => tcp.once('close', resolve))
    tcp.on('error', () => {})
    const before = refusals().length
    const socket = connectTls({
      socket: tcp,
      ca: certificate.cert,
      allowHalfOpen: true,
      ...(ALPNProtocols ? { ALPNProtocols } : {}),
    } as ConnectionOptions)
    socket.on('error', () => {})
    const started = performance.now()
    let asking: NodeJS.Timeout | undefined
    socket.once('secureConnect', () => {
      asking = setInterval(() => tcp.writable && tcp.write('GET / HTTP/1.1\r\n'), 20)
    })
    await gone
    clearInterval(asking)
    expect(performance.now() - started).toBeLessThan(1000)
    expect(await refusalsSince(before)).toEqual([code])
  })

  it('a client that chooses from several gets h2', async () => {
    const socket = await listener.connect({ ALPNProtocols: ['http/1.1', 'h2'] })
    expect(socket).toMatchObject({ alpnProtocol: 'h2' })
    socket.end('count\n')
    expect((await readAll(socket)).toString()).toBe('received 0\n')
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', async (version) => {
    const socket = await listener.connect({ minVersion: version, maxVersion: version })
    socket.end('info\n')
    const { tls } = JSON.parse((await readAll(socket)).toString()) as { tls: object }
    expect(tls).toEqual({
      alpnProtocol: 'h2',
      version,
      cipher: expect.stringContaining('AES') as string,
      serverName: 'localhost',
      clientCertificate: null,
      authorized: false,
    })
  })

  it.each([
    ['h2', 'h2', /^ALPN protocol: h2$/m],
    ['http/1.1,h2', 'h2 among others', /^ALPN protocol: h2$/m],
    ['http/1.1', 'http/1.1 only', /alert no application protocol/],
    ['spdy/3', 'an unknown protocol', /alert no application protocol/],
  ])('openssl s_client -alpn %s: %s', async (offered, _, expected) => {
    const { host, port } = listener.address
    for (const version of ['-tls1_2', '-tls1_3']) {
      const args = ['s_client', '-connect', `${host}:${port}`, version, '-alpn', offered]
      const { stdout, stderr } = await run('openssl', args)
      expect(stdout + stderr).toMatch(expected)
    }
  })

  it('a client that renegotiates is turned away (RFC 9113 §9.2.1)', async () => {
    const socket = await listener.connect({ maxVersion: 'TLSv1.2' })
    socket.write('echo\n')
    const renegotiated = new Promise((resolve) => {
      ;(socket as TLSSocket).renegotiate({}, (error) => {
        if (!error) resolve('renegotiated')
      })
    })
    expect(await Promise.race([renegotiated, closed(socket)])).not.toBe('renegotiated')
    socket.destroy()
  })

  it('a client that never speaks is turned away in time', async () => {
    const socket = await connectRaw()
    const start = performance.now()
    await closed(socket)
    await listener.line('refused', 'ERR_TLS_HANDSHAKE_TIMEOUT')
    expect(performance.now() - start).toBeGreaterThan(handshakeTimeout - 50)
    expect(performance.now() - start).toBeLessThan(handshakeTimeout + 2000)
    socket.destroy()
  })

  it('a connection lives on after that time', async () => {
    const socket = await listener.connect()
    socket.write('echo\n')
    await sleep(handshakeTimeout + 200)
    socket.end('still here')
    expect((await readAll(socket)).toString()).toBe('still here')
  })

  it.each([
    ['HTTP/1.1', 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'],
    ['HTTP/2 in cleartext', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['zeros', '\0'.repeat(100)],
  ])('%s instead of a hello is turned away', async (_, garbage) => {
    const before = refusals().length
    const socket = await connectRaw()
    socket.write(garbage, 'latin1')
    await closed(socket)
    expect(await refusalsSince(before)).toEqual(['ERR_TLS_HANDSHAKE'])
  })

  it.each(['end', 'resetAndDestroy'] as const)('a client that leaves by %s', async (leave) => {
    const before = refusals().length
    const socket = await connectRaw()
    // The beginning of a hello.
    socket.write(Uint8Array.of(22, 3, 1, 2, 0, 1))
    await sleep(50)
    socket[leave]()
    await closed(socket)
    expect(await refusalsSince(before)).toEqual(['ERR_TLS_HANDSHAKE'])
  })

  it('what is no TLS after the handshake ends the connection, with an error', async () => {
    const socket = await listener.connect()
    socket.on('error', () => {})
    socket.write('garbage\n')
    await sleep(50)
    listener.writeTcp(socket, 'x'.repeat(100))
    const { error } = await listener.line('close', '"line":"garbage"')
    expect(error).not.toBeNull()
    socket.destroy()
  })

  it('FIN without close_notify before it is an end', async () => {
    const socket = await listener.connect()
    socket.on('error', () => {})
    socket.write('unclean\n')
    await sleep(50)
    listener.endTcp(socket)
    expect(await listener.line('close', '"line":"unclean"')).toMatchObject({ error: null })
  })
})

it.each(runtimeNames)(
  'a client without ALPN that stays keeps no program of %s alive',
  async (runtime) => {
    await using listener = await Listener.start(runtime, certificate)
    const staying = await listener.connect({ ALPNProtocols: [] })
    staying.on('error', () => {})
    const closing = await listener.connect()
    closing.end('close listener\n')
    await listener.line('closed')
    const started = performance.now()
    await listener.program.exited
    expect(performance.now() - started).toBeLessThan(2000)
    staying.destroy()
  },
)

describe.each(['node', 'bun'] as const)("a client's certificate on %s", (runtime) => {
  const tls = { ...certificate, ca: clientCertificate.cert, requestCert: true }

  it('is asked for, and told', async () => {
    await using listener = await Listener.start(runtime, certificate, { tls })
    const socket = await listener.connect(clientCertificate)
    socket.end('info\n')
    const { tls: info } = JSON.parse((await readAll(socket)).toString()) as TlsReport
    expect(info).toMatchObject({ clientCertificate: { subject: { CN: 'client.example' } } })
    expect(info.authorized).toBe(true)
  })

  it.each([
    ['missing', {}],
    ['signed by somebody else', strangersCertificate],
  ])('is required: %s', async (_, options) => {
    await using listener = await Listener.start(runtime, certificate, { tls })
    await listener.connect(options).then(closed, () => {})
    await listener.line('refused', 'ERR_TLS_HANDSHAKE')
    expect(listener.lines().some(({ event }) => event === 'close')).toBe(false)
  })

  it('may be missing with rejectUnauthorized: false', async () => {
    const lenient = { ...tls, rejectUnauthorized: false }
    await using listener = await Listener.start(runtime, certificate, { tls: lenient })
    const { tls: info } = JSON.parse(await listener.ask('info')) as TlsReport
    expect(info).toMatchObject({ alpnProtocol: 'h2', clientCertificate: null, authorized: false })
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'that ca has not signed is told as such with rejectUnauthorized: false, also of a session that is resumed: %s',
    async (version) => {
      const lenient = { ...tls, rejectUnauthorized: false }
      await using listener = await Listener.start(runtime, certificate, { tls: lenient })
      const options = { ...strangersCertificate, minVersion: version, maxVersion: version }
      const first = (await listener.connect(options)) as TLSSocket
      first.write('info\n')
      // With TLS 1.3 it comes after the handshake.
      const [session] = version === 'TLSv1.3' ? await once(first, 'session') : [first.getSession()]
      first.end()
      const again = (await listener.connect({
        ...options,
        session: session as Buffer,
      })) as TLSSocket
      expect(again.isSessionReused()).toBe(true)
      again.end('info\n')
      for (const socket of [first, again]) {
        const { tls: info } = JSON.parse((await readAll(socket)).toString()) as TlsReport
        expect(info.clientCertificate).not.toBeNull()
        expect(info.authorized).toBe(false)
      }
    },
  )
})

it("a client's certificate cannot be asked for on Deno, and that is said", async () => {
  const tls = { ...certificate, requestCert: true }
  await using listener = await Listener.start('deno', certificate, { tls })
  expect(await listener.line('failed')).toMatchObject({ code: 'ERR_TLS_OPTION' })
})
