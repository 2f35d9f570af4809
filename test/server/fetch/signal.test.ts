import { constants } from 'node:http2'
import { expect, it } from 'vitest'
import { answerOf } from '../../support/server-client.ts'
import {
  requestByHand,
  cutOff,
  type Protocol,
  type ProtocolClient,
} from '../../support/protocols.ts'
import { newTag } from '../../support/server.ts'
import { describeProtocols, pause } from '../../support/fetch-suite.ts'

/** How a client says that it wants no answer. HTTP/1.1 has one way: it resets the connection. */
const resets: Readonly<Record<Protocol, readonly (readonly [how: string, code: number])[]>> = {
  'HTTP/2': [
    ['CANCEL', constants.NGHTTP2_CANCEL],
    ['REFUSED_STREAM', constants.NGHTTP2_REFUSED_STREAM],
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
  ],
  'HTTP/1.1': [['the connection', constants.NGHTTP2_CANCEL]],
}

/** Sends a request whose answer the client does not wait for; gives what leaves it. */
function ask(client: ProtocolClient, path: string): (errorCode?: number) => void {
  const stream = client.open(path, {}, true)
  void answerOf(stream)
  return (errorCode = constants.NGHTTP2_CANCEL) => stream.close(errorCode)
}

describeProtocols(
  'fetch: the signal of a request',
  ({ server, protocol, connect }) => {
    const aborts = (tag: string): number =>
      server.lines().filter((line) => line.event === 'abort' && line.tag === tag).length

    it.each(['at once', 'later'])('stays quiet when the response is complete: %s', async (how) => {
      const client = await connect()
      const tag = newTag()
      const answer = await client.get(`/request/signal?tag=${tag}&how=${encodeURIComponent(how)}`)
      expect(answer.status).toBe(200)
      await client[Symbol.asyncDispose]()
      await pause(50)
      expect(aborts(tag)).toBe(0)
    })

    it('stays quiet when the response is complete and the request is not', async () => {
      await using client = await connect()
      const tag = newTag()
      const stream = client.open(`/request/signal?tag=${tag}&how=at%20once`, { method: 'POST' })
      stream.write('a part')
      expect(await answerOf(stream)).toMatchObject({ status: 200, errorCode: 0 })
      await pause(50)
      expect(aborts(tag)).toBe(0)
    })

    it('stays quiet when the response fails of itself', async () => {
      await using client = await connect()
      const tag = newTag()
      const answer = await client.get(`/request/signal?tag=${tag}&how=broken`)
      expect(answer.errorCode).toBe(cutOff(protocol, constants.NGHTTP2_INTERNAL_ERROR))
      await pause(50)
      expect(aborts(tag)).toBe(0)
    })

    it.each(resets[protocol])('aborts when the client resets: %s', async (_name, errorCode) => {
      await using client = await connect()
      const tag = newTag()
      const leave = ask(client, `/request/signal?tag=${tag}&how=wait`)
      await server.line('begun', tag)
      leave(errorCode)
      expect(await server.line('abort', tag)).toMatchObject({
        name: 'AbortError',
        isDOMException: true,
        cause: 'ERR_STREAM_CLOSED',
        message: 'the client left before the response was complete',
      })
      expect(aborts(tag)).toBe(1)
    })

    it('aborts when the connection is lost', async () => {
      const tag = newTag()
      const path = `/request/signal?tag=${tag}&how=wait`
      await using client = await requestByHand({ server, protocol }, 'GET', path)
      await server.line('begun', tag)
      client.lose()
      await server.line('abort', tag)
      expect(aborts(tag)).toBe(1)
    })

    it.each(['read', 'trailers'])('so does what waits for the request: %s', async (how) => {
      const tag = newTag()
      const path = `/request/signal?tag=${tag}&how=${how}`
      await using client = await requestByHand({ server, protocol }, 'POST', path)
      await server.line('begun', tag)
      await pause(20)
      client.leave()
      await server.line('abort', tag)
      const line = await server.line('read', tag)
      expect(line.error).toMatchObject({ code: 'ERR_STREAM_CLOSED' })
    })

    it.each(['signal', 'body', 'late'])(
      'a request of our own that it is passed on to is aborted as fetch aborts: %s',
      async (how) => {
        await using client = await connect()
        const tag = newTag()
        const leave = ask(client, `/request/proxy?tag=${tag}&how=${how}`)
        await server.line('begun', tag)
        leave()
        expect(await server.line('proxied', tag)).toMatchObject({
          name: 'AbortError',
          isDOMException: true,
        })
      },
    )

    it('has aborted when it is first looked at after the client left', async () => {
      await using client = await connect()
      const tag = newTag()
      const leave = ask(client, `/request/late-signal?tag=${tag}`)
      await server.line('begun', tag)
      leave()
      expect(await server.line('late', tag)).toMatchObject({ aborted: true })
    })
  },
  ['cleartext', 'TLS'],
)

describeProtocols('fetch: Expect: 100-continue', ({ server, connect }) => {
  it('is answered when the body is first read', async () => {
    await using client = await connect()
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
    await using client = await connect()
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
    await using client = await connect()
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
    await using client = await connect()
    const answer = await client.request('/request/expect', { body: 'the body' })
    expect(answer).toMatchObject({ status: 200, text: 'read: the body', informational: [] })
  })
})
