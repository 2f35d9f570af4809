import { expect, it } from 'vitest'
import { describeHandlers, requestByHand } from '../../support/protocols.ts'
import { newTag } from '../../support/server.ts'
import { END_HEADERS, END_STREAM, RawClient, Type } from '../../support/raw-client.ts'

/** Fields that a client of HTTP/1.1 adds of itself. */
const ofConnection = new Set(['te', 'connection', 'transfer-encoding', 'content-length', 'host'])

describeHandlers('requests of a handler', ({ server, protocol, connect }) => {
  it('a handler has the instance variables of its request', async () => {
    await using client = await connect()
    const { status, headers, body } = await client.get('/variables?a=b', { 'x-own': 'value' })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json')
    expect(headers['content-length']).toBe(String(body.length))
    const scheme = server.certificate ? 'https' : 'http'
    expect(JSON.parse(body.toString())).toEqual({
      clientAddress: { host: '127.0.0.1', port: client.localPort },
      streamId: 1,
      scheme,
      method: 'GET',
      host: `127.0.0.1:${server.port}`,
      path: '/variables?a=b',
      headers: expect.arrayContaining([
        [':path', '/variables?a=b'],
        ['x-own', 'value'],
      ]),
      trailers: [],
      pushed: false,
      priority: { urgency: 3, incremental: false },
      hasCertificate: false,
      certificate: null,
    })
  })

  it('headers are in the order of arrival, cookie crumbs joined and last', async () => {
    await using client = await connect()
    const answer = await client.get('/variables', {
      'x-first': '1',
      cookie: ['a=1', 'b=2', 'c=3'],
      'x-second': ['2', 'again'],
    })
    const { headers } = answer.json() as { headers: [string, string][] }
    expect(
      headers
        .slice(0, 4)
        .map(([name]) => name)
        .toSorted(),
    ).toEqual([':authority', ':method', ':path', ':scheme'])
    const own = headers.slice(4).filter(([name]) => !ofConnection.has(name))
    expect(own).toEqual([
      ['x-first', '1'],
      ['x-second', '2'],
      ['x-second', 'again'],
      // Short cookies are never indexed by nghttp2's encoder (RFC 7541 §7.1.3).
      ['cookie', 'a=1; b=2; c=3', ...(protocol === 'HTTP/2' ? [true] : [])],
    ])
  })

  it('values are latin1', async () => {
    await using client = await connect()
    const answer = await client.get('/variables', { 'x-latin': 'Gr\u00fc\u00dfe' })
    const { headers } = answer.json() as { headers: [string, string][] }
    expect(headers).toContainEqual(['x-latin', 'Gr\u00fc\u00dfe'])
  })

  // llhttp takes the methods that it knows.
  const methods = ['GET', 'PUT', 'DELETE', 'PROPFIND', ...(protocol === 'HTTP/2' ? ['x-own'] : [])]
  it.each(methods)('the method %s', async (method) => {
    await using client = await connect()
    const answer = await client.request('/variables', { method })
    expect(answer.json()).toMatchObject({ method })
  })

  it('OPTIONS *', async () => {
    await using client = await connect()
    const answer = await client.request('*', { method: 'OPTIONS' })
    expect(answer).toMatchObject({ status: 200, text: 'nghttp2 FTW\n' })
  })

  it('the priority field of a request, and a handler that changes it', async () => {
    await using client = await connect()
    const asked = await client.get('/variables', { priority: 'u=5, i' })
    // HTTP/1.1 answers one request after the other: it reads no priority.
    const [urgency, incremental] = protocol === 'HTTP/2' ? [5, true] : [3, false]
    expect(asked.json()).toMatchObject({ priority: { urgency, incremental } })
    const changed = await client.get('/priority')
    expect(changed.json()).toEqual({ urgency: 1, incremental: true })
  })

  it('callbacks come in order, and trailers before the last', async () => {
    await using client = await connect()
    const tag = newTag()
    const answer = await client.request(`/calls?tag=${tag}`, {
      body: 'hello',
      trailers: { 'x-sum': '5', 'x-list': ['a', 'b'] },
    })
    expect(answer.json()).toEqual({
      calls: ['onHeaders', 'onData 5', 'onRequestDone'],
      trailers: [
        ['x-sum', '5'],
        ['x-list', 'a'],
        ['x-list', 'b'],
      ],
    })
    expect(await server.line('close', tag)).toMatchObject({
      errorCode: 0,
      calls: ['onHeaders', 'onData 5', 'onRequestDone', 'onClose 0'],
    })
  })

  it('trailers without a body', async () => {
    await using client = await connect()
    const answer = await client.request('/calls', { body: '', trailers: { 'x-sum': '0' } })
    expect(answer.json()).toEqual({
      calls: ['onHeaders', 'onRequestDone'],
      trailers: [['x-sum', '0']],
    })
  })

  it('a request without a body is done after its headers', async () => {
    await using client = await connect()
    const answer = await client.get('/calls')
    expect(answer.json()).toEqual({ calls: ['onHeaders', 'onRequestDone'], trailers: [] })
  })

  it('a callback is not called before the one before has ended', async () => {
    await using client = await connect()
    const stream = client.open('/slow-callbacks', { body: '' })
    stream.write('a')
    await new Promise((resolve) => setTimeout(resolve, 10))
    stream.end('bc')
    stream.setEncoding('utf8')
    let text = ''
    for await (const chunk of stream as AsyncIterable<string>) text += chunk
    const calls = JSON.parse(text) as string[]
    // What came meanwhile is told together.
    const parts = calls.filter((call) => call.startsWith('onData'))
    expect(['onData 3', 'onData 1,onData 2']).toContain(parts.join(','))
    expect(calls).toEqual([
      'onHeaders',
      'headers done',
      ...parts.flatMap((part) => [part, 'data done']),
      'onRequestDone',
    ])
  })

  it('the chunks of a body are Uint8Arrays, no Buffers', async () => {
    await using client = await connect()
    const { text } = await client.request('/chunk-class', { body: 'a body' })
    expect(JSON.parse(text)).toBe('Uint8Array')
  })

  it('many requests at once, each with its own answer', async () => {
    await using client = await connect()
    const numbers = Array.from({ length: 500 }, (_, i) => i)
    const answers = await Promise.all(
      numbers.map((i) => client.request('/echo', { body: `body ${i}` })),
    )
    expect(answers.map(({ text }) => text)).toEqual(numbers.map((i) => `body ${i}`))
  })

  it('onClose is told when the client leaves', async () => {
    const tag = newTag()
    const path = `/hold?tag=${tag}`
    await using client = await requestByHand({ server, protocol }, 'POST', path)
    await server.line('held', tag)
    client.leave()
    const { calls, errorCode } = await server.line('close', tag)
    expect(errorCode).toBe(8)
    // A client that leaves need not have sent the part of the body that it was given.
    const others = (calls as string[]).filter((call) => call !== 'onData 6')
    expect(others).toEqual(['onHeaders', 'onClose 8'])
  })

  it('onClose is told when the connection is lost', async () => {
    const tags = [newTag(), newTag()]
    const paths = tags.map((tag) => `/hold?tag=${tag}`)
    const asked = { server, protocol }
    await using first = await requestByHand(asked, 'GET', paths[0]!)
    await using second = await requestByHand(asked, 'POST', paths[1]!)
    for (const tag of tags) await server.line('held', tag)
    first.lose()
    second.lose()
    for (const tag of tags) {
      expect(await server.line('close', tag)).toMatchObject({ errorCode: 8 })
    }
  })

  // HTTP/1.1 has no other field for it.
  if (protocol === 'HTTP/1.1') return

  it('the Host field stands in for :authority', async () => {
    await using client = await RawClient.connect(server)
    client.headers(
      1,
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/variables'],
        ['host', 'example.org'],
      ],
      END_HEADERS | END_STREAM,
    )
    const { payload } = await client.nextOf(Type.DATA, 1)
    expect(JSON.parse(payload.toString())).toMatchObject({ host: 'example.org' })
  })
})
