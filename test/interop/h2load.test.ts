/** h2load: many requests on many connections; none may fail. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '../support/processes.ts'
import { describeServers } from '../support/server.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h2load-'))
  await writeFile(join(folder, 'upload'), Buffer.alloc(50_000, 'upload'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The lines that sum up a run. */
async function h2load(...args: string[]): Promise<{ requests: string; codes: string }> {
  const { code, stdout, stderr } = await run('h2load', args, { timeout: 60_000 })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const [, requests = ''] = /^requests: (.*)$/m.exec(stdout) ?? []
  const [, codes = ''] = /^status codes: (.*)$/m.exec(stdout) ?? []
  return { requests, codes }
}

function all(count: number): { requests: string; codes: string } {
  return {
    requests:
      `${count} total, ${count} started, ${count} done, ${count} succeeded, ` +
      '0 failed, 0 errored, 0 timeout',
    codes: `${count} 2xx, 0 3xx, 0 4xx, 0 5xx`,
  }
}

describeServers('h2load', (server) => {
  it('short responses', async () => {
    expect(await h2load('-n', '20000', '-c', '20', '-m', '50', server.url('/'))).toEqual(
      all(20_000),
    )
  })

  it('a connection for each request', async () => {
    expect(await h2load('-n', '200', '-c', '200', server.url('/'))).toEqual(all(200))
  })

  it('long responses, by large and by small windows', async () => {
    const url = server.url('/body?type=large%20bytes')
    expect(await h2load('-n', '20', '-c', '4', '-m', '2', url)).toEqual(all(20))
    const small = ['-w', '18', '-W', '20']
    expect(await h2load(...small, '-n', '4', '-c', '2', '-m', '2', url)).toEqual(all(4))
  })

  it('bodies that are made piece by piece', async () => {
    const url = server.url('/body?type=an%20async%20generator')
    expect(await h2load('-n', '1000', '-c', '10', '-m', '20', url)).toEqual(all(1000))
  })

  it('uploads', async () => {
    const args = ['-n', '500', '-c', '5', '-m', '10', '-d', join(folder, 'upload')]
    expect(await h2load(...args, server.url('/echo'))).toEqual(all(500))
  })
})
