import { constants } from 'node:http2'
import { expect, it } from 'vitest'
import { newTag } from '../../support/server.ts'
import { describeProtocols, encode, openAnother, pause, until } from '../../support/fetch-suite.ts'

const text = 'text/plain;charset=UTF-8'

/** What each body is on the wire: its type, its text, whether its length is known. */
const bodies: Readonly<Record<string, readonly [type: RegExp | undefined, body: RegExp]>> = {
  null: [undefined, /^$/],
  string: [/^text\/plain;charset=UTF-8$/, /^Grüße, 世界$/],
  'empty string': [/^text\/plain;charset=UTF-8$/, /^$/],
  bytes: [undefined, /^bytes$/],
  buffer: [undefined, /^buffer$/],
  Blob: [undefined, /^a Blob$/],
  'Blob with a type': [/^application\/x-own$/, /^\{\}$/],
  URLSearchParams: [/^application\/x-www-form-urlencoded;charset=UTF-8$/, /^a=1&b=%C3%BC$/],
  FormData: [/^multipart\/form-data; ?boundary=/, /name="field"[^]*name\.txt[^]*content/],
  stream: [undefined, /^one two three$/],
}

/** Why a body is cancelled when the client goes. */
const left = { name: 'AbortError', cause: 'ERR_STREAM_CLOSED' }

describeProtocols(
  'fetch: responses',
  ({ server, protocol, connect }) => {
    for (const make of ['Response', 'FastResponse', 'shape']) {
      for (const [name, [type, body]] of Object.entries(bodies)) {
        it(`${make} of ${name}`, async () => {
          await using client = await connect()
          const answer = await client.get(
            `/response/make?make=${make}&body=${encode(name).slice(3, -3)}`,
          )
          expect(answer.status).toBe(200)
          expect(answer.text).toMatch(body)
          if (type) expect(answer.headers['content-type']).toMatch(type)
          else expect(answer.headers).not.toHaveProperty('content-type')
          expect(answer.errorCode).toBe(constants.NGHTTP2_NO_ERROR)
          const length = answer.headers['content-length']
          if (length !== undefined) expect(Number(length)).toBe(answer.body.length)
        })
      }
    }

    it.each([200, 201, 202, 203, 206, 207, 226, 299, 400, 401, 404, 418, 429, 499, 500, 503, 599])(
      'the status %d',
      async (status) => {
        await using client = await connect()
        for (const make of ['Response', 'FastResponse', 'shape']) {
          const init = encode({ status })
          const answer = await client.get(`/response/make?make=${make}&body=string&init=${init}`)
          expect(answer).toMatchObject({ status, text: 'Grüße, 世界', errorCode: 0 })
        }
      },
    )

    it.each([204, 205, 304])('the status %d, without a body', async (status) => {
      await using client = await connect()
      for (const make of ['Response', 'FastResponse', 'shape']) {
        const init = encode({ status, headers: [['etag', '"1"']] })
        const answer = await client.get(`/response/make?make=${make}&init=${init}`)
        expect(answer).toMatchObject({ status, text: '', errorCode: 0 })
        expect(answer.headers.etag).toBe('"1"')
        if (status !== 205) expect(answer.headers).not.toHaveProperty('content-length')
      }
    })

    it.each(['Response', 'FastResponse', 'shape'])('HEAD of a %s', async (make) => {
      await using client = await connect()
      for (const body of ['string', 'stream', 'null']) {
        const path = `/response/make?make=${make}&body=${body}`
        const answer = await client.request(path, { method: 'HEAD' })
        expect(answer).toMatchObject({ status: 200, text: '', errorCode: 0 })
        if (body === 'string') expect(answer.headers['content-type']).toBe(text)
        // An answer to HEAD says what GET would have, or nothing.
        const { 'content-length': length } = answer.headers
        if (length !== undefined) {
          expect(length).toBe((await client.get(path)).headers['content-length'])
        }
      }
    })

    it('JSON', async () => {
      await using client = await connect()
      const answer = await client.get('/response/json')
      expect(answer.headers['content-type']).toBe('application/json')
      expect(answer.json()).toEqual({ a: 1 })
      const typed = await client.get('/response/json-typed')
      expect(typed.headers['content-type']).toBe('application/x-own')
      const fast = await client.get('/response/fast-json')
      expect(fast.headers).toMatchObject({ 'content-type': 'application/json', 'x-own': 'yes' })
      expect(fast.json()).toEqual({ a: 1 })
    })

    it('a content-type that was said stays', async () => {
      await using client = await connect()
      const answer = await client.get('/response/typed-text')
      expect(answer.fields.filter(([name]) => name === 'content-type')).toEqual([
        ['content-type', 'text/html'],
      ])
    })

    it('a FastResponse is a Response to whoever looks', async () => {
      await using client = await connect()
      expect((await client.get('/response/fast-read')).json()).toEqual({
        isResponse: true,
        facts: [true, 'default', '', false, ''],
        type: text,
        header: '1',
        text: 'one two',
        used: true,
        copy: 'one two',
        bytes: [97, 98],
        json: { a: 1 },
      })
      const touched = await client.get('/response/fast-touched')
      expect(touched).toMatchObject({ status: 201, text: 'touched' })
      expect(touched.headers).toMatchObject({ 'x-set': 'yes', 'content-type': text })
      expect(touched.trailers).toMatchObject({ 'x-end': '1' })
      // Some clients do not look for trailers behind a length.
      expect(touched.headers).not.toHaveProperty('content-length')
      const errors = (await client.get('/response/fast-errors')).json()
      expect(errors).toEqual(['RangeError', 'RangeError', 'TypeError'])
    })

    it('FastResponse as the global Response', async () => {
      await using client = await connect()
      const answer = await client.get('/response/fast-global')
      expect(answer.json()).toEqual({ isOwn: true, statics: ['error', 302] })
      expect(answer.headers['x-own']).toBe('yes')
    })

    it('set-cookie once a cookie, other fields joined', async () => {
      await using client = await connect()
      const { fields } = await client.get('/response/cookies')
      expect(fields.filter(([name]) => name === 'set-cookie' || name === 'x-list')).toEqual(
        [
          ['set-cookie', 'a=1; Path=/'],
          ['set-cookie', 'b=2, with a comma'],
          ['x-list', 'a, b'],
        ].toSorted(byPlaceIn(fields)),
      )
    })

    it.each(['', 'fields', 'cloned', 'body', 'iterator', 'fields&cloned&body'])(
      'is what it was when it was made, and what its own methods made of it: %s',
      async (how) => {
        await using client = await connect()
        const answer = await client.get(`/response/afterwards?${how}`)
        expect(answer).toMatchObject({ status: 200, text: 'as it was' })
        expect(answer.headers['x-field']).toBe(how.includes('fields') ? 'set' : 'as it was')
        expect(answer.headers['content-type']).toBe('text/plain')
        expect(answer.headers['content-length']).toBe('9')
      },
    )

    it('fields of an HTTP/1.1 connection are dropped', async () => {
      await using client = await connect()
      const answer = await client.get('/response/hop-by-hop')
      expect(answer).toMatchObject({ status: 200, text: 'body' })
      const { ':status': _, ...fields } = answer.headers
      const sent = Object.keys(fields).toSorted()
      expect(sent).toEqual(['content-length', 'content-type', 'date', 'x-stays'])
    })

    it('426 says by Upgrade what to speak, where the protocol has that field', async () => {
      await using client = await connect()
      for (const make of ['Response', 'FastResponse', 'shape']) {
        const init = encode({ status: 426, headers: [['Upgrade', 'x-other']] })
        const answer = await client.get(`/response/make?make=${make}&body=string&init=${init}`)
        expect(answer).toMatchObject({ status: 426, text: 'Grüße, 世界', errorCode: 0 })
        const { connection, upgrade } = answer.headers
        expect([connection, upgrade]).toEqual(
          protocol === 'HTTP/2' ? [undefined, undefined] : ['upgrade', 'x-other'],
        )
      }
    })

    it('a date, unless there is one', async () => {
      await using client = await connect()
      for (const make of ['Response', 'FastResponse', 'shape']) {
        const answer = await client.get(`/response/make?make=${make}&body=string`)
        expect(Math.abs(Date.parse(answer.headers.date!) - Date.now())).toBeLessThan(60_000)
        const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
        const init = encode({ headers: [['date', date]] })
        const dated = await client.get(`/response/make?make=${make}&init=${init}`)
        expect(dated.headers.date).toBe(date)
      }
    })

    it('a redirect', async () => {
      await using client = await connect()
      const answer = await client.get('/response/redirect')
      expect(answer.status).toBe(307)
      expect(answer.headers.location).toBe('http://localhost/there')
    })

    it.each(['undefined', 'null', 'string', 'object', 'number', 'locked'])(
      'an answer that is none: %s',
      async (what) => {
        await using client = await connect()
        const answer = await client.get(`/response/no-response?what=${what}`)
        expect(answer).toMatchObject({ status: 500, text: 'Internal Server Error' })
        await server.line('error', 'ERR_INVALID_RESPONSE')
      },
    )

    it.each(['/used', '/response-error', '/bad-header'])('%s is a 500', async (path) => {
      await using client = await connect()
      const answer = await client.get(`/response${path}`)
      expect(answer).toMatchObject({ status: 500, text: 'Internal Server Error', errorCode: 0 })
      expect(answer.headers['content-type']).toBe(text)
    })

    it.each(['/throw', '/throw-now', '/throw-string', '/throw-response'])(
      'a handler that throws gives 500 and nothing of the error: %s',
      async (path) => {
        await using client = await connect()
        const tag = newTag()
        const answer = await client.get(`/response${path}?tag=${tag}`)
        expect(answer).toMatchObject({ status: 500, text: 'Internal Server Error', errorCode: 0 })
        expect(JSON.stringify(answer.headers)).not.toMatch(/secret|thrown|tag-/)
        if (path.startsWith('/throw-')) return
        expect(await server.line('error', tag)).toMatchObject({ source: 'handler', name: 'Error' })
      },
    )

    it('the `error` option makes the response', async () => {
      const port = await openAnother(server, { withError: 'response' })
      await using client = await connect(port)
      for (const path of ['/response/throw', '/response/throw-now']) {
        const answer = await client.get(`${path}?tag=x`)
        expect(answer).toMatchObject({ status: 503, text: 'made of: Error: a secret of x' })
      }
      const none = await client.get('/response/no-response?what=undefined')
      expect(none.status).toBe(503)
      const later = await openAnother(server, { withError: 'async' })
      await using second = await connect(later)
      expect(await second.get('/response/throw')).toMatchObject({ status: 502, text: 'later' })
    })

    it('an `error` option whose response fails at once leaves the 500', async () => {
      const port = await openAnother(server, { withError: 'fails at once' })
      await using client = await connect(port)
      const tag = newTag()
      const answer = await client.get(`/response/throw?tag=${tag}`)
      expect(answer).toMatchObject({ status: 500, text: 'Internal Server Error' })
      await server.line('error', tag)
      await server.line('error', 'the third secret')
    })

    it.each(['throws', 'nothing'])(
      'an `error` option that %s leaves the 500',
      async (withError) => {
        const port = await openAnother(server, { withError })
        await using client = await connect(port)
        const tag = newTag()
        const answer = await client.get(`/response/throw?tag=${tag}`)
        expect(answer).toMatchObject({ status: 500, text: 'Internal Server Error' })
        await server.line('error', tag)
        if (withError === 'throws') await server.line('error', 'the second secret')
      },
    )

    it('a thenable', async () => {
      await using client = await connect()
      expect(await client.get('/response/thenable')).toMatchObject({ status: 200, text: 'then' })
    })

    it('a content-length that is true', async () => {
      await using client = await connect()
      for (const how of ['stream', 'text', 'fast']) {
        const answer = await client.get(`/response/declared?how=${how}&length=7`)
        expect(answer).toMatchObject({ status: 200, text: 'one two', errorCode: 0 })
        expect(answer.headers['content-length']).toBe('7')
      }
    })

    it.each(['stream', 'text', 'fast'])(
      'a content-length that lies is a reset and an error: %s',
      async (how) => {
        await using client = await connect()
        for (const length of ['3', '4', '6', '8', '1000']) {
          const before = server.lines().filter((line) => line.code === 'ERR_CONTENT_LENGTH').length
          const answer = await client.get(`/response/declared?how=${how}&length=${length}`)
          // HTTP/1.1 has no reset: a response that has begun is cut off, which nothing shows behind the last byte.
          const isHidden = answer.status === 500 || answer.body.length === Number(length)
          if (protocol === 'HTTP/2' || !isHidden)
            expect(answer.errorCode).not.toBe(constants.NGHTTP2_NO_ERROR)
          // Not a byte more than was said.
          expect(answer.body.length).toBeLessThanOrEqual(Number(length))
          const count = (): number =>
            server.lines().filter((line) => line.code === 'ERR_CONTENT_LENGTH').length
          expect(await until(() => count() > before)).toBe(true)
        }
        expect((await client.get('/response/json')).status).toBe(200)
      },
    )

    it('a stream is pulled as the client reads', async () => {
      await using client = await connect()
      const tag = newTag()
      const stream = client.open(`/response/endless?tag=${tag}`, {}, true)
      await until(() => stream.readableLength > 0)
      const pulled = async (): Promise<number> =>
        ((await client.get(`/response/pulled?tag=${tag}`)).json() as { bytes: number }).bytes
      await pause(100)
      const first = await pulled()
      // What is read ahead, and the client's windows, or the buffers of the two sockets.
      expect(first).toBeLessThan(protocol === 'HTTP/2' ? 1 << 20 : 16 << 20)
      await pause(100)
      expect(await pulled()).toBe(first)
      let received = 0
      stream.on('data', (chunk: Buffer) => (received += chunk.length))
      await until(() => received > first + (4 << 20))
      expect(await pulled()).toBeGreaterThan(first + (4 << 20))
      stream.close(constants.NGHTTP2_CANCEL)
      expect(await server.line('cancelled', tag)).toMatchObject(left)
      const last = await pulled()
      await pause(50)
      expect(await pulled()).toBe(last)
    })

    it('a stream is cancelled when the client goes', async () => {
      const client = await connect()
      const tag = newTag()
      const stream = client.open(`/response/endless?tag=${tag}`, {}, true)
      stream.on('error', () => {})
      await until(() => stream.readableLength > 0)
      await client[Symbol.asyncDispose]()
      expect(await server.line('cancelled', tag)).toMatchObject(left)
    })

    it('a stream is cancelled when the client went before it was there', async () => {
      await using client = await connect()
      const tag = newTag()
      const stream = client.open(`/response/endless-late?tag=${tag}`, {}, true)
      stream.on('error', () => {})
      await server.line('begun', tag)
      stream.close(constants.NGHTTP2_CANCEL)
      expect(await server.line('cancelled', tag)).toMatchObject(left)
    })

    it('a stream is cancelled when nobody wants it: HEAD', async () => {
      await using client = await connect()
      const tag = newTag()
      const answer = await client.request(`/response/endless?tag=${tag}`, { method: 'HEAD' })
      expect(answer).toMatchObject({ status: 200, text: '', errorCode: 0 })
      await server.line('cancelled', tag)
    })

    it('a stream that fails resets, after what came before', async () => {
      await using client = await connect()
      const tag = newTag()
      const answer = await client.get(`/response/broken?tag=${tag}`)
      expect(answer).toMatchObject({ status: 200, text: 'a part' })
      const { NGHTTP2_INTERNAL_ERROR } = constants
      expect(answer.errorCode).toBe(protocol === 'HTTP/2' ? NGHTTP2_INTERNAL_ERROR : 1)
      expect(await server.line('error', tag)).toMatchObject({ source: 'handler' })
      expect((await client.get('/response/json')).status).toBe(200)
    })

    it('events leave as they are written', async () => {
      await using client = await connect()
      const stream = client.open('/response/first-piece', {}, true)
      stream.on('error', () => {})
      stream.setEncoding('utf8')
      let received = ''
      stream.on('data', (piece: string) => (received += piece))
      await until(() => received === 'at once')
      const events = await client.get('/response/events')
      expect(events.text).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n')
    })

    it('a large body', async () => {
      await using client = await connect()
      const answer = await client.get('/response/large')
      expect(answer.body.equals(Buffer.alloc(5 << 20, 'y'))).toBe(true)
    })
  },
  ['cleartext', 'TLS'],
)

/** Sorts as the names come in `fields`, whose order is the runtime's. */
function byPlaceIn(
  fields: readonly (readonly [string, string])[],
): (a: readonly string[], b: readonly string[]) => number {
  const place = ([name, value]: readonly string[]): number =>
    fields.findIndex((field) => field[0] === name && field[1] === value)
  return (a, b) => place(a) - place(b)
}
