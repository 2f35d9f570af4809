import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:http2'
import { expect, it } from 'vitest'
import { answerOf, Client } from '../../support/server-client.ts'
import { newTag } from '../../support/server.ts'
import { describeProtocols, pause, until } from '../../support/fetch-suite.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describeProtocols(
  'fetch: requests',
  ({ server, protocol, connect }) => {
    /** More than the windows of the stream and of the connection; HTTP/1.1 has none. */
    const bulk = protocol === 'HTTP/2' ? 20 << 20 : 1 << 20

    it('is a Request with all that a Request says', async () => {
      await using client = await connect()
      const answer = await client.get('/request/request?a=b&c', {
        'x-own': ['1', '2'],
        cookie: ['a=1', 'b=2'],
      })
      const facts = answer.json() as { headers: [string, string][] }
      const authority = `127.0.0.1:${server.port}`
      expect(facts).toEqual({
        method: 'GET',
        url: server.url('/request/request?a=b&c'),
        headers: expect.arrayContaining([
          ['cookie', 'a=1; b=2'],
          ['x-own', '1, 2'],
          ['host', authority],
        ]),
        isRequest: true,
        hasBody: false,
        bodyUsed: false,
        isAborted: false,
        isSignal: true,
        cookie: 'a=1; b=2',
        others: ['default', 'same-origin', '', '', 'cors', 'follow', 'about:client', '', 'false'],
      })
      expect(facts.headers.filter(([name]) => name.startsWith(':'))).toEqual([])
    })

    it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])(
      'the method %s',
      async (method) => {
        await using client = await connect()
        const answer = await client.request('/request/request', { method })
        expect(answer.json()).toMatchObject({ method })
      },
    )

    it('a path that looks like an authority stays a path', async () => {
      await using client = await connect()
      const answer = await client.get('//request/request')
      expect(answer.status).toBe(404)
      const dotted = await client.get('/nowhere/../request/request?x=/../y')
      expect(dotted.json()).toMatchObject({ url: server.url('/request/request?x=/../y') })
    })

    it('an authority that no URL can have is a bad request', async () => {
      await using client = await connect()
      const answer = await client.get('/request/request', { ':authority': 'host:65536' })
      expect(answer.status).toBe(400)
    })

    it('text, of several pieces cut within a character', async () => {
      await using client = await connect()
      const stream = client.open('/request/text', { method: 'POST' })
      const bytes = Buffer.from('Grüße, 世界 👋')
      stream.write(bytes.subarray(0, 3))
      await pause(20)
      stream.write(bytes.subarray(3, 14))
      await pause(20)
      stream.end(bytes.subarray(14))
      expect((await answerOf(stream)).json()).toEqual({ text: 'Grüße, 世界 👋' })
    })

    it('an empty body', async () => {
      await using client = await connect()
      expect((await client.request('/request/text', { body: '' })).json()).toEqual({ text: '' })
      const answer = await client.request('/request/text', { method: 'POST' })
      expect(answer.json()).toEqual({ text: '' })
    })

    it('json, and what is none', async () => {
      await using client = await connect()
      const answer = await client.request('/request/json', { body: '{"a":[1,"ü"]}' })
      expect(answer.json()).toEqual({ json: { a: [1, 'ü'] } })
      const bad = await client.request('/request/bad-json', { body: '{' })
      expect(bad.json()).toMatchObject({ name: 'SyntaxError' })
    })

    it.each(['/array-buffer', '/bytes'])('%s of a large body', async (path) => {
      await using client = await connect()
      const body = randomBytes(3 << 20)
      const answer = await client.request(`/request${path}`, { body })
      expect(answer.json()).toMatchObject({ length: body.length, sha256: sha256(body) })
      expect(Object.values(answer.json() as object)[0]).toBe(true)
    })

    it('a Blob of the type that the header says', async () => {
      await using client = await connect()
      const answer = await client.request('/request/blob', {
        body: 'content',
        headers: { 'content-type': 'application/x-own' },
      })
      expect(answer.json()).toEqual({ isBlob: true, type: 'application/x-own', text: 'content' })
    })

    it('a form with a file', async () => {
      await using client = await connect()
      const form = new FormData()
      form.append('field', 'ä value')
      form.append('file', new Blob(['content'], { type: 'image/png' }), 'name.png')
      const real = new Request('http://localhost/', { method: 'POST', body: form })
      const answer = await client.request('/request/form', {
        headers: { 'content-type': real.headers.get('content-type')! },
        body: Buffer.from(await real.arrayBuffer()),
      })
      expect(answer.json()).toEqual([
        ['field', 'ä value'],
        ['file', 'name.png', 'image/png', 'content'],
      ])
    })

    it('a form in a URL', async () => {
      await using client = await connect()
      const answer = await client.request('/request/form', {
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'a=1&b=%C3%BC+x',
      })
      expect(answer.json()).toEqual([
        ['a', '1'],
        ['b', 'ü x'],
      ])
    })

    it('a Request of the runtime is made of it', async () => {
      await using client = await connect()
      const init = { body: 'a body', headers: { 'x-own': 'yes' } }
      expect((await client.request('/request/new-request', init)).json()).toEqual({
        isRequest: true,
        method: 'POST',
        url: server.url('/request/new-request'),
        own: 'yes',
        text: 'a body',
        usedBefore: true,
      })
      expect((await client.get('/request/new-request', { 'x-own': 'yes' })).json()).toMatchObject({
        method: 'GET',
        own: 'yes',
        text: '',
      })
    })

    it('a Request of the runtime is made of it, and changed', async () => {
      await using client = await connect()
      const init = { body: 'a body', headers: { 'x-own': 'yes' } }
      const answer = await client.request('/request/new-request-changed', init)
      expect(answer.json()).toEqual({ method: 'PUT', other: 'yes', own: null, text: 'a body' })
    })

    it('a clone, both read', async () => {
      await using client = await connect()
      const body = 'x'.repeat(200_000)
      const answer = await client.request('/request/clone', { body })
      expect(answer.json()).toEqual({
        first: body,
        second: body,
        third: expect.objectContaining({ name: 'TypeError' }),
        isRequest: true,
      })
    })

    it.each(['GET', 'HEAD'])('a body of a %s is no body, and is dropped', async (method) => {
      await using client = await connect()
      const trailers = { 'x-end': '1' }
      const body = randomBytes(bulk)
      const answer = await client.request('/request/bodiless', { method, body, trailers })
      expect(answer).toMatchObject({ status: 200, errorCode: 0 })
      expect(JSON.parse(String(answer.headers['x-facts']))).toEqual({
        bodies: [true, true, true],
        texts: ['', '', ''],
        used: false,
        trailers: [['x-end', '1']],
        later: true,
      })
      // The connection's window is whole again.
      const upload = await client.request('/request/stream', { body: randomBytes(bulk) })
      expect(upload.json()).toMatchObject({ length: bulk })
    })

    it('a body is read once', async () => {
      await using client = await connect()
      const answer = await client.request('/request/twice', { body: 'a body' })
      const error = expect.objectContaining({ name: 'TypeError' })
      expect(answer.json()).toEqual({
        before: false,
        first: 'a body',
        after: true,
        errors: [error, error, error, error],
      })
    })

    it('a stream that was looked at and not read leaves the body to be read', async () => {
      await using client = await connect()
      const answer = await client.request('/request/body-then-text', { body: 'a body' })
      expect(answer.json()).toEqual({ isSame: true, text: 'a body' })
      const locked = await client.request('/request/locked-then-text', { body: 'a body' })
      expect(locked.json()).toMatchObject({ name: 'TypeError' })
    })

    it('streams', async () => {
      await using client = await connect()
      const body = randomBytes(5 << 20)
      const answer = await client.request('/request/stream', { body })
      expect(answer.json()).toEqual({
        length: body.length,
        isStreamed: true,
        sha256: sha256(body),
        bodyUsed: true,
      })
    })

    it('echoes piece by piece, while both sides are open', async () => {
      await using client = await connect()
      const stream = client.open('/request/echo', { method: 'POST' })
      const pieces: string[] = []
      stream.setEncoding('utf8')
      stream.on('data', (piece: string) => pieces.push(piece))
      for (const piece of ['one', 'two', 'three']) {
        stream.write(piece)
        await until(() => pieces.join('').endsWith(piece))
      }
      stream.end()
      await answerOf(stream)
      expect(pieces.join('')).toBe('onetwothree')
    })

    it('echoes what is more than the windows', async () => {
      await using client = await connect()
      const body = randomBytes(5 << 20)
      const answer = await client.request('/request/echo', { body })
      expect(answer.headers['x-method']).toBe('POST')
      expect(sha256(answer.body)).toBe(sha256(body))
    })

    it('a reader that cancels', async () => {
      await using client = await connect()
      const stream = client.open('/request/cancel-body', { method: 'POST' })
      stream.write('a body')
      const answer = await answerOf(stream)
      expect(answer.json()).toEqual({ first: true, used: true })
      // A complete response ends a request that is not (RFC 9113 §8.1).
      expect(answer.errorCode).toBe(constants.NGHTTP2_NO_ERROR)
    })

    it('a slow reader holds the client back', async () => {
      await using client = await connect()
      const tag = newTag()
      // More than the window of the connection, or than the buffers of the two sockets.
      const size = 32 << 20
      const stream = client.open(`/request/slow-reader?tag=${tag}`, { method: 'POST' })
      const answer = answerOf(stream)
      stream.end(Buffer.alloc(size))
      await until(async () => (await received()) > 0)
      await pause(200)
      // One chunk was read, and a stream's window is 1 MiB.
      expect(await received()).toBeLessThan(1 << 20)
      expect(stream.writableFinished).toBe(false)
      if (client instanceof Client) {
        const { remoteWindowSize } = client.session.state
        expect((16 << 20) - remoteWindowSize!).toBeLessThan(2 << 20)
      }
      await client.get(`/request/go?now&tag=${tag}`)
      expect((await answer).json()).toEqual({ received: size })

      async function received(): Promise<number> {
        const { received: count } = (await client.get(`/request/go?tag=${tag}`)).json() as {
          received: number
        }
        return count
      }
    })

    it('a body that the handler does not read', async () => {
      await using client = await connect()
      const stream = client.open('/request/unread', { method: 'POST' })
      stream.write(Buffer.alloc(4 << 20))
      const answer = await answerOf(stream)
      expect(answer).toMatchObject({ status: 200, text: 'not read', errorCode: 0 })
      // The connection's window is whole again.
      const upload = await client.request('/request/stream', { body: Buffer.alloc(bulk) })
      expect(upload.json()).toMatchObject({ length: bulk })
    })

    it('trailers', async () => {
      await using client = await connect()
      const trailers = { 'x-sum': '1', 'x-list': ['a', 'b'] }
      const answer = await client.request('/request/trailers', { body: 'a body', trailers })
      expect(answer.json()).toEqual({
        text: 'a body',
        isHeaders: true,
        trailers: [
          ['x-list', 'a, b'],
          ['x-sum', '1'],
        ],
      })
    })

    it('no trailers', async () => {
      await using client = await connect()
      const answer = await client.request('/request/trailers', { body: 'a body' })
      expect(answer.json()).toMatchObject({ text: 'a body', trailers: [] })
      expect((await client.get('/request/trailers')).json()).toMatchObject({ trailers: [] })
    })
  },
  ['cleartext', 'TLS'],
)
