import { once } from 'node:events'
import { expect, it } from 'vitest'
import { describeHandlers, refused } from '../../support/protocols.ts'
import { answerOf } from '../../support/server-client.ts'
import { newTag } from '../../support/server.ts'
import { END_HEADERS, RawClient, Type } from '../../support/raw-client.ts'

const expecting = { expect: '100-continue' }

describeHandlers('handlers that fail', ({ server, protocol, connect }) => {
  it.each(['headers', 'data', 'done'])('in on%s: the request fails, no other', async (place) => {
    await using client = await connect()
    for (const how of ['throw', 'reject']) {
      const tag = newTag()
      const path = `/throw?at=${place}&how=${how}&tag=${tag}`
      const [failed, other] = await Promise.all([
        client.request(path, { body: 'some bytes' }),
        client.request('/echo', { body: 'some bytes' }),
      ])
      expect(failed).toMatchObject(refused(protocol, 2))
      expect(other).toMatchObject({ status: 200, text: 'some bytes' })
      const { calls } = await server.line('close', tag)
      const all = ['onHeaders', 'onData 10', 'onRequestDone']
      const last = { headers: 1, data: 2, done: 3 }[place]!
      expect(calls).toEqual([...all.slice(0, last), 'onClose 2'])
      const reports = server.lines().filter(({ message }) => message === `thrown for ${tag}`)
      expect(reports).toMatchObject([{ source: 'handler' }])
    }
  })

  it('in the constructor', async () => {
    await using client = await connect()
    const tag = newTag()
    const answer = await client.request(`/?at=constructor&tag=${tag}`, { body: 'some bytes' })
    expect(answer).toMatchObject(refused(protocol, 2))
    expect(await server.line('error', `thrown for ${tag}`)).toMatchObject({ source: 'handler' })
    expect((await client.get('/')).status).toBe(200)
  })

  it('in onClose: reported, without another effect', async () => {
    await using client = await connect()
    for (const how of ['throw', 'reject']) {
      const tag = newTag()
      const answer = await client.get(`/throw-once-answered?at=close&how=${how}&tag=${tag}`)
      expect(answer).toMatchObject({ status: 200, text: 'an answer', errorCode: 0 })
      await server.line('error', `thrown for ${tag}`)
    }
    expect((await client.get('/')).status).toBe(200)
  })

  it('once it has answered', async () => {
    await using client = await connect()
    const tag = newTag()
    await client.get(`/throw-once-answered?tag=${tag}`)
    await server.line('error', `thrown for ${tag}`)
    await server.line('close', tag)
    expect((await client.get('/')).status).toBe(200)
  })

  it('a hundred at once', async () => {
    await using client = await connect()
    const paths = Array.from({ length: 100 }, () => `/throw?at=headers&tag=${newTag()}`)
    const answers = await Promise.all(paths.map((path) => client.get(path)))
    for (const answer of answers) expect(answer).toMatchObject(refused(protocol, 2))
    expect((await client.get('/')).status).toBe(200)
  })
})

describeHandlers('requests that end early', ({ server, protocol, connect }) => {
  it('an answer before the body, to a client that uploads a lot', async () => {
    await using client = await connect()
    const tag = newTag()
    const answer = await client.request(`/early?tag=${tag}`, { body: new Uint8Array(4 << 20) })
    expect(answer).toMatchObject({ status: 413, text: 'too much', errorCode: 0 })
    expect((await client.get('/')).status).toBe(200)
    expect(await server.line('close', tag)).toMatchObject({ errorCode: 0 })
  })

  it('100-continue, once the handler wants the body', async () => {
    await using client = await connect()
    const stream = client.open('/echo', { method: 'POST', headers: expecting })
    stream.once('continue', () => stream.end('the body'))
    const answer = await answerOf(stream)
    expect(answer).toMatchObject({ status: 200, text: 'the body' })
    expect(answer.informational).toMatchObject([{ ':status': 100 }])
  })

  it('100-continue: no, when it is answered without', async () => {
    await using client = await connect()
    const stream = client.open('/early', { method: 'POST', headers: expecting })
    const informational: unknown[] = []
    stream.on('headers', (headers) => informational.push(headers))
    stream.on('error', () => {})
    const [headers] = (await once(stream, 'response')) as [object]
    expect(headers).toMatchObject({ ':status': 413 })
    expect(informational).toEqual([])
  })

  // What follows is about frames and streams.
  if (protocol === 'HTTP/1.1') return

  it('an answer before the body: the client is told to stop, in order', async () => {
    await using client = await RawClient.connect(server)
    const tag = newTag()
    client.get(1, `/early?tag=${tag}`, [], END_HEADERS)
    const { fields } = await client.nextOf(Type.HEADERS, 1)
    expect(fields[0]).toEqual([':status', '413'])
    const { payload } = await client.nextOf(Type.RST_STREAM, 1)
    expect(payload.readUInt32BE()).toBe(0)
    expect(client.frames.filter(({ type }) => type === Type.DATA)).toHaveLength(1)
    // What was on its way is ignored.
    client.data(1, 'late')
    expect(await client.isAlive()).toBe(true)
    expect(await server.line('close', tag)).toMatchObject({ errorCode: 0 })
  })

  it('a body shorter or longer than its content-length', async () => {
    await using client = await RawClient.connect(server)
    for (const [streamId, body] of [
      [1, 'abc'],
      [3, 'abcdefgh'],
    ] as const) {
      client.get(streamId, '/echo', [['content-length', '5']], END_HEADERS)
      client.data(streamId, body, 1)
      const { payload } = await client.nextOf(Type.RST_STREAM, streamId)
      expect(payload.readUInt32BE()).toBe(1)
    }
    expect(await client.isAlive()).toBe(true)
  })

  it('thousands of requests that are reset at once', async () => {
    await using client = await RawClient.connect(server)
    client.socket.cork()
    for (let i = 0; i < 900; i++) {
      client.get(1 + 2 * i, '/hold?tag=')
      client.reset(1 + 2 * i, 8)
    }
    client.socket.uncork()
    expect(await client.isAlive()).toBe(true)
    client.get(2001, '/')
    expect((await client.nextOf(Type.DATA, 2001)).payload.toString()).toBe('nghttp2 FTW\n')
  })

  it('too many of those end the connection', async () => {
    await using client = await RawClient.connect(server)
    for (let i = 0; i < 1500; i++) {
      client.get(1 + 2 * i, '/hold?tag=')
      client.reset(1 + 2 * i, 8)
    }
    expect((await client.goaway()).errorCode).not.toBe(0)
  })
})
