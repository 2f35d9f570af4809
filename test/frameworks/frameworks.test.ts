import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Http1Client } from '../support/http1-client.ts'
import { Client } from '../support/server-client.ts'
import { makeCertificate } from '../support/certificate.ts'
import { buildPackage } from '../support/examples.ts'
import { type Program, runtimeNames, startOn } from '../support/processes.ts'

const certificate = await makeCertificate()
const cases = runtimeNames.flatMap((runtime) =>
  ['hono', 'h3', 'itty-router'].flatMap((framework) =>
    ['cleartext', 'TLS'].map((security) => ({ framework, runtime, security })),
  ),
)

let folder = ''
beforeAll(async () => {
  await buildPackage()
  folder = await mkdtemp(join(tmpdir(), 'frameworks-'))
  await writeFile(join(folder, 'cert.pem'), certificate.cert)
  await writeFile(join(folder, 'key.pem'), certificate.key)
})
afterAll(() => rm(folder, { recursive: true }))

describe.each(cases)('$framework: $runtime, $security', ({ framework, runtime, security }) => {
  let server: Program
  let url = ''

  beforeAll(async () => {
    const tls = ['--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')]
    const app = `test/frameworks/apps/${framework}.ts`
    const args = ['serve', app, '--port', '0', ...(security === 'TLS' ? tls : [])]
    server = await startOn(runtime, 'dist/cli.js', args)
    url = (await server.waitFor(/^Listening on (\S+)/m))[1]!
  })
  afterAll(() => server?.stop())

  const clients: Readonly<
    Record<string, () => Promise<Pick<Client, 'get' | 'request'> & AsyncDisposable>>
  > = {
    'HTTP/2': () => Client.connect(url, security === 'TLS' ? { ca: certificate.cert } : {}),
    'HTTP/1.1': async () =>
      new Http1Client({
        port: Number(new URL(url).port),
        ca: security === 'TLS' ? certificate.cert : undefined,
      }),
  }

  describe.each(Object.entries(clients))('%s', (_protocol, connect) => {
    it('routes, with parameters and a query', async () => {
      await using client = await connect()
      const answer = await client.get('/hello/World?q=a%20b')
      expect(answer.json()).toEqual({ name: 'World', query: 'a b' })
      expect(answer.headers['content-type']).toMatch(/^application\/json/)
      expect(answer.headers['x-framework']).toBe(framework)
    })

    it('a text', async () => {
      await using client = await connect()
      const answer = await client.get('/text')
      expect(answer).toMatchObject({ status: 200, text: 'text' })
      expect(answer.headers['content-type']).toMatch(/^text\/plain/i)
    })

    it('reads JSON and forms', async () => {
      await using client = await connect()
      const json = await client.request('/json', {
        headers: { 'content-type': 'application/json' },
        body: '{"a":["ü"]}',
      })
      expect(json.json()).toEqual({ got: { a: ['ü'] } })
      const form = await client.request('/form', {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'field=a+value',
      })
      expect(form.json()).toEqual({ field: 'a value' })
    })

    it('streams up and down', async () => {
      await using client = await connect()
      const body = randomBytes(2 << 20)
      const answer = await client.request('/echo', { body })
      const hash = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')
      expect(hash(answer.body)).toBe(hash(body))
      expect((await client.get('/stream')).text).toBe('one two three')
    })

    it('server-sent events', async () => {
      await using client = await connect()
      const answer = await client.get('/events')
      expect(answer.headers['content-type']).toMatch(/^text\/event-stream/)
      expect(answer.headers).not.toHaveProperty('connection')
      expect(answer.text.match(/data: event \d/g)).toEqual([
        'data: event 1',
        'data: event 2',
        'data: event 3',
      ])
    })

    it('cookies', async () => {
      await using client = await connect()
      const answer = await client.get('/cookies')
      expect(answer.status).toBe(204)
      const cookies = answer.headers['set-cookie'] ?? []
      expect(cookies.map((cookie) => cookie.split(';')[0])).toEqual(['a=1', 'b=2'])
    })

    it('errors, its own and others', async () => {
      await using client = await connect()
      expect((await client.get('/throw')).status).toBe(500)
      const teapot = await client.get('/teapot')
      expect(teapot.status).toBe(418)
      expect(teapot.text).toContain('a teapot')
      expect((await client.get('/nowhere')).status).toBe(404)
      const redirect = await client.get('/redirect')
      expect(redirect.status).toBe(302)
      expect(redirect.headers.location).toMatch(/\/text$/)
    })

    it('HEAD', async () => {
      await using client = await connect()
      const answer = await client.request('/text', { method: 'HEAD' })
      // itty-router routes what was said only.
      expect(answer.status).toBe(framework === 'itty-router' ? 404 : 200)
      expect(answer.body.length).toBe(0)
    })

    // h3 hands on the Request alone.
    if (framework !== 'h3')
      it('gets the info of the request', async () => {
        await using client = await connect()
        expect((await client.get('/info')).json()).toEqual({ streamId: 1 })
      })

    it('many at once', async () => {
      await using client = await connect()
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => client.get(`/hello/${i}`)),
      )
      expect(answers.map((answer) => (answer.json() as { name: string }).name)).toEqual(
        Array.from({ length: 100 }, (_, i) => String(i)),
      )
    })
  })
})
