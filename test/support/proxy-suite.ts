/** What has to come through any proxy as if there were none. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { until } from './fetch-suite.ts'
import { downloaded, hashOf } from './interop.ts'
import type { ProgramServer } from './program-server.ts'
import type { Proxy } from './proxy.ts'
import { newTag } from './server.ts'

export interface Facts {
  readonly method: string
  readonly protocol: string
  readonly remotePort: number
  readonly headers: Readonly<Record<string, string>>
}

/** What the server says of a request that came through. */
export async function factsThrough(proxy: Proxy, path = '/facts'): Promise<Facts> {
  const { body } = await proxy.ask(path)
  return JSON.parse(String(body)) as Facts
}

/** Messages of each kind come back, and the close code. */
export async function expectEchoes(
  proxy: Proxy,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const socket = await proxy.webSocket('/socket', headers)
  expect(socket.protocol).toBe('echo')
  for (const message of ['Grüße', 'x'.repeat(70_000), randomBytes(300_000)]) {
    const echo = once(socket, 'message')
    socket.send(message)
    const [data] = (await echo) as [Buffer]
    expect(data.equals(Buffer.from(message as string))).toBe(true)
  }
  socket.close(4000)
  expect((await once(socket, 'close'))[0]).toBe(4000)
}

export function proxied(server: ProgramServer, proxyOf: () => Proxy): void {
  it('a request and its response come through', async () => {
    const { response, body } = await proxyOf().ask('/')
    expect([response.statusCode, String(body)]).toEqual([200, 'hello\n'])
    expect(await proxyOf().ask('/nowhere')).toMatchObject({ response: { statusCode: 404 } })
    const head = await proxyOf().ask('/page', { method: 'HEAD' })
    expect(Number(head.response.headers['content-length'])).toBeGreaterThan(100)
    expect(head.body).toHaveLength(0)
    expect(await factsThrough(proxyOf())).toMatchObject({ method: 'GET', protocol: 'HTTP/1.1' })
  })

  it('100 requests at once are all answered', async () => {
    const ask = async (): Promise<string> => String((await proxyOf().ask('/')).body)
    const texts = await Promise.all(Array.from({ length: 100 }, ask))
    expect(texts).toEqual(Array.from({ length: 100 }, () => 'hello\n'))
  })

  it.each(['by length', 'in chunks'])('an upload of 3 MiB comes through, %s', async (framing) => {
    const bytes = randomBytes(3 << 20)
    const headers: Record<string, string> =
      framing === 'by length'
        ? { 'content-length': String(bytes.length) }
        : { 'transfer-encoding': 'chunked' }
    const { body } = await proxyOf().ask('/hash', { headers, body: bytes })
    expect(JSON.parse(String(body))).toEqual(hashOf(bytes))
  })

  it.each(['', '&chunked'])('a download of 5 MiB comes through: %j', async (framing) => {
    const size = 5 << 20
    const { body } = await proxyOf().ask(`/download?size=${size}${framing}`)
    expect(body.equals(downloaded(size))).toBe(true)
  })

  it('a download that the client leaves aborts the signal of its request', async () => {
    const tag = newTag()
    const path = `/download?size=500000000&tag=${tag}`
    const response = await proxyOf().open(path, { agent: false })
    response.on('error', () => {})
    await once(response, 'data')
    response.destroy()
    await server.line('abort', tag)
  })

  it('an event comes through before the next one is sent', async () => {
    const tag = newTag()
    const response = await proxyOf().open(`/events?tag=${tag}`)
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    for (const number of [1, 2, 3]) {
      await until(() => text.endsWith(`data: number ${number}\n\n`))
      await proxyOf().ask(`/step?tag=${tag}`)
    }
    if (!response.readableEnded) await once(response, 'end')
    expect(text.match(/^id: \d$/gm)).toEqual(['id: 1', 'id: 2', 'id: 3'])
  })

  it('a WebSocket comes through', () => expectEchoes(proxyOf()))
}
