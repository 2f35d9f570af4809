import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root, run, runtimeNames, start } from '../support/processes.ts'

/** What `npm start` prints: one line. */
const line = /^Listening on (\S+) {2}Try: (.+?) {2}or: (.+)\n$/

function npmStart(...options: string[]): ReturnType<typeof start> {
  return start('npm', ['start', '--silent', '--', '--port', '0', ...options])
}

describe.each(runtimeNames)('npm start on %s', (runtime) => {
  it.each(['http', 'https'])('serves %s, as the commands it prints show', async (scheme) => {
    const tls = scheme === 'https' ? ['--tls'] : []
    await using server = await npmStart('--runtime', runtime, ...tls)
    const [, url = '', nghttp = '', curl = ''] = await server.waitFor(line)
    expect(url).toMatch(new RegExp(`^${scheme}://127\\.0\\.0\\.1:\\d+/$`))

    const byNghttp = await run('sh', ['-c', nghttp])
    expect(byNghttp.stdout).toMatch(/recv PUSH_PROMISE frame/)
    expect(byNghttp.stdout).toMatch(/:path: \/push\b/)
    // 12 bytes of the answer, 14 of the resource that is pushed.
    expect(byNghttp.stdout).toMatch(/recv DATA frame <length=12,/)
    expect(byNghttp.stdout).toMatch(/recv DATA frame <length=14,/)

    const byCurl = await run('sh', ['-c', `${curl} -sS -w '%{http_version}'`])
    expect(byCurl).toMatchObject({ code: 0, stderr: '', stdout: 'nghttp2 FTW\n2' })

    expect(await server.stop()).toMatchObject({ code: 0, stderr: '' })
    expect(server.stdout()).toMatch(line)
    const left = (await readdir(join(root, 'build'))).filter((name) => name.startsWith('tls-'))
    expect(left).toEqual([])
  })
})

describe('npm start', () => {
  it('says which runtimes there are', async () => {
    await using server = await npmStart('--runtime', 'perl')
    const exit = await server.exited
    expect(exit.code).toBe(1)
    expect(exit.stderr).toBe('--runtime perl: it can be node, deno or bun\n')
  })

  it('takes a port', async () => {
    await using first = await npmStart()
    const [, url = ''] = await first.waitFor(line)
    const { port } = new URL(url)
    // The port is taken: the second server says so instead of using another.
    await using second = await start('npm', ['start', '--silent', '--', '--port', port])
    const exit = await second.exited
    expect(exit.code).not.toBe(0)
    expect(exit.stderr).toContain('EADDRINUSE')
  })
})
