/** The client of node:http: its agents, and each event that it has for a response. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  type InformationEvent,
  request as httpRequest,
  type RequestOptions,
} from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { countsDuring, downloaded, expectQuiet, hashOf, program } from '../support/interop.ts'
import { describeProgram } from '../support/program-server.ts'
import { newTag } from '../support/server.ts'

describeProgram(program, 'node:http', (server) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 })
  afterAll(() => agent.destroy())

  const ask = (path: string, options: RequestOptions = {}): ClientRequest =>
    httpRequest({ host: '127.0.0.1', port: server.port, path, agent, ...options })

  it('an agent with keepAlive reuses its two sockets for 40 requests', async () => {
    const sockets = new Set<Socket>()
    const ports = new Set<number>()
    const counts = await countsDuring(server, async () => {
      const one = async (): Promise<void> => {
        const request = ask('/facts')
        request.on('socket', (socket) => sockets.add(socket))
        request.end()
        const facts = JSON.parse(String(await bodyOf(await answerTo(request)))) as Facts
        expect(facts).toMatchObject({ method: 'GET', protocol: 'HTTP/1.1' })
        expect(facts.headers['connection']).toBe('keep-alive')
        ports.add(facts.remotePort)
      }
      await Promise.all(Array.from({ length: 40 }, one))
    })
    expect([sockets.size, ports.size]).toEqual([2, 2])
    expect(counts).toEqual({ connections: 2, requests: 40 })
  })

  it('without keep-alive, each of 10 requests has a connection, which ends with its response', async () => {
    const counts = await countsDuring(server, async () => {
      for (let i = 0; i < 10; i++) {
        const request = ask('/', { agent: false })
        request.end()
        const response = await answerTo(request)
        expect(response.headers.connection).toBe('close')
        expect(String(await bodyOf(response))).toBe('hello\n')
      }
    })
    expect(counts).toEqual({ connections: 10, requests: 10 })
  })

  it.each([0, 1, 70_000, 1 << 20])('POST of %d bytes, by length and in chunks', async (length) => {
    const bytes = randomBytes(length)
    const byLength = ask('/hash', { method: 'POST', headers: { 'content-length': length } })
    byLength.end(bytes)
    expect(JSON.parse(String(await bodyOf(await answerTo(byLength))))).toEqual(hashOf(bytes))

    const inChunks = ask('/hash', {
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
    })
    for (let at = 0; at < length; at += 50_000) inChunks.write(bytes.subarray(at, at + 50_000))
    inChunks.end()
    expect(JSON.parse(String(await bodyOf(await answerTo(inChunks))))).toEqual(hashOf(bytes))
  })

  it.each(['length', 'chunked'])('a download of 2 MiB, framed by %s', async (framing) => {
    const size = 2 << 20
    const request = ask(`/download?size=${size}${framing === 'chunked' ? '&chunked' : ''}`)
    request.end()
    const response = await answerTo(request)
    const { 'content-length': length, 'transfer-encoding': encoding } = response.headers
    expect([length, encoding]).toEqual(
      framing === 'length' ? [String(size), undefined] : [undefined, 'chunked'],
    )
    expect((await bodyOf(response)).equals(downloaded(size))).toBe(true)
    expect(response.complete).toBe(true)
  })

  it('trailers go both ways', async () => {
    const request = ask('/trailers', {
      method: 'POST',
      headers: { te: 'trailers', trailer: 'x-sum' },
    })
    request.write('a part, ')
    request.addTrailers({ 'x-sum': 'of the request' })
    request.end('and the rest')
    const response = await answerTo(request)
    const said = JSON.parse(String(await bodyOf(response))) as unknown
    expect(said).toEqual({ trailers: { 'x-sum': 'of the request' }, framing: 'chunked' })
    expect(response.trailers).toEqual({ 'x-received': '20' })
  })

  it('Expect: 100-continue: the body is sent once the server says 100', async () => {
    const headers = { expect: '100-continue', 'content-length': 5 }
    const request = ask('/hash', { method: 'POST', headers })
    const early = once(request, 'response')
    request.flushHeaders()
    expect(await Promise.race([once(request, 'continue'), early])).toEqual([])
    request.end('bytes')
    const [response] = (await early) as [IncomingMessage]
    expect(JSON.parse(String(await bodyOf(response)))).toEqual(hashOf(Buffer.from('bytes')))
  })

  it('Expect: 100-continue: a final response comes without a 100 where the body is not read', async () => {
    const headers = { expect: '100-continue', 'content-length': 5 }
    const request = ask('/nowhere', { method: 'POST', headers })
    let continued = false
    request.on('continue', () => (continued = true))
    request.flushHeaders()
    const response = await answerTo(request)
    expect([response.statusCode, continued]).toEqual([404, false])
    expect(response.headers.connection).toBe('close')
    expect(String(await bodyOf(response))).toBe('no route')
    request.destroy()
  })

  it('103 is an information event before the response', async () => {
    const request = ask('/hints')
    const seen: unknown[] = []
    request.on('information', ({ statusCode, statusMessage, headers }: InformationEvent) => {
      seen.push([statusCode, statusMessage, headers])
    })
    request.end()
    const response = await answerTo(request)
    expect(seen).toEqual([[103, 'Early Hints', { link: '</style.css>; rel=preload; as=style' }]])
    expect(String(await bodyOf(response))).toBe('hinted')
  })

  it('Upgrade is an upgrade event, and the socket is the WebSocket', async () => {
    const request = ask('/socket', {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    })
    request.end()
    const [response, socket, head] = (await once(request, 'upgrade')) as [
      IncomingMessage,
      Socket,
      Buffer,
    ]
    expect(response.statusCode).toBe(101)
    expect(response.headers).toMatchObject({
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    })
    expect(head).toHaveLength(0)
    // "hi", masked by 01 02 03 04.
    socket.write(Buffer.from('818201020304696b', 'hex'))
    const [echo] = (await once(socket, 'data')) as [Buffer]
    expect(echo.toString('latin1')).toBe('\x81\x02hi')
    socket.destroy()
  })

  it('a request that is destroyed in the middle of its download aborts the signal', async () => {
    const tag = newTag()
    const request = ask(`/download?size=500000000&tag=${tag}`, { agent: false })
    request.end()
    const response = await answerTo(request)
    await once(response, 'data')
    response.on('error', () => {})
    request.destroy()
    await server.line('abort', tag)
  })

  it('a socket that was idle for a while is used again', async () => {
    const own = new Agent({ keepAlive: true, maxSockets: 1 })
    const counts = await countsDuring(server, async () => {
      for (let i = 0; i < 3; i++) {
        const request = ask('/', { agent: own })
        request.end()
        await bodyOf(await answerTo(request))
        await sleep(50)
        expect(request.reusedSocket).toBe(i > 0)
      }
    })
    own.destroy()
    expect(counts).toEqual({ connections: 1, requests: 3 })
  })

  it('no connection is left, and no error was reported', async () => {
    agent.destroy()
    await expectQuiet(server, true)
  })
})

interface Facts {
  readonly remotePort: number
  readonly headers: Readonly<Record<string, string>>
}

async function answerTo(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
