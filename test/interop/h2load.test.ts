/** h2load: many requests on many connections; none may fail. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { allOf, h2load } from '../support/h2load.ts'
import { describeServers } from '../support/server.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'h2load-'))
  await writeFile(join(folder, 'upload'), Buffer.alloc(50_000, 'upload'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describeServers('h2load', (server) => {
  it('short responses', async () => {
    expect(await h2load('-n', '20000', '-c', '20', '-m', '50', server.url('/'))).toEqual(
      allOf(20_000),
    )
  })

  it('a connection for each request', async () => {
    expect(await h2load('-n', '200', '-c', '200', server.url('/'))).toEqual(allOf(200))
  })

  it('long responses, by large and by small windows', async () => {
    const url = server.url('/body?type=large%20bytes')
    expect(await h2load('-n', '20', '-c', '4', '-m', '2', url)).toEqual(allOf(20))
    const small = ['-w', '18', '-W', '20']
    expect(await h2load(...small, '-n', '4', '-c', '2', '-m', '2', url)).toEqual(allOf(4))
  })

  it('bodies that are made piece by piece', async () => {
    const url = server.url('/body?type=an%20async%20generator')
    expect(await h2load('-n', '1000', '-c', '10', '-m', '20', url)).toEqual(allOf(1000))
  })

  it('uploads', async () => {
    const args = ['-n', '500', '-c', '5', '-m', '10', '-d', join(folder, 'upload')]
    expect(await h2load(...args, server.url('/echo'))).toEqual(allOf(500))
  })
})
