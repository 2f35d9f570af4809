import { expect, it } from 'vitest'
import { describeServers, newTag } from '../../support/server.ts'
import { END_HEADERS, END_STREAM, RawClient, Type } from '../../support/raw-client.ts'

describeServers('requests of a handler', (server) => {
  it('a handler has the instance variables of its request', async () => {
    await using client = await server.connect()
    const { status, headers, body } = await client.get('/variables?a=b', { 'x-own': 'value' })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json')
    expect(headers['content-length']).toBe(String(body.length))
    const scheme = server.certificate ? 'https' : 'http'
    expect(JSON.parse(body.toString())).toEqual({
      clientAddress: { host: '127.0.0.1', port: client.session.socket.localPort },
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
    await using client = await server.connect()
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
    expect(headers.slice(4)).toEqual([
      ['x-first', '1'],
      ['x-second', '2'],
      ['x-second', 'again'],
      // Short cookies are never indexed by nghttp2's encoder (RFC 7541 §7.1.3).
      ['cookie', 'a=1; b=2; c=3', true],
    ])
  })

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

  it('values are latin1', async () => {
    await using client = await server.connect()
    const answer = await client.get('/variables', { 'x-latin': 'Gr\u00fc\u00dfe' })
    const { headers } = answer.json() as { headers: [string, string][] }
    expect(headers).toContainEqual(['x-latin', 'Gr\u00fc\u00dfe'])
  })

  it.each(['GET', 'PUT', 'DELETE', 'PROPFIND', 'x-own'])('the method %s', async (method) => {
    await using client = await server.connect()
    const answer = await client.request('/variables', { method })
    expect(answer.json()).toMatchObject({ method })
  })

  it('OPTIONS *', async () => {
    await using client = await server.connect()
    const answer = await client.request('*', { method: 'OPTIONS' })
    expect(answer).toMatchObject({ status: 200, text: 'nghttp2 FTW\n' })
  })

  it('the priority field of a request, and a handler that changes it', async () => {
    await using client = await server.connect()
    const asked = await client.get('/variables', { priority: 'u=5, i' })
    expect(asked.json()).toMatchObject({ priority: { urgency: 5, incremental: true } })
    const changed = await client.get('/priority')
    expect(changed.json()).toEqual({ urgency: 1, incremental: true })
  })

  it('callbacks come in order, and trailers before the last', async () => {
    await using client = await server.connect()
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
    await using client = await server.connect()
    const answer = await client.request('/calls', { body: '', trailers: { 'x-sum': '0' } })
    expect(answer.json()).toEqual({
      calls: ['onHeaders', 'onRequestDone'],
      trailers: [['x-sum', '0']],
    })
  })

  it('a request without a body is done after its headers', async () => {
    await using client = await server.connect()
    const answer = await client.get('/calls')
    expect(answer.json()).toEqual({ calls: ['onHeaders', 'onRequestDone'], trailers: [] })
  })

  it('a callback is not called before the one before has ended', async () => {
    await using client = await server.connect()
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
    await using client = await server.connect()
    const { text } = await client.request('/chunk-class', { body: 'a body' })
    expect(JSON.parse(text)).toBe('Uint8Array')
  })

  it('many requests at once, each with its own answer', async () => {
    await using client = await server.connect()
    const numbers = Array.from({ length: 500 }, (_, i) => i)
    const answers = await Promise.all(
      numbers.map((i) => client.request('/echo', { body: `body ${i}` })),
    )
    expect(answers.map(({ text }) => text)).toEqual(numbers.map((i) => `body ${i}`))
  })

  it('onClose is told when the client resets its stream', async () => {
    await using client = await RawClient.connect(server)
    const tag = newTag()
    client.get(1, `/hold?tag=${tag}`, [], END_HEADERS)
    await server.line('held', tag)
    client.reset(1, 8)
    expect(await server.line('close', tag)).toMatchObject({
      errorCode: 8,
      calls: ['onHeaders', 'onClose 8'],
    })
  })

  it('onClose is told when the connection is lost', async () => {
    await using client = await RawClient.connect(server)
    const tags = [newTag(), newTag()]
    client.get(1, `/hold?tag=${tags[0]}`, [], END_HEADERS)
    client.get(3, `/hold?tag=${tags[1]}`)
    for (const tag of tags) await server.line('held', tag)
    client.socket.destroy()
    for (const tag of tags) {
      expect(await server.line('close', tag)).toMatchObject({ errorCode: 8 })
    }
  })
})
