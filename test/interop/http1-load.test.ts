/** Programs that measure servers, by HTTP/1.1 and HTTP/1.0: h2load --h1, wrk, ab. None of their requests may fail. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { allOf, h2load } from '../support/h2load.ts'
import { countsDuring, expectQuiet, hashOf, program } from '../support/interop.ts'
import { run } from '../support/processes.ts'
import { describeProgram, type ProgramServer } from '../support/program-server.ts'

const upload = Buffer.alloc(30_000, 'what is uploaded')
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-'))
  await writeFile(join(folder, 'upload'), upload)
  await writeFile(join(folder, 'check.lua'), script)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describeProgram(
  program,
  'HTTP/1.1 under load',
  (server) => {
    it.each([1, 16])('h2load: all of 4000 requests, %d in flight a connection', async (depth) => {
      const args = ['--h1', '-n', '4000', '-c', '8', '-m', String(depth), server.url('/')]
      const counts = await countsDuring(server, async () => {
        expect(await h2load(...args)).toEqual(allOf(4000))
      })
      expect(counts).toEqual({ connections: 8, requests: 4000 })
    })

    it('h2load: all of 200 uploads', async () => {
      const args = ['--h1', '-n', '200', '-c', '8', '-d', join(folder, 'upload')]
      expect(await h2load(...args, server.url('/hash'))).toEqual(allOf(200))
    })

    if (!server.certificate) measure(server)

    it('no connection is left, and no error was reported', async () => {
      // wrk leaves in the middle of responses.
      await expectQuiet(server, true)
    })
  },
  ['cleartext', 'TLS'],
)

/** wrk and ab. */
function measure(server: ProgramServer): void {
  it('wrk: each response is as it should be', async () => {
    const args = ['-t1', '-c8', '-d1s', '-s', join(folder, 'check.lua'), server.url('/')]
    const { code, stdout, stderr } = await run('wrk', args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [line] = /^\{.*\}$/m.exec(stdout) ?? ['']
    const { requests, responses, ...failures } = JSON.parse(line) as Record<string, number>
    expect(failures).toEqual({ wrong: 0, connect: 0, read: 0, write: 0, status: 0, timeout: 0 })
    expect(requests).toBeGreaterThan(100)
    expect(responses).toBeGreaterThanOrEqual(requests!)
  })

  it('ab: a connection for each of 300 requests of HTTP/1.0', async () => {
    const counts = await countsDuring(server, async () => {
      expect(await ab('-n', '300', '-c', '8', server.url('/'))).toEqual({
        complete: 300,
        failed: 0,
        kept: undefined,
        transferred: 300 * 6,
        length: 6,
      })
    })
    // ab opens a few more connections than it needs.
    expect(counts).toEqual({ connections: expect.any(Number), requests: 300 })
    expect(counts.connections).toBeGreaterThanOrEqual(300)
  })

  it('ab -k: HTTP/1.0 with keep-alive', async () => {
    const counts = await countsDuring(server, async () => {
      expect(await ab('-k', '-n', '2000', '-c', '8', server.url('/'))).toEqual({
        complete: 2000,
        failed: 0,
        kept: 2000,
        transferred: 2000 * 6,
        length: 6,
      })
    })
    expect(counts).toEqual({ connections: expect.any(Number), requests: 2000 })
    expect(counts.connections).toBeLessThanOrEqual(16)
  })

  it.each([
    ['a connection for each', []],
    ['with keep-alive', ['-k']],
  ])('ab -p: uploads, %s', async (_, flags) => {
    const { length } = JSON.stringify(hashOf(upload))
    const file = ['-p', join(folder, 'upload'), '-T', 'application/octet-stream']
    const args = [...flags, '-n', '100', '-c', '4', ...file, server.url('/hash')]
    expect(await ab(...args)).toEqual({
      complete: 100,
      failed: 0,
      kept: flags.length > 0 ? 100 : undefined,
      transferred: 100 * length,
      length,
    })
  })

  it('ab -k: bodies of no known length, which end with their connections', async () => {
    const url = server.url('/download?size=200000&chunked')
    expect(await ab('-k', '-n', '40', '-c', '4', url)).toEqual({
      complete: 40,
      failed: 0,
      kept: 0,
      transferred: 40 * 200_000,
      length: 200_000,
    })
  })
}

/** What ab sums up. It prints the line of statuses that are not 2xx only where there are some. */
async function ab(...args: string[]): Promise<Record<string, number | undefined>> {
  const { code, stdout, stderr } = await run('ab', ['-q', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).not.toMatch(/^(Non-2xx responses|Write errors):/m)
  const number = (name: string): number | undefined => {
    const [, text] = new RegExp(`^${name}: +(\\d+)`, 'm').exec(stdout) ?? []
    return text === undefined ? undefined : Number(text)
  }
  return {
    complete: number('Complete requests'),
    failed: number('Failed requests'),
    kept: number('Keep-Alive requests'),
    transferred: number('HTML transferred'),
    length: number('Document Length'),
  }
}

/** Looks at each response, and prints the sums as JSON. */
const script = `
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() wrong, responses = 0, 0 end
function response(status, headers, body)
  responses = responses + 1
  if status ~= 200 or body ~= "hello\\n" then wrong = wrong + 1 end
end
function done(summary)
  local wrong, responses = 0, 0
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("wrong")
    responses = responses + thread:get("responses")
  end
  local e = summary.errors
  local line = '{"requests":%d,"responses":%d,"wrong":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\\n'
  io.write(string.format(line, summary.requests, responses, wrong, e.connect, e.read, e.write, e.status, e.timeout))
end
`
