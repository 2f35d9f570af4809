/** HTTP/1.1 by hand (RFC 9112): what a client sends, and what comes back byte for byte. */
import { expect, it, vi } from 'vitest'
import { describeFetch, encode, openAnother } from '../../support/fetch-suite.ts'
import { get, post, RawHttp1, statusesIn } from '../../support/raw-http1.ts'
import { newTag } from '../../support/server.ts'

const close = 'Connection: close'

describeFetch('HTTP/1.1: messages', (server) => {
  const talk = (text: string): Promise<string> => RawHttp1.talk(server.port, text)

  it('a connection is kept for the next request', async () => {
    await using client = await RawHttp1.open(server.port)
    for (let i = 1; i <= 3; i++) {
      client.send(get('/response/json'))
      await client.until(new RegExp(`^(?:[^]*?\\{"a":1\\}){${i}}$`))
    }
    expect(client.received).not.toMatch(/connection:/)
    expect(client.hasEnded).toBe(false)
  })

  it('Connection: close ends it, and what follows is ignored', async () => {
    const text = await talk(get('/response/json', close) + get('/response/json'))
    expect(statusesIn(text)).toEqual([200])
    expect(text).toMatch(/\r\nconnection: close\r\n/)
  })

  it('HTTP/1.0: ends, unless it asks to be kept; no chunks', async () => {
    const once = await talk('GET /response/events HTTP/1.0\r\n\r\n')
    expect(once).toMatch(/connection: close\r\n\r\ndata: 1\n\ndata: 2\n\ndata: 3\n\n$/)
    expect(once).not.toContain('chunked')
    const kept = 'GET /response/json HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n'
    const twice = await talk(kept + kept.replace('keep-alive', 'close'))
    expect(statusesIn(twice)).toEqual([200, 200])
    expect(twice).toMatch(/connection: keep-alive[^]*connection: close/)
  })

  it('HTTP/1.0: a response that fails is a reset, because FIN would complete it', async () => {
    await using client = await RawHttp1.open(server.port)
    client.send('GET /response/broken HTTP/1.0\r\n\r\n')
    await client.ended()
    expect(client.received).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\na part$/)
    // Connections of Deno.listen cannot be reset.
    expect(client.hasEnded).toBe(server.runtime === 'deno')
  })

  it.each([1, 16, 40])('requests that are pipelined are answered in order: %d', async (count) => {
    const tag = newTag()
    const requests = Array.from({ length: count }, (_, i) =>
      i % 5 === 1
        ? get(`/response/pause?ms=2&tag=${tag}`)
        : post(`/request/text?n=${i}`, `body ${i}.`),
    )
    const text = await talk(requests.join('') + get('/response/json', close))
    expect(statusesIn(text)).toHaveLength(count + 1)
    const bodies = [...text.matchAll(/\{"text":"body (\d+)\."/g)].map(([, n]) => Number(n))
    expect(bodies).toEqual(requests.map((_, i) => i).filter((i) => i % 5 !== 1))
  })

  it('a byte at a time', async () => {
    await using client = await RawHttp1.open(server.port)
    for (const byte of post('/request/text', 'slow') + get('/response/json', close)) {
      client.send(byte)
      if (byte === '\n') await new Promise((resolve) => setImmediate(resolve))
    }
    await client.ended()
    expect(client.received).toMatch(/"slow"[^]*\{"a":1\}$/)
  })

  it('chunks of a request, and its trailers', async () => {
    const text = await talk(
      `POST /request/trailers HTTP/1.1\r\nHost: a\r\n${close}\r\nTransfer-Encoding: chunked\r\n\r\n` +
        '3;ext=1\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n',
    )
    expect(text).toContain('x-sum')
    expect(text).toContain('7')
  })

  it('chunks of a response, whose length is not known', async () => {
    const text = await talk(get('/response/events', close))
    expect(text).toMatch(/transfer-encoding: chunked\r\n/)
    expect(text).not.toMatch(/content-length/)
    expect(text).toMatch(/\r\n9\r\ndata: 3\n\n\r\n0\r\n\r\n$/)
  })

  it('trailers of a response, to a client that takes them', async () => {
    const path = '/response/fast-touched'
    expect(await talk(get(path, 'TE: trailers', close))).toMatch(/\r\n0\r\nx-end: 1\r\n\r\n$/)
    expect(await talk(get(path, close))).toMatch(/\r\n0\r\n\r\n$/)
  })

  it('responses without a body', async () => {
    const head = await talk(
      get('/response/make?make=Response&body=string', close).replace('GET', 'HEAD'),
    )
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*content-length: \d+\r\n[^]*\r\n\r\n$/)
    const none = await talk(
      get(`/response/make?make=Response&init=${encode({ status: 204 })}`, close),
    )
    expect(none).toMatch(/^HTTP\/1\.1 204 No Content\r\n/)
    expect(none).not.toMatch(/content-length|transfer-encoding/)
  })

  it('103 before the response, and none to HTTP/1.0', async () => {
    const path = '/info/informational'
    expect(statusesIn(await talk(get(path, close)))[0]).toBe(103)
    const old = await talk(get(path).replace('HTTP/1.1', 'HTTP/1.0'))
    expect(statusesIn(old)).toEqual([200])
  })

  it('100 when the body is first read; 417 for what else is expected', async () => {
    await using client = await RawHttp1.open(server.port)
    client.send(post('/request/text', '', 'Expect: 100-continue').replace('Length: 0', 'Length: 4'))
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    client.send('body')
    await client.until(/"body"/)
    expect(statusesIn(await talk(post('/request/text', 'x', 'Expect: else', close)))).toEqual([417])
  })

  it('a response instead of 100 ends the connection', async () => {
    const text = await talk(
      post('/request/unread', '', 'Expect: 100-continue').replace('Length: 0', 'Length: 4'),
    )
    expect(text).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*not read$/)
  })

  it('a body that no handler reads is dropped, and the next request is answered', async () => {
    const body = 'x'.repeat(300_000)
    const text = await talk(post('/request/unread', body) + get('/response/json', close))
    expect(text).toMatch(/not read[^]*\{"a":1\}$/)
  })

  it('the absolute form, and OPTIONS *', async () => {
    const absolute = await talk(
      get('/', close).replace('/ ', 'http://example.com:81/request/request?x '),
    )
    expect(absolute).toContain('http://example.com:81/request/request?x')
    expect(statusesIn(await talk(get('*', close).replace('GET', 'OPTIONS')))).toEqual([404])
  })

  it('FIN behind the requests: they are answered', async () => {
    await using client = await RawHttp1.open(server.port)
    client.socket.end(get('/response/pause?ms=50') + get('/response/json'))
    await client.ended()
    expect(statusesIn(client.received)).toEqual([200, 200])
  })

  it.each(['GET / HTTP/1.1\r\nHos', 'GET / HT', 'G'])('%j and FIN: 400', async (begun) => {
    await using client = await RawHttp1.open(server.port)
    client.socket.end(begun)
    await client.ended()
    expect(statusesIn(client.received)).toEqual([400])
  })

  it('a request that breaks a rule: 400 behind the responses before it', async () => {
    const text = await talk(
      `${get('/response/json')}GET / HTTP/1.1\r\n\r\n${get('/response/json')}`,
    )
    expect(statusesIn(text)).toEqual([200, 400])
    await server.line('error', 'ERR_HTTP1_HOST')
  })

  it('a body that breaks a rule: its reader is told, the client gets 400', async () => {
    const head = 'POST /request/text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
    expect(statusesIn(await talk(`${head}3\r\nabcX`))).toEqual([400])
  })

  it.each([
    ['a Host that is none', get('/').replace('localhost', 'a@b')],
    ['a Host with a path', get('/').replace('localhost', 'a/b')],
    ['a Host with a comma', get('/').replace('localhost', 'a,b')],
  ])('%s: 400', async (_, text) => {
    expect(statusesIn(await talk(text.replace('\r\n\r\n', `\r\n${close}\r\n\r\n`)))).toEqual([400])
  })

  it('more than is taken: 413, 414, 431', async () => {
    const port = await openAnother(server, { maxRequestBodySize: 10 })
    expect(statusesIn(await RawHttp1.talk(port, post('/request/text', 'x'.repeat(11))))).toEqual([
      413,
    ])
    const chunked = 'POST /request/text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
    const long = await RawHttp1.talk(port, `${chunked}b\r\n${'x'.repeat(11)}\r\n0\r\n\r\n`)
    expect(statusesIn(long)).toEqual([413])
    expect(statusesIn(await talk(get(`/${'x'.repeat(16_384)}`)))).toEqual([414])
    expect(statusesIn(await talk(get('/', `X: ${'x'.repeat(66_000)}`)))).toEqual([431])
    const many = Array.from({ length: 200 }, (_, i) => `X-${i}: 1`)
    expect(statusesIn(await talk(get('/', ...many)))).toEqual([431])
  })

  it('too slow: 408, and an idle connection is closed', async () => {
    const timeouts = { head: 500, stream: 500, keepAlive: 500 }
    const port = await openAnother(server, { timeouts })
    const all = [
      RawHttp1.talk(port, 'GET / HTTP/1.1\r\nHost:'),
      RawHttp1.talk(port, post('/request/text', '').replace('Length: 0', 'Length: 9')),
      RawHttp1.talk(port, get('/response/json')),
    ]
    const [head, body, idle] = await Promise.all(all)
    expect([statusesIn(head!), statusesIn(body!), statusesIn(idle!)]).toEqual([[408], [408], [200]])
  })

  it('CONNECT is a tunnel, and one that is not accepted 501', async () => {
    await using client = await RawHttp1.open(server.port)
    client.send('CONNECT echo:1 HTTP/1.1\r\nHost: echo:1\r\n\r\nbefore ')
    await client.until(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nbefore $/)
    client.send('after')
    await client.until(/before after$/)
    client.socket.end()
    await client.ended()
    const refused = await talk('CONNECT plain:1 HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(statusesIn(refused)).toEqual([501])
  })

  it.each([
    ['/refused', 403, 'not here'],
    ['/plain', 501, ''],
    ['/throw', 500, 'Internal Server Error'],
  ])(
    'what comes behind a CONNECT that is refused is no request: %s',
    async (name, status, body) => {
      const authority = name.replace('/', '') + ':1'
      const head = `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`
      for (const behind of [get('/response/json'), 'x', '\x16\x03\x01']) {
        const text = await talk(head + behind)
        expect(statusesIn(text)).toEqual([status])
        expect(text.endsWith(`\r\n\r\n${body}`)).toBe(true)
      }
    },
  )

  it('knows its protocol: no session, no pushes', async () => {
    const text = await talk(get('/info/protocol', close))
    expect(JSON.parse(text.split('\r\n\r\n')[1]!)).toEqual({
      protocol: 'HTTP/1.1',
      hasSession: false,
      pushed: false,
      streamId: 1,
    })
  })

  it('the client leaves: the signal aborts, the body is cancelled', async () => {
    const tag = newTag()
    const client = await RawHttp1.open(server.port)
    client.send(get(`/response/endless?tag=${tag}`))
    await client.until(/\r\n\r\n[^]/)
    client.socket.resetAndDestroy()
    await server.line('cancelled', tag)
  })

  it('a drain: a request that crosses it is answered, and connections end behind a response or without one', async () => {
    const port = await openAnother(server, {})
    await using idle = await RawHttp1.open(port)
    await using late = await RawHttp1.open(port)
    for (const client of [idle, late]) {
      client.send(get('/response/json'))
      await client.until(/\{"a":1\}/)
      expect(client.received).not.toMatch(/connection: close/)
    }
    await using busy = await RawHttp1.open(port)
    busy.send(get('/response/pause?ms=300'))
    await vi.waitFor(async () => {
      expect((await RawHttp1.talk(port, get('/control/stats', close))).length).toBeGreaterThan(0)
    })
    await using told = await server.connect({ port })
    await told.get('/response/json')
    await using control = await server.connect()
    const closing = control.get(`/control/close?port=${port}&graceful`)
    await vi.waitFor(() => expect(told.goaways).toHaveLength(1), { interval: 5 })
    late.send(get('/response/json'))
    await late.ended()
    expect(late.received).toMatch(/\{"a":1\}HTTP\/1.1 200 [^]*connection: close[^]*\{"a":1\}$/)
    await idle.ended()
    await busy.ended()
    expect(busy.received).toMatch(/^HTTP\/1\.1 200 [^]*connection: close/)
    // The server waits for them to close their side.
    for (const { socket } of [idle, late, busy]) socket.end()
    await closing
  })

  it('a field value cannot split a response', async () => {
    const text = await talk(get('/response/bad-header', close))
    expect(statusesIn(text)).toEqual([500])
  })
})
