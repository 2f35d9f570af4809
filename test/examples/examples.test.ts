import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectHttp2, constants } from 'node:http2'
import { createServer } from 'node:net'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { until } from '../support/fetch-suite.ts'
import { answerOf, Client } from '../support/server-client.ts'
import { Http1Client } from '../support/http1-client.ts'
import { Http1Tunnel } from '../support/http1-tunnel.ts'
import type { Protocol, ProtocolClient } from '../support/protocols.ts'
import { buildPackage, type RunningExample, startExample } from '../support/examples.ts'
import { root, run, type RuntimeName, runtimeNames } from '../support/processes.ts'
import { ClientSocket } from '../support/websocket/client.ts'

/** Each has a suite below, or a test of its own elsewhere. */
const elsewhere: Readonly<Record<string, string>> = {
  grpc: 'test/grpc/grpc.test.ts',
  hello: 'test/package/start.test.ts',
}

const sha256 = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('base64')

interface Running {
  readonly runtime: RuntimeName
  readonly example: RunningExample
  readonly protocol: Protocol
  connect(): Promise<ProtocolClient>
}

const tested: string[] = []

/** A suite for an example, on each runtime, by each protocol. */
function describeExample(
  name: string,
  suite: (running: () => Running) => void,
  args: readonly string[] = [],
): void {
  tested.push(name)
  describe.each(runtimeNames)(`examples/${name}.ts: %s`, (runtime) => {
    let example: RunningExample
    beforeAll(async () => {
      example = await startExample(runtime, name, args)
    })
    afterAll(() => example?.[Symbol.asyncDispose]())
    describe('HTTP/2', () => {
      const connect = (): Promise<ProtocolClient> => Client.connect(example.url, {})
      suite(() => ({ runtime, example, protocol: 'HTTP/2', connect }))
    })
    describe('HTTP/1.1', () => {
      const connect = async (): Promise<ProtocolClient> => new Http1Client({ port: example.port })
      suite(() => ({ runtime, example, protocol: 'HTTP/1.1', connect }))
    })

    it('ends at SIGTERM', async () => {
      example.program.kill('SIGTERM')
      expect(await example.program.exited).toMatchObject({ code: 0, signal: null, stderr: '' })
    })
  })
}

beforeAll(() => buildPackage())

it('every example is tested', async () => {
  const files = await readdir(join(root, 'examples'))
  const names = files.filter((file) => file.endsWith('.ts')).map((file) => file.slice(0, -3))
  expect([...tested, ...Object.keys(elsewhere)].toSorted()).toEqual(names.toSorted())
})

describeExample('fetch', (running) => {
  it('answers', async () => {
    await using client = await running().connect()
    expect((await client.get('/?name=you')).text).toBe('Hello, you\n')
    expect((await client.request('/echo', { body: 'some text' })).text).toBe('some text')
    expect((await client.request('/sum', { body: '[1,2,3]' })).json()).toEqual({ sum: 6 })
    // HTTP/1.1 has no session.
    const session = { roundTrip: expect.any(Number), stats: { streamsOpen: 1 } }
    expect((await client.get('/connection')).json()).toMatchObject({
      remoteAddress: { host: '127.0.0.1' },
      ...(running().protocol === 'HTTP/2' && session),
    })
    expect((await client.get('/nowhere')).status).toBe(404)
    const failed = await client.request('/sum', { body: '[' })
    expect(failed).toMatchObject({ status: 500, text: '{"error":"SyntaxError"}' })
  })
})

describeExample('events', (running) => {
  it('sends events until the client goes', async () => {
    await using client = await running().connect()
    expect((await client.get('/')).text).toContain('EventSource')
    const stream = client.open('/events', { headers: { 'last-event-id': '7' } }, true)
    stream.setEncoding('utf8')
    let text = ''
    stream.on('data', (piece: string) => (text += piece))
    await until(() => text.split('\n\n').length > 2)
    expect(text).toMatch(/^event: tick\nid: 8\ndata: \d{4}-.*\n\nevent: tick\nid: 9\ndata: /)
    stream.close(constants.NGHTTP2_CANCEL)
    const count = running().protocol === 'HTTP/2' ? 1 : 2
    await running().example.program.waitFor(new RegExp(`(?:one listener less[^]*){${count}}`))
  })
})

describeExample('upload', (running) => {
  it('takes a file, and tells how far it is', async () => {
    await using client = await running().connect()
    const half = Buffer.alloc(500_000, 'x')
    const headers = { 'content-length': String(2 * half.length) }
    const name = `a-${running().protocol.at(-1)}`
    const upload = client.open(`/files/${name}`, { method: 'PUT', headers })
    const answer = answerOf(upload)
    upload.write(half)
    const events = client.open(`/progress/${name}`, {}, true)
    events.setEncoding('utf8')
    let text = ''
    events.on('data', (piece: string) => (text += piece))
    const ended = once(events, 'close')
    await until(() => text.includes('"received":500000,"total":1000000,"state":"receiving"'))
    upload.end(half)
    expect(await answer).toMatchObject({ status: 201 })
    const hash = createHash('sha256').update(half).update(half).digest('hex')
    expect((await answer).json()).toEqual({ name, bytes: 1_000_000, sha256: hash })
    await ended
    expect(text).toContain('"received":1000000,"total":1000000,"state":"complete"')
  })

  it('knows of a file that did not come', async () => {
    await using client = await running().connect()
    const path = `/progress/b-${running().protocol.at(-1)}`
    expect((await client.get(path)).text).toBe('data: null\n\n')
    const other = await running().connect()
    const upload = other.open(path.replace('progress', 'files'), { method: 'PUT' })
    upload.on('error', () => {})
    upload.write('a part')
    await until(async () => {
      const events = client.open(path, {}, true)
      events.on('error', () => {})
      const [first] = (await once(events, 'data')) as [Buffer]
      events.close(constants.NGHTTP2_CANCEL)
      return String(first).includes('"state":"receiving"')
    })
    await other[Symbol.asyncDispose]()
    await until(async () => (await client.get(path)).text.includes('"state":"broken"'))
  })
})

describeExample('trailers', (running) => {
  it('sends trailers, and checks them', async () => {
    await using client = await running().connect()
    const answer = await client.get('/')
    expect(answer.text).toBe('piece 1\npiece 2\npiece 3\npiece 4\npiece 5\n')
    expect(answer.trailers).toMatchObject({
      'content-digest': `sha-256=:${sha256(answer.body)}:`,
      'server-timing': expect.stringMatching(/^body;dur=\d+\.\d$/),
    })
    const trailers = { 'content-digest': `sha-256=:${sha256('a body')}:` }
    const right = await client.request('/', { body: 'a body', trailers })
    expect(right).toMatchObject({ status: 200, text: '{"isRight":true}' })
    const wrong = await client.request('/', { body: 'another', trailers })
    expect(wrong).toMatchObject({ status: 400, text: '{"isRight":false}' })
  })

  it('shows them in curl and nghttp', async () => {
    const { protocol, example } = running()
    const { url } = example
    const how =
      protocol === 'HTTP/2' ? ['--http2-prior-knowledge'] : ['--http1.1', '-H', 'TE: trailers']
    const curl = await run('curl', ['-sS', ...how, '-i', url])
    expect(curl).toMatchObject({ code: 0, stderr: '' })
    expect(curl.stdout).toMatch(/piece 5\ncontent-digest: sha-256=:.*:\r\nserver-timing: body;dur=/)
    if (protocol === 'HTTP/1.1') return
    const nghttp = await run('nghttp', ['-v', url])
    expect(nghttp.stdout).toMatch(/content-digest: sha-256=:/)
  })
})

describeExample('early-hints', (running) => {
  it('hints before it answers', async () => {
    await using client = await running().connect()
    const stream = client.open('/', {}, true)
    let hintedAt = 0
    stream.once('headers', () => (hintedAt = performance.now()))
    const answer = await answerOf(stream)
    expect(performance.now() - hintedAt).toBeGreaterThan(100)
    expect(answer.informational).toMatchObject([
      {
        ':status': 103,
        link: '</style.css>; rel=preload; as=style, </app.js>; rel=preload; as=script',
      },
    ])
    expect(answer.text).toContain('<title>Ready</title>')
    expect((await client.get('/style.css')).headers['content-type']).toBe('text/css')
  })
})

const target = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('data', (chunk) => socket.write(chunk.toString().toUpperCase()))
  socket.on('end', () => socket.end('BYE'))
  socket.on('error', () => {})
})
target.listen(0, '127.0.0.1')
await once(target, 'listening')
const { port: targetPort } = target.address() as { port: number }
afterAll(() => void target.close())

describeExample(
  'proxy',
  (running) => {
    const connectTo = async (authority: string, text?: string): Promise<[number, string]> => {
      const { protocol, example } = running()
      if (protocol === 'HTTP/1.1') {
        const tunnel = new Http1Tunnel(example.port, authority)
        tunnel.end(text)
        const answer = await answerOf(tunnel)
        return [answer.status, answer.text]
      }
      const session = connectHttp2(example.url)
      session.on('error', () => {})
      try {
        const stream = session.request({ ':method': 'CONNECT', ':authority': authority })
        stream.end(text)
        const answer = await answerOf(stream)
        return [answer.status, answer.text]
      } finally {
        session.destroy()
      }
    }

    it('tunnels to places on its list', async () => {
      const [status, text] = await connectTo(`127.0.0.1:${targetPort}`, 'hello ')
      expect([status, text]).toEqual([200, 'HELLO BYE'])
      await running().example.program.waitFor(/fulfilled fulfilled/)
    })

    it('and to no other', async () => {
      expect(await connectTo('example.com:443', 'x')).toEqual([403, 'not from here\n'])
      expect(await connectTo('127.0.0.1:1', 'x')).toEqual([502, 'nobody there\n'])
      await using client = await running().connect()
      expect((await client.get('/')).status).toBe(405)
    })
  },
  ['--allow', `127.0.0.1:${targetPort}`, '--allow', '127.0.0.1:1'],
)

/** A member of the chat. */
interface Member {
  next(): Promise<unknown>
  send(message: string | Buffer): Promise<void>
  /** Sends Close. */
  leave(): void
  /** What the server's Close said. */
  closed(): Promise<unknown>
}

async function joinChat({ protocol, example }: Running, name: string): Promise<Member> {
  return protocol === 'HTTP/2' ? joinByHttp2(example.url, name) : joinByHttp1(example.port, name)
}

async function joinByHttp2(url: string, name: string): Promise<Member> {
  const client = await Client.connect(url, {})
  onTestFinished(() => client[Symbol.asyncDispose]())
  const socket = await ClientSocket.open(client.session, `/chat?name=${name}`)
  let hasLeft = false
  return {
    next: () => socket.next(),
    send: (message) => socket.send(message),
    leave() {
      hasLeft = true
      socket.sayClose(1000)
    },
    async closed() {
      // Without an answer the server would wait for one, five seconds long.
      const closing = await socket.closed(!hasLeft)
      expect(await socket.finish()).toBe(constants.NGHTTP2_NO_ERROR)
      return closing
    },
  }
}

async function joinByHttp1(port: number, name: string): Promise<Member> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat?name=${name}`)
  onTestFinished(() => socket.terminate())
  const messages: string[] = []
  let closing: object | undefined
  socket.on('message', (data) => messages.push(String(data)))
  socket.on('close', (code, reason) => (closing = { code, reason: String(reason) }))
  await once(socket, 'open')
  return {
    next: () => until(() => messages.length > 0 && [messages.shift()]).then(([text]) => text),
    send: async (message) => socket.send(message),
    leave: () => socket.close(1000),
    closed: () => until(() => closing),
  }
}

describeExample('chat', (running) => {
  it('each client gets the messages of all', async () => {
    await using client = await running().connect()
    expect((await client.get('/')).text).toContain('new WebSocket')
    const first = await joinChat(running(), 'Ann')
    expect(await first.next()).toBe('Ann is here')
    const second = await joinChat(running(), 'Bob')
    expect(await first.next()).toBe('Bob is here')
    expect(await second.next()).toBe('Bob is here')
    await second.send('hello')
    expect(await first.next()).toBe('Bob: hello')
    expect(await second.next()).toBe('Bob: hello')
    await second.send(Buffer.from('bytes'))
    expect(await second.closed()).toMatchObject({ code: 3003, reason: 'texts only' })
    expect(await first.next()).toBe('Bob has left')
    first.leave()
    expect(await first.closed()).toMatchObject({ code: 1000 })
  })
})
