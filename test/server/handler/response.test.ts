import { once } from 'node:events'
import { expect, it } from 'vitest'
import {
  cutOff,
  describeHandlers,
  type ProtocolClient,
  type ProtocolServer,
  requestByHand,
} from '../../support/protocols.ts'
import { RawClient } from '../../support/raw-client.ts'
import { type Answer, answerOf } from '../../support/server-client.ts'
import { newTag } from '../../support/server.ts'

/** Asks for the response that `init` describes. */
function send(client: ProtocolClient, init: object, method = 'GET'): Promise<Answer> {
  const query = encodeURIComponent(JSON.stringify(init))
  return client.request(`/send?init=${query}`, { method })
}

/** The code of the error that such a response is. */
async function errorOf({ connect }: ProtocolServer, init: object): Promise<unknown> {
  await using client = await connect()
  const answer = await send(client, init)
  expect(answer.status).toBe(500)
  return (answer.json() as { code: unknown }).code
}

/** Those of the response, without `:status`, which HTTP/1.1 has not. */
const fieldsOf = ({ fields }: Answer): [string, string][] =>
  fields.filter(([name]) => name !== ':status')

describeHandlers('responses of a handler', (suite) => {
  const { server, protocol, connect } = suite

  it('status, fields in their order, and the length of the body', async () => {
    await using client = await connect()
    const headers = [
      ['Content-Type', 'text/plain'],
      ['x-list', 'a'],
      ['x-list', 'b'],
      ['x-latin', 'Gr\u00fc\u00dfe'],
      ['x-empty', ''],
    ]
    const answer = await send(client, { status: 201, headers, body: 'created' })
    expect(answer).toMatchObject({ status: 201, text: 'created', errorCode: 0 })
    expect(fieldsOf(answer)).toEqual([
      ['content-type', 'text/plain'],
      ['x-list', 'a'],
      ['x-list', 'b'],
      ['x-latin', 'Gr\u00fc\u00dfe'],
      ['x-empty', ''],
      ['content-length', '7'],
    ])
  })

  it('fields as an object, a list of values for several of one name', async () => {
    await using client = await connect()
    const headers = { 'x-one': '1', 'set-cookie': ['a=1', 'b=2'] }
    const answer = await send(client, { headers })
    expect(answer.status).toBe(200)
    expect(fieldsOf(answer)).toEqual([
      ['x-one', '1'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['content-length', '0'],
    ])
  })

  it('without anything said: 200 and no body', async () => {
    await using client = await connect()
    const answer = await send(client, {})
    expect(answer).toMatchObject({ status: 200, text: '', errorCode: 0 })
  })

  it.each(['headers', 'data', 'done', 'later'])('can be sent at %s', async (place) => {
    await using client = await connect()
    const answer = await client.request(`/respond?at=${place}`, { body: 'some' })
    expect(answer).toMatchObject({ status: 200, text: `answered at ${place}` })
  })

  it('a content-length that is said is not said again', async () => {
    await using client = await connect()
    const answer = await send(client, { headers: [['Content-Length', '4']], body: 'body' })
    expect(answer.fields.filter(([name]) => name === 'content-length')).toEqual([
      ['content-length', '4'],
    ])
  })

  it('fields of an HTTP/1.1 connection are left out', async () => {
    await using client = await connect()
    const headers = {
      Connection: 'keep-alive',
      'keep-alive': 'timeout=5',
      'transfer-encoding': 'chunked',
      upgrade: 'h2c',
      'proxy-connection': 'x',
      'x-own': 'stays',
    }
    const answer = await send(client, { headers, body: 'x' })
    expect(fieldsOf(answer)).toEqual([
      ['x-own', 'stays'],
      ['content-length', '1'],
    ])
  })

  it('HEAD: the length, and no body', async () => {
    await using client = await connect()
    const answer = await send(client, { body: 'eleven bytes' }, 'HEAD')
    expect(answer).toMatchObject({ status: 200, text: '', errorCode: 0 })
    expect(answer.headers['content-length']).toBe('12')
  })

  it('HEAD without a body does not claim that GET has none', async () => {
    await using client = await connect()
    const answer = await send(client, {}, 'HEAD')
    expect(answer.headers['content-length']).toBeUndefined()
  })

  it('HEAD: a body that would have to be read is not', async () => {
    await using client = await connect()
    const tag = newTag()
    const path = `/endless?type=a%20ReadableStream&tag=${tag}`
    const answer = await client.request(path, { method: 'HEAD' })
    expect(answer).toMatchObject({ status: 200, text: '', errorCode: 0 })
    await server.line('cancelled', tag)
  })

  /** By HTTP/1.1 the length 0 of a 205 says where it ends (RFC 9110 §15.3.6); 204 and 304 end by themselves. */
  const emptyLength = (status: number): string | undefined =>
    status === 205 && protocol === 'HTTP/1.1' ? '0' : undefined

  it.each([204, 205, 304])('%i has no body, and no length that GET would have', async (status) => {
    await using client = await connect()
    const answer = await send(client, { status, body: 'ignored' })
    expect(answer).toMatchObject({ status, text: '', errorCode: 0 })
    expect(answer.headers['content-length']).toBe(emptyLength(status))
  })

  it.each([204, 205])('%i has no length of the handler (RFC 9110 §8.6)', async (status) => {
    await using client = await connect()
    for (const length of ['0', '7', 'seven']) {
      const headers = { 'Content-Length': length, 'x-other': '1' }
      const answer = await send(client, { status, headers, body: 'ignored' })
      expect(answer).toMatchObject({ status, text: '', errorCode: 0 })
      expect(answer.headers['content-length']).toBe(emptyLength(status))
      expect(answer.headers['x-other']).toBe('1')
    }
  })

  it('304 keeps the length that a GET would have', async () => {
    await using client = await connect()
    const answer = await send(client, { status: 304, headers: { 'content-length': '7' } })
    expect(answer).toMatchObject({ status: 304, text: '', errorCode: 0 })
    expect(answer.headers['content-length']).toBe('7')
  })

  it('a second response is an error, and the first arrives', async () => {
    await using client = await connect()
    const tag = newTag()
    const answer = await client.get(`/send-twice?tag=${tag}`)
    expect(answer).toMatchObject({ status: 200, text: 'the first', errorCode: 0 })
    expect(await server.line('second', tag)).toMatchObject({ code: 'ERR_RESPONSE_SENT' })
  })

  it.each([0, 99, 100, 103, 199, 600, 200.5, null, '200'])('the status %j', async (status) => {
    expect(await errorOf(suite, { status })).toBe('ERR_INVALID_STATUS')
  })

  it.each([
    ['', 'ERR_INVALID_FIELD_NAME'],
    ['a b', 'ERR_INVALID_FIELD_NAME'],
    ['a\r\nb', 'ERR_INVALID_FIELD_NAME'],
    ['gr\u00fcn', 'ERR_INVALID_FIELD_NAME'],
    ['a:b', 'ERR_INVALID_FIELD_NAME'],
    [':status', 'ERR_INVALID_FIELD_NAME'],
    [':path', 'ERR_INVALID_FIELD_NAME'],
  ])('the field name %j', async (name, code) => {
    expect(await errorOf(suite, { headers: [[name, 'x']] })).toBe(code)
  })

  it.each(['a\r\nset-cookie: x', 'a\nb', 'a\0b', '\u{1f44b}'])('the value %j', async (value) => {
    expect(await errorOf(suite, { headers: [['x-own', value]] })).toBe('ERR_INVALID_FIELD_VALUE')
  })

  it('a body of the wrong type, or that cannot be read', async () => {
    await using client = await connect()
    const wrong = await client.get('/send-bad-body')
    expect(wrong.json()).toMatchObject({ code: 'ERR_INVALID_BODY' })
    const locked = await client.get('/send-locked-stream')
    expect(locked.status).toBe(500)
    expect(locked.json()).toMatchObject({ name: 'TypeError' })
  })

  it('what is called after the stream has closed says so', async () => {
    const tag = newTag()
    await using client = await requestByHand(suite, 'GET', `/send-too-late?tag=${tag}`)
    // A request that is reset in the same read is told to no handler.
    await server.line('waits', tag)
    client.leave()
    expect(await server.line('too late', tag)).toMatchObject({
      errors: ['ERR_STREAM_CLOSED', 'ERR_STREAM_CLOSED', 'ERR_STREAM_CLOSED', null, null],
    })
  })

  it('responses before the response', async () => {
    await using client = await connect()
    const answer = await client.get('/informational')
    expect(answer).toMatchObject({ status: 200, text: 'the response' })
    expect(answer.informational.map((headers) => [headers[':status'], headers['link']])).toEqual([
      [103, '</app.css>; rel=preload'],
      [103, '</app.js>; rel=preload'],
    ])
  })

  it('a response before the response goes out at once', async () => {
    await using client = await connect()
    const stream = client.open('/informational-first?wait=300', {}, true)
    let isResponded = false
    stream.once('response', () => (isResponded = true))
    const answer = answerOf(stream)
    expect((await once(stream, 'headers'))[0]).toMatchObject({ ':status': 102 })
    // What came in the same read has been told.
    await new Promise((resolve) => setImmediate(resolve))
    expect(isResponded).toBe(false)
    expect(await answer).toMatchObject({ status: 200, text: 'the response' })
  })

  it.each([101, 99, 200, 100.5])('no response before the response: %j', async (status) => {
    await using client = await connect()
    const answer = await client.get(`/bad-informational?status=${status}`)
    expect(answer.json()).toMatchObject({ code: 'ERR_INVALID_STATUS' })
  })

  it('after the response it is too late for one', async () => {
    await using client = await connect()
    const tag = newTag()
    const answer = await client.get(`/late-informational?tag=${tag}`)
    expect(answer.text).toBe('the response')
    expect(await server.line('second', tag)).toMatchObject({ code: 'ERR_RESPONSE_SENT' })
  })

  it.each([
    ['list', { 'x-sum': '1', 'x-more': 'two' }],
    ['object', { 'x-sum': '1', 'x-list': 'a, b' }],
    ['function', { 'x-sum': '1' }],
    ['async', { 'x-sum': '1' }],
  ])('trailers: %s', async (type, trailers) => {
    await using client = await connect()
    for (const body of ['none', 'text', 'pieces']) {
      const answer = await client.get(`/trailers?type=${type}&body=${body}`)
      expect(answer).toMatchObject({ status: 200, errorCode: 0 })
      expect(answer.text).toBe({ none: '', text: 'text', pieces: 'one two' }[body])
      expect(Object.entries(answer.trailers ?? {})).toEqual(Object.entries(trailers))
    }
  })

  it('trailers of no fields are none', async () => {
    await using client = await connect()
    const answer = await client.get('/trailers?type=empty')
    expect(answer).toMatchObject({ status: 200, text: 'one two', trailers: undefined })
  })

  it.each(['throw', 'reject', 'invalid', 'pseudo'])('trailers that fail: %s', async (type) => {
    await using client = await connect()
    for (const body of ['none', 'text', 'pieces']) {
      const tag = newTag()
      const answer = await client.get(`/trailers?type=${type}&body=${body}&tag=${tag}`)
      expect(answer).toMatchObject({ errorCode: cutOff(protocol, 2) })
      expect(await server.line('close', tag)).toMatchObject({ errorCode: 2 })
    }
    expect((await client.get('/')).status).toBe(200)
  })

  it('HEAD has no trailers', async () => {
    await using client = await connect()
    const answer = await client.request('/no-trailers-for-head', { method: 'HEAD' })
    expect(answer).toMatchObject({ status: 200, text: '', trailers: undefined, errorCode: 0 })
  })

  it('every response is in the log', async () => {
    await using client = await connect()
    const tag = newTag()
    await client.get(`/send?init={"status":204}&tag=${tag}`)
    expect(await server.line('log', tag)).toMatchObject({
      method: 'GET',
      status: 204,
      pushed: false,
      streamId: 1,
    })
  })

  // HTTP/1.1 has no frames that come in one write.
  if (protocol === 'HTTP/1.1') return

  it('a request that its client resets at once is told to no handler', async () => {
    await using client = await RawClient.connect(server)
    const before = server.lines().filter(({ event }) => event === 'error').length
    const tag = newTag()
    client.socket.cork()
    client.get(1, `/respond?at=headers&tag=${tag}`)
    client.reset(1, 8)
    client.socket.uncork()
    expect(await client.isAlive()).toBe(true)
    const told = server.lines().filter((line) => line['tag'] === tag || line.event === 'error')
    expect(told.slice(before)).toEqual([])
  })
})
