import { constants } from 'node:http2'
import { expect, it } from 'vitest'
import { answerOf } from '../../support/server-client.ts'
import { END_HEADERS, RawClient, requestFields } from '../../support/raw-client.ts'
import { newTag } from '../../support/server.ts'
import { describeFetch, pause } from '../../support/fetch-suite.ts'

describeFetch(
  'fetch: the signal of a request',
  (server) => {
    const aborts = (tag: string): number =>
      server.lines().filter((line) => line.event === 'abort' && line.tag === tag).length

    it.each(['at once', 'later'])('stays quiet when the response is complete: %s', async (how) => {
      const client = await server.connect()
      const tag = newTag()
      const answer = await client.get(`/request/signal?tag=${tag}&how=${encodeURIComponent(how)}`)
      expect(answer.status).toBe(200)
      await client[Symbol.asyncDispose]()
      await pause(50)
      expect(aborts(tag)).toBe(0)
    })

    it('stays quiet when the response is complete and the request is not', async () => {
      await using client = await server.connect()
      const tag = newTag()
      const stream = client.open(`/request/signal?tag=${tag}&how=at%20once`, { method: 'POST' })
      stream.write('a part')
      expect(await answerOf(stream)).toMatchObject({ status: 200, errorCode: 0 })
      await pause(50)
      expect(aborts(tag)).toBe(0)
    })

    it('stays quiet when the response fails of itself', async () => {
      await using client = await server.connect()
      const tag = newTag()
      const answer = await client.get(`/request/signal?tag=${tag}&how=broken`)
      expect(answer.errorCode).toBe(constants.NGHTTP2_INTERNAL_ERROR)
      await pause(50)
      expect(aborts(tag)).toBe(0)
    })

    it.each([
      ['CANCEL', constants.NGHTTP2_CANCEL],
      ['REFUSED_STREAM', constants.NGHTTP2_REFUSED_STREAM],
      ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
    ])('aborts when the client resets: %s', async (_name, errorCode) => {
      await using client = await RawClient.connect(server)
      const tag = newTag()
      client.get(1, `/request/signal?tag=${tag}&how=wait`)
      await server.line('begun', tag)
      client.reset(1, errorCode)
      expect(await server.line('abort', tag)).toMatchObject({
        name: 'AbortError',
        isDOMException: true,
        cause: 'ERR_STREAM_CLOSED',
        message: 'the client left before the response was complete',
      })
      expect(aborts(tag)).toBe(1)
    })

    it('aborts when the connection is lost', async () => {
      await using client = await RawClient.connect(server)
      const tag = newTag()
      client.get(1, `/request/signal?tag=${tag}&how=wait`)
      await server.line('begun', tag)
      client.socket.destroy()
      await server.line('abort', tag)
      expect(aborts(tag)).toBe(1)
    })

    it.each(['read', 'trailers'])('so does what waits for the request: %s', async (how) => {
      await using client = await RawClient.connect(server)
      const tag = newTag()
      const path = `/request/signal?tag=${tag}&how=${how}`
      client.headers(1, requestFields('POST', path), END_HEADERS)
      client.data(1, 'a part')
      await server.line('begun', tag)
      await pause(20)
      client.reset(1, constants.NGHTTP2_CANCEL)
      await server.line('abort', tag)
      const line = await server.line('read', tag)
      expect(line.error).toMatchObject({ code: 'ERR_STREAM_CLOSED' })
    })

    it.each(['signal', 'body', 'late'])(
      'a request of our own that it is passed on to is aborted as fetch aborts: %s',
      async (how) => {
        await using client = await RawClient.connect(server)
        const tag = newTag()
        client.get(1, `/request/proxy?tag=${tag}&how=${how}`)
        await server.line('begun', tag)
        client.reset(1, constants.NGHTTP2_CANCEL)
        expect(await server.line('proxied', tag)).toMatchObject({
          name: 'AbortError',
          isDOMException: true,
        })
      },
    )

    it('has aborted when it is first looked at after the client left', async () => {
      await using client = await RawClient.connect(server)
      const tag = newTag()
      client.get(1, `/request/late-signal?tag=${tag}`)
      await client.isAlive()
      client.reset(1, constants.NGHTTP2_CANCEL)
      expect(await server.line('late', tag)).toMatchObject({ aborted: true })
    })
  },
  ['cleartext', 'TLS'],
)

describeFetch('fetch: Expect: 100-continue', (server) => {
  it('is answered when the body is first read', async () => {
    await using client = await server.connect()
    const tag = newTag()
    const stream = client.open(`/request/expect?tag=${tag}`, {
      method: 'POST',
      headers: { expect: '100-continue' },
    })
    const answer = answerOf(stream)
    let continuedAt = 0
    stream.once('continue', () => {
      continuedAt = Date.now()
      stream.end('the body')
    })
    expect(await answer).toMatchObject({ status: 200, text: 'read: the body' })
    const { at } = await server.line('reads', tag)
    expect(continuedAt).toBeGreaterThanOrEqual(at as number)
  })

  it('is said once, also where the handler said it before it read', async () => {
    await using client = await server.connect()
    const stream = client.open('/request/expect?say=2', {
      method: 'POST',
      headers: { expect: '100-continue' },
    })
    let continued = 0
    stream.on('continue', () => {
      continued += 1
      if (continued === 1) stream.end('the body')
    })
    expect(await answerOf(stream)).toMatchObject({ status: 200, text: 'read: the body' })
    expect(continued).toBe(1)
  })

  it('is refused by an early response', async () => {
    await using client = await server.connect()
    const stream = client.open(`/request/expect?refuse`, {
      method: 'POST',
      headers: { expect: '100-continue' },
    })
    let isContinued = false
    stream.once('continue', () => (isContinued = true))
    expect(await answerOf(stream)).toMatchObject({ status: 413, text: 'too much', errorCode: 0 })
    expect(isContinued).toBe(false)
  })

  it('is not said to a client that does not ask', async () => {
    await using client = await server.connect()
    const answer = await client.request('/request/expect', { body: 'the body' })
    expect(answer).toMatchObject({ status: 200, text: 'read: the body', informational: [] })
  })
})
