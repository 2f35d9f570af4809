import { expect, it } from 'vitest'
import { describeServers, newTag } from '../../support/server.ts'
import { Http1Client } from '../../support/http1-client.ts'
import type { Client } from '../../support/server-client.ts'
import {
  END_HEADERS,
  END_STREAM,
  RawClient,
  requestFields,
  Type,
} from '../../support/raw-client.ts'

/** Asks for a page that pushes; what the handler was told, as JSON. */
async function push(client: Pick<Client, 'get'>, init: object, query = ''): Promise<unknown> {
  const answer = await client.get(`/push?init=${encodeURIComponent(JSON.stringify(init))}${query}`)
  return answer.json()
}

describeServers('pushes of a handler', (server) => {
  it('a pushed response, with the request that was promised', async () => {
    await using client = await server.connect()
    const tag = newTag()
    const [handler] = (await push(
      client,
      {
        requestHeaders: { 'x-promised': 'yes' },
        status: 203,
        headers: [['content-type', 'text/css']],
        body: 'body {}',
      },
      `&tag=${tag}`,
    )) as object[]
    const scheme = server.certificate ? 'https' : 'http'
    const path = `/pushed/0?tag=${tag}`
    const host = `127.0.0.1:${server.port}`
    expect(handler).toEqual({
      pushed: true,
      streamId: 2,
      method: 'GET',
      scheme,
      host,
      path,
      headers: [
        [':method', 'GET'],
        [':scheme', scheme],
        [':authority', host],
        [':path', path],
        ['x-promised', 'yes'],
      ],
    })
    const [pushed] = client.pushes
    expect(pushed?.request).toMatchObject({ ':path': path, 'x-promised': 'yes' })
    const answer = await pushed!.answer
    expect(answer).toMatchObject({ status: 203, text: 'body {}', errorCode: 0 })
    expect(answer.headers).toMatchObject({ 'content-type': 'text/css', 'content-length': '7' })
    expect(await server.line('close', path)).toMatchObject({
      pushed: true,
      errorCode: 0,
      calls: ['onClose 0'],
    })
    expect(await server.line('log', path)).toMatchObject({ pushed: true, status: 203 })
  })

  it('many, each with its body', async () => {
    await using client = await server.connect()
    const handlers = (await push(client, { body: 'x'.repeat(20_000) }, '&count=20')) as object[]
    expect(handlers).toHaveLength(20)
    expect(client.pushes).toHaveLength(20)
    const answers = await Promise.all(client.pushes.map(({ answer }) => answer))
    expect(answers.every(({ text }) => text === 'x'.repeat(20_000))).toBe(true)
  })

  it('piece by piece, with trailers, beside the response', async () => {
    await using client = await server.connect()
    const answer = await client.get('/push-stream')
    expect(answer.text).toBe('pushed piece by piece')
    const pushed = await client.pushes[0]!.answer
    expect(pushed).toMatchObject({ status: 200, text: 'pushed piece by piece' })
    expect(pushed.trailers).toMatchObject({ 'x-end': 'pushed' })
  })

  it('from onRequestDone', async () => {
    await using client = await server.connect()
    const answer = await client.request('/push-from-data', { body: 'x' })
    expect(answer.text).toBe('done')
    expect((await client.pushes[0]!.answer).text).toBe('pushed when done')
  })

  it('without a body, and HEAD', async () => {
    await using client = await server.connect()
    await push(client, { status: 204 })
    await push(client, { method: 'HEAD', body: 'not sent' })
    const answers = await Promise.all(client.pushes.map(({ answer }) => answer))
    expect(answers.map(({ status, text }) => [status, text])).toEqual([
      [204, ''],
      [200, ''],
    ])
  })

  it('false to a client that takes none', async () => {
    await using client = await server.connect({ settings: { enablePush: false } })
    expect(await push(client, { body: 'x' })).toEqual([false])
    expect(client.pushes).toEqual([])
  })

  it('false by HTTP/1.1, whose responses are as without it; what cannot be pushed still throws', async () => {
    await using client = new Http1Client({ port: server.port, ca: server.certificate?.cert })
    expect(await push(client, { body: 'x' }, '&count=2')).toEqual([false, false])
    expect(await push(client, { path: 'relative' })).toMatchObject([{ code: 'ERR_INVALID_PATH' }])
    expect(await client.get('/push-stream')).toMatchObject({ text: 'pushed piece by piece' })
    expect(await client.request('/push-from-data', { body: 'x' })).toMatchObject({ text: 'done' })
  })

  it('none to a client that has said GOAWAY', async () => {
    await using client = await RawClient.connect(server)
    client.headers(1, requestFields('POST', '/push-from-data'), END_HEADERS)
    client.frame(Type.GOAWAY, 0, 0, Buffer.alloc(8))
    client.data(1, 'x', END_STREAM)
    const { payload } = await client.nextOf(Type.DATA, 1)
    expect(payload.toString()).toBe('done')
    expect(client.frames.filter(({ type }) => type === Type.PUSH_PROMISE)).toEqual([])
    await client.ended()
  })

  it('no more streams at once than the client lets us open', async () => {
    await using client = await RawClient.connect(server, [
      [3, 2],
      [4, 0],
    ])
    client.get(1, '/push?count=5&init={"body":"x"}')
    await client.nextOf(Type.PUSH_PROMISE, 1)
    const heads = (): number[] =>
      client.frames.filter(({ type }) => type === Type.HEADERS).map(({ streamId }) => streamId)
    await client.next(() => heads().length === 3)
    expect(await client.isAlive()).toBe(true)
    expect(heads().toSorted()).toEqual([1, 2, 4])
    // One of them ends: the next begins.
    client.windowUpdate(2, 10)
    await client.next(() => heads().length === 4)
    expect(await client.isAlive()).toBe(true)
    expect(heads().at(-1)).toBe(6)
  })

  it('after the response it is too late', async () => {
    await using client = await server.connect()
    const answer = await client.get('/push-late')
    expect(answer.errorCode).not.toBe(0)
    expect(client.pushes).toEqual([])
    expect(await server.line('error', 'ERR_RESPONSE_SENT')).toMatchObject({ source: 'handler' })
  })

  it.each([
    [{ path: '' }, 'ERR_INVALID_PATH'],
    [{ path: 'relative' }, 'ERR_INVALID_PATH'],
    [{ method: 'POST' }, 'ERR_INVALID_METHOD'],
    [{ status: 99 }, 'ERR_INVALID_STATUS'],
    [{ headers: [['bad name', 'x']] }, 'ERR_INVALID_FIELD_NAME'],
    [{ headers: [[':status', '200']] }, 'ERR_INVALID_FIELD_NAME'],
    [{ requestHeaders: [['x', 'a\r\nb']] }, 'ERR_INVALID_FIELD_VALUE'],
    [{ requestHeaders: [[':path', '/other']] }, 'ERR_INVALID_FIELD_NAME'],
    [{ body: 42 }, 'ERR_INVALID_BODY'],
  ])('what cannot be pushed: %j', async (init, code) => {
    await using client = await server.connect()
    expect(await push(client, init)).toMatchObject([{ code }])
    expect(client.pushes).toEqual([])
  })

  it('the client refuses a promised stream', async () => {
    await using client = await RawClient.connect(server, [[4, 0]])
    const tag = newTag()
    client.get(1, `/push?tag=${tag}&init={"body":"x"}`)
    await client.nextOf(Type.PUSH_PROMISE, 1)
    client.reset(2, 8)
    expect(await server.line('close', `/pushed/0?tag=${tag}`)).toMatchObject({
      errorCode: 8,
      pushed: true,
    })
    expect(await client.isAlive()).toBe(true)
  })

  it('the request ends before its promises are sent', async () => {
    await using client = await RawClient.connect(server)
    const tag = newTag()
    client.socket.cork()
    client.get(1, `/push?tag=${tag}&init={"body":"x"}`)
    client.reset(1, 8)
    client.socket.uncork()
    // The handler is not even told; nor is anything promised.
    expect(await client.isAlive()).toBe(true)
    expect(server.lines().filter((line) => line['tag'] === tag)).toEqual([])
    expect(client.frames.some(({ type }) => type === Type.PUSH_PROMISE)).toBe(false)
  })

  it('a handler that cannot be made', async () => {
    await using client = await server.connect()
    const tag = newTag()
    const init = { path: `/pushed?at=constructor&tag=${tag}`, body: 'x' }
    expect(await push(client, init)).toMatchObject([{ message: `thrown for ${tag}` }])
    const answers = await Promise.all(client.pushes.map(({ answer }) => answer))
    expect(answers.map(({ errorCode }) => errorCode)).toEqual([8])
    expect((await client.get('/')).status).toBe(200)
  })
})
