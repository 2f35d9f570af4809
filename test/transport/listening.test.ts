import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { type Certificate, makeCertificate } from '../support/certificate.ts'
import { bin, run, runtimeNames } from '../support/processes.ts'
import { Listener, readAll } from '../support/transport/listener.ts'

const certificate: Certificate = await makeCertificate()
const other: Certificate = await makeCertificate()
const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

it('on Deno fails with the words of Deno when it may not use the network', async () => {
  const options = JSON.stringify({ host: '127.0.0.1', port: 0, tls: certificate })
  const fixture = 'test/transport/fixture/main.ts'
  const args = ['run', '--no-prompt', '--allow-env', '--no-check', fixture, 'deno', options]
  const { stdout } = await run(bin('deno'), args)
  expect(stdout).toContain('--allow-net')
  expect(stdout).not.toContain('ERR_TLS_CERTIFICATE')
})

async function info(
  host: string,
  port: number,
): Promise<{ localPort: number | undefined; told: unknown }> {
  const socket = connect({ host, port, allowHalfOpen: true })
  await once(socket, 'connect')
  const { localPort } = socket
  socket.end('info\n')
  return { localPort, told: JSON.parse((await readAll(socket)).toString()) as unknown }
}

describe.each(runtimeNames)('a listener of %s', (runtime) => {
  it('tells the port it was given', async () => {
    await using listener = await Listener.start(runtime, null)
    expect(await listener.line('listening')).toMatchObject({ host: '127.0.0.1' })
    expect(listener.address.port).toBeGreaterThan(0)
  })

  it('fails with EADDRINUSE on a port that is taken', async () => {
    await using listener = await Listener.start(runtime, null)
    const { port } = listener.address
    await using second = await Listener.start(runtime, null, { port })
    expect(await second.line('failed')).toMatchObject({ code: 'EADDRINUSE' })
    await using third = await Listener.start(runtime, certificate, { port })
    expect(await third.line('failed')).toMatchObject({ code: 'EADDRINUSE' })
  })

  it('fails with EADDRNOTAVAIL on an address of another machine', async () => {
    await using listener = await Listener.start(runtime, null, { host: '203.0.113.1' })
    expect(await listener.line('failed')).toMatchObject({ code: 'EADDRNOTAVAIL' })
  })

  it('fails with ENOTFOUND on an unknown name', async () => {
    await using listener = await Listener.start(runtime, null, { host: 'nobody.invalid' })
    const { code } = await listener.line('failed')
    // The second where no name server answers.
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(code)
  })

  it.each([
    ['no PEM', { cert: 'x', key: 'y' }],
    ["another certificate's key", { cert: certificate.cert, key: other.key }],
  ])('fails with ERR_TLS_CERTIFICATE on %s', async (_, tls) => {
    await using listener = await Listener.start(runtime, null, { tls })
    expect(await listener.line('failed')).toMatchObject({ code: 'ERR_TLS_CERTIFICATE' })
  })

  it('opens a key with its passphrase', async () => {
    const key = createPrivateKey(certificate.key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString()
    const locked = { cert: certificate.cert, key, passphrase: 'secret' }
    await using listener = await Listener.start(runtime, certificate, { tls: locked })
    expect(await listener.ask('count')).toBe('received 0\n')
    const wrong = { ...locked, passphrase: 'wrong' }
    await using second = await Listener.start(runtime, certificate, { tls: wrong })
    expect(await second.line('failed')).toMatchObject({ code: 'ERR_TLS_CERTIFICATE' })
  })

  it.each([
    ['cleartext', null],
    ['TLS', certificate],
  ])('is closed: its port is free, open connections live on (%s)', async (_, tls) => {
    await using listener = await Listener.start(runtime, tls)
    const socket = await listener.connect()
    socket.write('echo\n')
    const closing = await listener.connect()
    closing.write('close listener\n')
    expect(await listener.line('closed')).toMatchObject({ port: listener.address.port })
    await expect(listener.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    socket.end('still here')
    closing.end()
    expect((await readAll(socket)).toString()).toBe('still here')
    // Nothing is left that would keep the program alive.
    expect(await listener.program.exited).toMatchObject({ code: 0, stderr: '' })
  })

  it.each([
    ['cleartext', null],
    ['TLS', certificate],
  ])('takes a socket that it is started with (%s)', async (_, tls) => {
    await using listener = await Listener.start(runtime, tls, { host: null, fd: 3 })
    expect(listener.address).toMatchObject({ host: '127.0.0.1' })
    expect(await listener.ask('count')).toBe('received 0\n')
  })

  it.each([
    ['cleartext', null],
    ['TLS', certificate],
  ])("fails with the system's code on what is no socket (%s)", async (_, tls) => {
    await using listener = await Listener.start(runtime, tls, { fd: 99 })
    const { code, message } = await listener.line('failed')
    expect(code).toBe('EINVAL')
    expect(message).toContain('the file descriptor 99 (EINVAL)')
  })

  it('takes all interfaces when the host is null', async () => {
    await using listener = await Listener.start(runtime, null, { host: null })
    const { port } = listener.address
    for (const host of hasIPv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1']) {
      const { localPort, told } = await info(host, port)
      expect(told).toMatchObject({
        remoteAddress: { host, port: localPort },
        localAddress: { host, port },
      })
    }
  })

  it.runIf(hasIPv6)('takes IPv6', async () => {
    await using listener = await Listener.start(runtime, null, { host: '::1' })
    const { localPort, told } = await info('::1', listener.address.port)
    expect(listener.address.host).toBe('::1')
    expect(told).toMatchObject({
      remoteAddress: { host: '::1', port: localPort },
      localAddress: { host: '::1', port: listener.address.port },
    })
  })

  it('takes localhost', async () => {
    await using listener = await Listener.start(runtime, null, { host: 'localhost' })
    const { host, port } = listener.address
    expect(['127.0.0.1', '::1']).toContain(host)
    expect((await info(host, port)).told).toMatchObject({ localAddress: { host, port } })
  })
})
