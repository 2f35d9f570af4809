/** `fetch` of Node (undici), Deno and Bun as clients, each against the server on each runtime. */
import { beforeAll, describe, expect, it } from 'vitest'
import { downloaded, expectQuiet, hashOf, program } from '../support/interop.ts'
import { runtimeNames, startOn } from '../support/processes.ts'
import { bundleProgram, describeProgram } from '../support/program-server.ts'
import { newTag } from '../support/server.ts'

const size = 1 << 20
const { sha256 } = hashOf(downloaded(size))

const expected: Readonly<Record<string, object>> = {
  get: {
    status: 200,
    type: 'application/json',
    method: 'GET',
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/facts\?q=%C3%BC$/),
    protocol: 'HTTP/1.1',
    own: 'value',
  },
  head: { status: 200, hasLength: true, text: '' },
  missing: { status: 404, text: 'no route' },
  upload: { received: size, isSame: true },
  stream: { received: size, isSame: true },
  echo: { isSame: true },
  form: { received: 300_000, isSame: true, name: 'a file', text: 'Grüße' },
  download: { length: String(size), sha256 },
  'download in chunks': { length: null, sha256 },
  reuse: { isReused: true },
  parallel: { texts: ['hello\n'] },
  abort: { hasBegun: true, error: 'AbortError' },
  'after the abort': { text: 'hello\n' },
}

describeProgram(program, 'fetch', (server) => {
  describe.each(runtimeNames)('of %s', (client) => {
    const tag = newTag()
    let results = new Map<string, unknown>()
    let stderr = ''

    beforeAll(async () => {
      const file = await bundleProgram('test/interop/fixture/fetch-client.ts')
      await using running = await startOn(client, file, [server.url(''), tag])
      const exit = await running.exited
      stderr = exit.stderr
      const lines = exit.stdout.trim().split('\n')
      results = new Map(
        lines.map((line) => {
          const { deed, result } = JSON.parse(line) as { deed: string; result: unknown }
          return [deed, result]
        }),
      )
    })

    it.each(Object.entries(expected))('has the right result: %s', (deed, result) => {
      expect(results.get(deed), stderr).toEqual(result)
    })

    it('the download that the client aborts has its signal aborted', async () => {
      await server.line('abort', tag)
    })
  })

  it('no connection is left, and no error was reported', () => expectQuiet(server, true))
})
