/** Versions and cipher suites of TLS: RFC 9113 §9.2. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, makeCertificate } from '../support/certificate.ts'
import { run, runtimeNames } from '../support/processes.ts'
import { Listener, readAll } from '../support/transport/listener.ts'

const ecdsa: Certificate = await makeCertificate()
const rsa: Certificate = await makeCertificate('localhost', 'rsa')
const certificates = { ecdsa, rsa }

/** Cipher and version of a connection that a client with these options gets. */
async function settled(listener: Listener, options: object): Promise<string> {
  const socket = await listener.connect(options)
  socket.end('info\n')
  const { tls } = JSON.parse((await readAll(socket)).toString()) as { tls: Record<string, string> }
  return `${tls.version} ${tls.cipher}`
}

const tls12 = (ciphers: string): object => ({ ciphers, maxVersion: 'TLSv1.2' })

describe.each(
  runtimeNames.flatMap((runtime) => [
    { runtime, key: 'ecdsa' as const },
    { runtime, key: 'rsa' as const },
  ]),
)('cipher suites of $runtime, $key', ({ runtime, key }) => {
  let listener: Listener
  beforeAll(async () => {
    listener = await Listener.start(runtime, certificates[key])
  })
  afterAll(() => listener?.[Symbol.asyncDispose]())

  const prefix = `ECDHE-${key.toUpperCase()}`
  const allowed = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305']
  const forbidden = ['AES128-SHA', 'AES256-SHA', 'AES128-SHA256', 'AES256-SHA384']
  const tls13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']
  // Keys that are not ephemeral.
  const fixed = key === 'rsa' ? ['AES128-SHA', 'AES128-GCM-SHA256', 'AES256-GCM-SHA384'] : []

  it.each(allowed)('TLS 1.2 with ECDHE and %s', async (suite) => {
    const name = `${prefix}-${suite}`
    expect(await settled(listener, tls12(name))).toBe(`TLSv1.2 ${name}`)
  })

  it.each([...forbidden.map((suite) => `${prefix}-${suite}`), ...fixed])(
    'not %s, which RFC 9113 forbids',
    async (name) => {
      await expect(listener.connect(tls12(`${name}:@SECLEVEL=0`))).rejects.toMatchObject({
        code: expect.stringMatching(/HANDSHAKE_FAILURE|ECONNRESET/) as string,
      })
    },
  )

  it.each(tls13)('TLS 1.3 with %s', async (name) => {
    expect(await settled(listener, { ciphers: name })).toBe(`TLSv1.3 ${name}`)
  })

  it('sslscan finds these versions and suites, and no others', async () => {
    const { host, port } = listener.address
    const flags = ['--no-colour', '--no-heartbleed', '--no-groups', '--no-check-certificate']
    const { stdout } = await run('sslscan', [...flags, `${host}:${port}`])
    const versions = [...stdout.matchAll(/^((?:SSL|TLS)v\S+) +enabled$/gm)]
    expect(versions.map(([, version]) => version)).toEqual(['TLSv1.2', 'TLSv1.3'])
    const suites = [...stdout.matchAll(/^(?:Preferred|Accepted) +\S+ +\d+ bits +(\S+)/gm)]
    expect(suites.map(([, suite]) => suite).toSorted()).toEqual(
      [...tls13, ...allowed.map((suite) => `${prefix}-${suite}`)].toSorted(),
    )
  })

  it('not TLS 1.1', async () => {
    const options = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }
    await expect(listener.connect(options as object)).rejects.toMatchObject({
      code: expect.stringMatching(/PROTOCOL_VERSION|HANDSHAKE_FAILURE|ECONNRESET/) as string,
    })
  })
})

describe.each(runtimeNames)('versions of TLS on %s', (runtime) => {
  it.each([
    ['minVersion', 'TLSv1.3', 'TLSv1.2'],
    ['maxVersion', 'TLSv1.2', 'TLSv1.3'],
  ] as const)('%s: %s', async (option, taken, refused) => {
    const tls = { ...ecdsa, [option]: taken }
    await using listener = await Listener.start(runtime, ecdsa, { tls })
    expect(await settled(listener, {})).toContain(taken)
    await expect(
      listener.connect({ minVersion: refused, maxVersion: refused }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/PROTOCOL_VERSION/) as string })
  })
})

describe.each(['node', 'bun'] as const)('a choice of cipher suites on %s', (runtime) => {
  it('of TLS 1.2: one, and no other', async () => {
    const ciphers = 'ECDHE-ECDSA-AES256-GCM-SHA384'
    await using listener = await Listener.start(runtime, ecdsa, { tls: { ...ecdsa, ciphers } })
    expect(await settled(listener, { maxVersion: 'TLSv1.2' })).toBe(`TLSv1.2 ${ciphers}`)
    await expect(listener.connect(tls12('ECDHE-ECDSA-AES128-GCM-SHA256'))).rejects.toMatchObject({
      code: expect.stringMatching(/HANDSHAKE_FAILURE/) as string,
    })
    expect(await settled(listener, {})).toContain('TLSv1.3')
  })

  it('those of TLS 1.3 only: no TLS 1.2', async () => {
    const ciphers = 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256'
    await using listener = await Listener.start(runtime, ecdsa, { tls: { ...ecdsa, ciphers } })
    expect(await settled(listener, {})).toContain('TLSv1.3')
    await expect(listener.connect({ maxVersion: 'TLSv1.2' })).rejects.toBeDefined()
  })

  it('that the runtime does not know: ERR_TLS_OPTION', async () => {
    const tls = { ...ecdsa, ciphers: 'NO-SUCH-SUITE' }
    await using listener = await Listener.start(runtime, ecdsa, { tls })
    const { code, message } = await listener.line('failed')
    expect(code).toBe('ERR_TLS_OPTION')
    expect(message).toContain('NO-SUCH-SUITE')
  })
})

it.each([
  ['bun', 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['deno', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
] as const)('a choice that %s does not have is ERR_TLS_OPTION', async (runtime, ciphers) => {
  await using listener = await Listener.start(runtime, ecdsa, { tls: { ...ecdsa, ciphers } })
  expect(await listener.line('failed')).toMatchObject({ code: 'ERR_TLS_OPTION' })
})
