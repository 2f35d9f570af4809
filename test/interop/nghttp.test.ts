/** nghttp of nghttp2's own applications: frames as another implementation writes and reads them. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '../support/processes.ts'
import { describeServers, newTag } from '../support/server.ts'

let folder = ''
let upload = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nghttp-'))
  upload = join(folder, 'upload')
  await writeFile(upload, Buffer.alloc(3_000_000, 'upload'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What nghttp prints; it has to end by itself, and well. */
async function nghttp(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run('nghttp', args, { timeout: 20_000 })
  expect({ code, stderr: stderr.replaceAll(/\[WARNING\].*\n/g, '') }).toEqual({
    code: 0,
    stderr: '',
  })
  return stdout
}

/** How often the log of frames says this. */
function count(log: string, what: RegExp): number {
  return log.match(new RegExp(what.source, 'g'))?.length ?? 0
}

describeServers('nghttp', (server) => {
  it('a response', async () => {
    expect(await nghttp(server.url('/'))).toBe('nghttp2 FTW\n')
  })

  it('-v: the frames of a response with trailers', async () => {
    const log = await nghttp('-nv', server.url('/trailers?type=list&body=text'))
    expect(log).toMatch(/recv SETTINGS frame .*\n\s+\(niv=4\)/)
    expect(log).toContain('SETTINGS_MAX_CONCURRENT_STREAMS(0x03):128')
    expect(log).toContain(':status: 200')
    expect(log).toContain('x-sum: 1')
    expect(count(log, /recv DATA frame <length=4, flags=0x00/)).toBe(1)
    expect(count(log, /recv GOAWAY/)).toBe(0)
  })

  it('takes a push', async () => {
    const init = encodeURIComponent(JSON.stringify({ body: 'pushed content' }))
    const log = await nghttp('-v', server.url(`/push?count=3&init=${init}`))
    expect(count(log, /recv PUSH_PROMISE frame/)).toBe(3)
    expect(log).toContain(':path: /pushed/2?tag=')
    expect(count(log, /; First push response header/)).toBe(3)
    expect(count(log, /recv DATA frame <length=14, flags=0x01/)).toBe(3)
  })

  it('--no-push', async () => {
    const log = await nghttp('-v', '--no-push', server.url('/push?init={"body":"x"}'))
    expect(count(log, /recv PUSH_PROMISE/)).toBe(0)
    expect(log).toContain('[false]')
  })

  it('--max-concurrent-streams: so many pushes at once', async () => {
    const init = encodeURIComponent(JSON.stringify({ body: 'x'.repeat(10_000) }))
    const log = await nghttp(
      '-nv',
      '--max-concurrent-streams=1',
      server.url(`/push?count=4&init=${init}`),
    )
    expect(count(log, /; First push response header/)).toBe(4)
    expect(log).not.toContain('RST_STREAM')
    expect(log).toContain('error_code=NO_ERROR')
  })

  it('--trailer, with -d', async () => {
    const output = await nghttp('--trailer', 'x-sum: 1', '-d', upload, server.url('/calls'))
    const { calls, trailers } = JSON.parse(output) as { calls: string[]; trailers: unknown }
    expect(trailers).toEqual([['x-sum', '1']])
    expect(calls.at(-1)).toBe('onRequestDone')
  })

  it('--continuation', async () => {
    const output = await nghttp('--continuation', server.url('/variables'))
    const { headers } = JSON.parse(output) as { headers: [string, string][] }
    const long = headers.filter(([name]) => name.startsWith('continuation-test-'))
    expect(long.length).toBeGreaterThan(0)
    const length = long.reduce((sum, [, value]) => sum + value.length, 0)
    // More than a HEADERS frame can hold.
    expect(length).toBeGreaterThan(16_384)
  })

  it('-b: padding', async () => {
    const output = await nghttp('-b', '200', '-d', upload, server.url('/hash'))
    expect(JSON.parse(output)).toMatchObject({ received: 3_000_000 })
  })

  it.each([
    ['-w', '10', '-W', '10'],
    ['-w', '30', '-W', '30'],
    ['-c', '0'],
    ['-c', '0', '-c', '65536'],
    ['-c', '100000', '--encoder-header-table-size', '0'],
    ['--encoder-header-table-size', '65536'],
  ])('windows and tables: %s %s %s %s', async (...args) => {
    const options = args.filter((arg) => typeof arg === 'string')
    const output = await nghttp(...options, server.url('/body?type=a%20large%20string'))
    expect(output).toBe('x'.repeat(3 << 20))
    const more = await nghttp(...options, '-m', '5', server.url('/'))
    expect(more).toBe('nghttp2 FTW\n'.repeat(5))
  })

  it('-d: an upload, sent back', async () => {
    const log = await nghttp('-d', upload, server.url('/echo'))
    expect(log.length).toBe(3_000_000)
  })

  it('-m: many requests', async () => {
    const output = await nghttp('-m', '100', server.url('/'))
    expect(output).toBe('nghttp2 FTW\n'.repeat(100))
  })

  it('-H: methods, fields and priorities', async () => {
    const output = await nghttp(
      '-H:method: REPORT',
      '-Hx-own: value',
      '-Hpriority: u=6',
      '-Hcookie: a=1',
      server.url('/variables'),
    )
    expect(JSON.parse(output)).toMatchObject({
      method: 'REPORT',
      priority: { urgency: 6, incremental: false },
      headers: expect.arrayContaining([
        ['x-own', 'value'],
        // A short cookie is never indexed by nghttp2's encoder (RFC 7541 §7.1.3).
        ['cookie', 'a=1', true],
      ]),
    })
  })

  it('--expect-continue', async () => {
    const log = await nghttp('-v', '--expect-continue', '-d', upload, server.url('/hash'))
    expect(log).toContain(':status: 100')
    expect(log).toContain('"received":3000000')
  })

  it('an answer before its upload is complete', async () => {
    const log = await nghttp('-nv', '-d', upload, server.url('/early'))
    expect(log).toContain(':status: 413')
    expect(log).toMatch(/recv RST_STREAM frame .*\n\s+\(error_code=NO_ERROR\(0x00\)\)/)
  })

  it('-s: statistics of several resources', async () => {
    const log = await nghttp(
      '-ns',
      server.url('/'),
      server.url('/variables'),
      server.url('/body?type=bytes'),
    )
    expect(count(log, /\s200\s/)).toBe(3)
  })

  it('a body that fails', async () => {
    const tag = newTag()
    const url = server.url(`/broken?type=a%20generator&tag=${tag}`)
    const { stdout } = await run('nghttp', ['-nv', url], { timeout: 20_000 })
    expect(stdout).toMatch(/recv RST_STREAM frame .*\n\s+\(error_code=INTERNAL_ERROR\(0x02\)\)/)
  })
})

describeServers(
  'nghttp',
  (server) => {
    it('-u: an upgrade from HTTP/1.1', async () => {
      const log = await nghttp('-vu', server.url('/variables'))
      expect(log).toContain('HTTP/1.1 101 Switching Protocols')
      expect(log).toContain('"streamId":1')
      expect(await nghttp('-u', '-m', '3', server.url('/'))).toBe('nghttp2 FTW\n'.repeat(3))
    })
  },
  ['cleartext'],
)
