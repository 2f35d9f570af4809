/** curl, and with it libcurl, which many programs are made of. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../support/certificate.ts'
import { type Exit, run } from '../support/processes.ts'
import { describeServers, newTag, type TestServer } from '../support/server.ts'

const uploaded = Buffer.alloc(20_000_000, 'what is uploaded')
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curl-'))
  await writeFile(join(folder, 'upload'), uploaded)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs curl on a resource; what it prints is the response. */
async function curl(server: TestServer, path: string, ...args: string[]): Promise<Exit> {
  const how = server.certificate
    ? ['--cacert', join(folder, 'ca.pem')]
    : ['--http2-prior-knowledge']
  if (server.certificate) await writeFile(join(folder, 'ca.pem'), server.certificate.cert)
  return run('curl', ['-sS', ...how, ...args, server.url(path)], { timeout: 30_000 })
}

describeServers('curl', (server) => {
  it('a response, of HTTP/2', async () => {
    const format = '%{http_version} %{http_code} %{size_download}'
    const exit = await curl(server, '/', '-w', format)
    expect(exit).toMatchObject({ code: 0, stderr: '', stdout: 'nghttp2 FTW\n2 200 12' })
  })

  it('-i: the header fields', async () => {
    const init = { status: 404, headers: { 'x-own': 'value' }, body: 'nowhere' }
    const path = `/send?init=${encodeURIComponent(JSON.stringify(init))}`
    const { stdout } = await curl(server, path, '-i')
    expect(stdout).toBe('HTTP/2 404 \r\nx-own: value\r\ncontent-length: 7\r\n\r\nnowhere')
  })

  it('-I: HEAD', async () => {
    const { code, stdout } = await curl(server, '/body?type=bytes', '-I')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'HTTP/2 200 \r\ncontent-length: 10\r\n\r\n',
    })
  })

  it('an upload of 20 MB', async () => {
    const { stdout } = await curl(server, '/hash', '--data-binary', `@${join(folder, 'upload')}`)
    expect(JSON.parse(stdout)).toEqual({
      received: uploaded.length,
      sha256: createHash('sha256').update(uploaded).digest('hex'),
    })
  })

  it('PUT, sent back', async () => {
    const file = join(folder, `echo-${newTag()}`)
    const exit = await curl(server, '/echo', '-T', join(folder, 'upload'), '-o', file)
    expect(exit).toMatchObject({ code: 0, stderr: '' })
    expect((await readFile(file)).equals(uploaded)).toBe(true)
  })

  it('a form', async () => {
    const { stdout } = await curl(server, '/echo', '-F', 'a=b', '-F', 'file=@-;filename=x')
    expect(stdout).toMatch(/name="a"\r\n\r\nb\r\n/)
  })

  it('trailers, and responses before the response', async () => {
    const headers = await curl(server, '/informational', '-D', '-')
    expect(headers.stdout).toContain('HTTP/2 103 \r\nlink: </app.css>; rel=preload\r\n')
    const bodies = { none: '', text: 'text', pieces: 'one two' }
    for (const [body, text] of Object.entries(bodies)) {
      const { stdout } = await curl(server, `/trailers?type=list&body=${body}`, '-i')
      expect(stdout).toMatch(new RegExp(`\r\n\r\n${text}x-sum: 1\r\nx-more: two\r\n`))
    }
  })

  describe.each([
    ['that the handler gives without reading', '/early', {}, 'too much 413'],
    ['of a body that is too long, by the handler', '/early', { maxRequestBodySize: 1000 }, '413'],
    ['of a body that is too long', '/hash', { maxRequestBodySize: 1000 }, ' 413'],
  ])('a response %s before the request is complete', (_, path, options, seen) => {
    let port = 0
    beforeAll(async () => {
      port = await server.open(options)
    })
    afterAll(() => server.close(port))

    const args = (): string[] => [
      '-sS',
      ...(server.certificate ? ['-k'] : ['--http2-prior-knowledge']),
      ...['-w', ' %{http_code}', '-m', '30'],
      server.url(path, port),
    ]

    it.each([
      [1_000_000, 20],
      [10_000_000, 5],
    ])('is shown, with %d bytes to send: %d times', async (length, times) => {
      const input = Buffer.alloc(length)
      for (let i = 0; i < times; i++) {
        const exit = await run('curl', [...args(), '--data-binary', '@-'], { input })
        expect(exit).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(seen) })
      }
    })

    // Without a content-length, what is too long is told by a reset.
    if (path === '/hash') return
    it('is shown, with no end of what is sent', async () => {
      for (let i = 0; i < 3; i++) {
        const command = 'yes | curl "$@" -X POST -T -'
        const exit = await run('sh', ['-c', command, 'sh', ...args()])
        expect(exit.stdout).toContain(seen)
        expect(exit.code).toBe(0)
      }
    })
  })

  it('-m: a client that gives up', async () => {
    const tag = newTag()
    const { code } = await curl(server, `/hold?tag=${tag}`, '-m', '0.5')
    expect(code).toBe(28)
    expect(await server.line('close', tag)).toMatchObject({ errorCode: 8 })
  })

  it.each(['--http1.1', '--http1.0'])('%s is answered', async (flag) => {
    const args = server.certificate ? ['-k'] : []
    const format = ' %{http_version} %{http_code}'
    const exit = await run('curl', ['-sS', flag, ...args, '-w', format, server.url('/')])
    // HTTP/1.1 answers HTTP/1.0 too (RFC 9110 §6.2).
    expect([exit.code, exit.stdout]).toEqual([0, expect.stringMatching(/ 1\.1 200$/)])
  })

  it('--http2: an upgrade on cleartext, ALPN on TLS', async () => {
    const args = server.certificate ? ['-k'] : []
    const format = ' %{http_version}'
    const exit = await run('curl', ['-sS', '--http2', ...args, '-w', format, server.url('/')])
    expect(exit).toMatchObject({ code: 0, stdout: 'nghttp2 FTW\n 2' })
  })
})

describeServers(
  'curl',
  (server) => {
    // curl 7.88 uses a connection of prior knowledge once only, and --limit-rate on none (nghttpd sees the same).
    it('many resources, one connection', async () => {
      const urls = Array.from({ length: 49 }, (_, i) => server.url(`/body?type=string&n=${i}`))
      const all = urls.flatMap((url) => ['-o', '/dev/null', url])
      const format = '%{num_connects} %{http_code}\\n'
      const { code, stdout } = await curl(server, '/', '-w', format, '-o', '/dev/null', ...all)
      expect(code).toBe(0)
      expect(stdout).toBe(`1 200\n${'0 200\n'.repeat(49)}`)
    })

    it('a stream that is reset is an error of curl', async () => {
      const { code, stderr } = await curl(server, `/broken?type=a%20generator&tag=${newTag()}`)
      expect(code).toBe(92)
      expect(stderr).toContain('INTERNAL_ERROR (err 2)')
    })

    it('--limit-rate: slowly', async () => {
      const started = performance.now()
      const { stdout } = await curl(server, '/download?size=3000000', '--limit-rate', '2M')
      expect(stdout.length).toBe(3_000_000)
      expect(performance.now() - started).toBeGreaterThan(500)
    })

    if (server.runtime !== 'deno') {
      it('--cert: a certificate of its own', async () => {
        const own = await makeCertificate('curl')
        const tls = { ...server.certificate, ca: own.cert, requestCert: true }
        const port = await server.open({ tls })
        const [cert, key] = [join(folder, 'own.pem'), join(folder, 'own.key')]
        await writeFile(cert, own.cert)
        await writeFile(key, own.key)
        const url = server.url('/variables', port)
        const { stdout } = await run('curl', ['-sSk', '--cert', cert, '--key', key, url])
        expect(JSON.parse(stdout)).toMatchObject({ certificate: { CN: 'curl' } })
        const without = await run('curl', ['-sSk', url])
        expect(without.code).not.toBe(0)
        await server.close(port)
      })
    }
  },
  ['TLS'],
)
