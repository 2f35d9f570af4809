import { constants, sensitiveHeaders } from 'node:http2'
import { expect, it } from 'vitest'
import { RawClient } from '../../support/raw-client.ts'
import { cutOff } from '../../support/protocols.ts'
import { newTag } from '../../support/server.ts'
import { describeProtocols, encode, pause, until } from '../../support/fetch-suite.ts'

/** RFC 7838 §4, RFC 8336 §2. */
const ALTSVC = 0xa
const ORIGIN = 0xc

describeProtocols(
  'fetch: info',
  ({ server, protocol, connect }) => {
    it('has the addresses, the stream and the connection', async () => {
      await using client = await connect()
      const facts = (await client.get('/info/info')).json()
      const remoteAddress = { host: '127.0.0.1', port: client.localPort }
      expect(facts).toMatchObject({
        remoteAddress,
        localAddress: { host: '127.0.0.1', port: server.port },
        streamId: 1,
        sessionAddress: protocol === 'HTTP/2' ? remoteAddress : null,
        connect: null,
      })
      // HTTP/1.1: the number of the request on its connection.
      const second = protocol === 'HTTP/2' ? 3 : 2
      expect((await client.get('/info/info')).json()).toMatchObject({ streamId: second })
    })

    it('has what TLS settled', async () => {
      if (!server.certificate) {
        await using client = await connect()
        expect((await client.get('/info/info')).json()).toMatchObject({ tls: null })
        return
      }
      await using client = await server.connect({ servername: 'localhost' })
      const { tls } = (await client.get('/info/info')).json() as { tls: object | null }
      expect(tls).toMatchObject({ alpnProtocol: 'h2', clientCertificate: false, authorized: false })
      expect(Object.keys(tls!).toSorted()).toEqual([
        'alpnProtocol',
        'authorized',
        'cipher',
        'clientCertificate',
        'serverName',
        'version',
      ])
      const { version, cipher, serverName } = tls as Record<string, string | null>
      // `null` where the runtime does not tell.
      expect([null, 'TLSv1.3']).toContain(version)
      expect(cipher === null || /AES|CHACHA/.test(cipher!)).toBe(true)
      expect([null, 'localhost']).toContain(serverName)
      if (server.runtime === 'node') expect(tls).not.toContain(null)
    })

    it('sends informational responses, any number of them', async () => {
      await using client = await connect()
      const { status, text, informational } = await client.get('/info/informational')
      expect({ status, text }).toEqual({ status: 200, text: 'the response' })
      expect(informational).toMatchObject([
        { ':status': 103, link: '</app.css>; rel=preload' },
        { ':status': 103, link: '</app.js>; rel=preload', 'x-more': '1' },
        { ':status': 102 },
      ])
    })

    it('sends none that is none, or too late', async () => {
      await using client = await connect()
      const tag = newTag()
      const answer = await client.get(`/info/informational-errors?tag=${tag}`)
      expect(answer.json()).toEqual(Array.from({ length: 4 }, () => 'ERR_INVALID_STATUS'))
      expect(answer.informational).toEqual([])
      expect((await server.line('after', tag)).after).toBe('ERR_RESPONSE_SENT')
    })

    it.each(['object', 'pairs', 'Headers', 'function', 'async'])(
      'sends trailers: %s',
      async (type) => {
        await using client = await connect()
        for (const body of ['none', 'text']) {
          const answer = await client.get(`/info/trailers?type=${type}&body=${body}`)
          expect(answer).toMatchObject({ status: 200, text: body === 'none' ? '' : 'text' })
          expect(answer.trailers).toMatchObject({ 'x-sum': '1' })
          if (type === 'object') expect(answer.trailers).toMatchObject({ 'x-list': 'a, b' })
        }
      },
    )

    it('trailers can be decided when the body has ended', async () => {
      await using client = await connect()
      const answer = await client.get('/info/late-trailers')
      expect(answer.text).toBe('one two three')
      expect(answer.trailers).toMatchObject({ 'x-length': '13' })
      const changed = await client.get('/info/trailers?type=object&body=pieces')
      expect(changed.trailers).toMatchObject({ 'x-length': '13' })
    })

    it('trailers that cannot be made cut the response off', async () => {
      await using client = await connect()
      const tag = newTag()
      const answer = await client.get(`/info/trailers?type=throws&tag=${tag}`)
      expect(answer.errorCode).toBe(cutOff(protocol, constants.NGHTTP2_INTERNAL_ERROR))
      await server.line('error', tag)
    })

    it('pushes', async () => {
      await using client = await connect()
      const init = {
        path: '/pushed?x=1',
        requestHeaders: { 'x-promised': 'yes' },
        headers: { 'content-type': 'text/css' },
        status: 203,
        body: 'pushed',
        trailers: { 'x-end': '1' },
      }
      const answer = await client.get(`/info/push?init=${encode(init)}`)
      // HTTP/1.1 has no pushes.
      expect(answer.json()).toEqual({ pushed: protocol === 'HTTP/2' })
      if (protocol === 'HTTP/1.1') return
      const push = await until(() => client.pushes[0])
      expect(push.request).toMatchObject({
        ':method': 'GET',
        ':path': '/pushed?x=1',
        'x-promised': 'yes',
      })
      const pushed = await push.answer
      expect(pushed).toMatchObject({ status: 203, text: 'pushed' })
      expect(pushed.headers['content-type']).toBe('text/css')
      expect(pushed.trailers).toMatchObject({ 'x-end': '1' })
    })

    it('pushes nothing that cannot be', async () => {
      await using client = await connect()
      for (const init of [
        { path: 'x' },
        { path: '/x', status: 99 },
        { path: '/x', method: 'POST' },
      ]) {
        const { pushed } = (await client.get(`/info/push?init=${encode(init)}`)).json() as {
          pushed: unknown
        }
        expect(pushed).toMatch(/^ERR_INVALID_/)
      }
      expect(client.pushes).toEqual([])
    })

    it('has the priority, and sets it', async () => {
      await using client = await connect()
      const usual = { urgency: 3, incremental: false }
      expect((await client.get('/info/priority')).json()).toEqual({ before: usual, after: usual })
      const answer = await client.get('/info/priority?urgency=6', { priority: 'u=1, i' })
      // HTTP/1.1 answers one request after the other: it reads no priority.
      const before = protocol === 'HTTP/2' ? { urgency: 1, incremental: true } : usual
      expect(answer.json()).toEqual({
        before,
        after: { urgency: 6, incremental: true },
      })
    })

    it("has the stream's counts", async () => {
      await using client = await connect()
      const tag = newTag()
      const answer = await client.request(`/info/stream-stats?tag=${tag}`, {
        body: 'x'.repeat(5000),
      })
      // HTTP/1.1 has no windows.
      const [window, remoteWindow] = protocol === 'HTTP/2' ? [1 << 20, 65_535] : [0, 0]
      expect(answer.json()).toEqual({
        before: {
          bytesReceived: expect.any(Number),
          bytesSent: 0,
          bufferedAmount: 0,
          remoteWindow,
          localWindow: expect.any(Number),
        },
        length: 5000,
        after: {
          bytesReceived: 5000,
          bytesSent: 0,
          bufferedAmount: 0,
          remoteWindow,
          localWindow: expect.any(Number),
        },
      })
      const { before, after } = answer.json() as Record<string, { localWindow: number }>
      expect(before!.localWindow).toBeLessThanOrEqual(window)
      expect(after!.localWindow).toBeGreaterThanOrEqual(window - 5000)
      expect(await server.line('stream stats', tag)).toMatchObject({
        bytesReceived: 5000,
        bytesSent: answer.body.length,
        remoteWindow: 0,
        localWindow: 0,
      })
    })

    it("has the server's counts", async () => {
      await using client = await connect()
      const read = async (): Promise<Record<string, unknown>> =>
        (await client.get(`/control/stats?port=${server.port}`)).json() as Record<string, unknown>
      const before = await read()
      const second = await connect()
      await second.get('/response/json')
      const during = await read()
      expect(during.connectionsOpen).toBe(Number(before.connectionsOpen) + 1)
      expect(during.connectionsTotal).toBe(Number(before.connectionsTotal) + 1)
      expect(during.streamsTotal).toBe(Number(before.streamsTotal) + 2)
      expect(during.streamsOpen).toBe(1)
      // HTTP/1.1 has no frames.
      const isMore = protocol === 'HTTP/2'
      expect(Number(during.framesReceived) > Number(before.framesReceived) + 2).toBe(isMore)
      expect(Number(during.framesSent) > Number(before.framesSent) + 2).toBe(isMore)
      expect(during.queueLength).toBe(0)
      expect(during.memory).toMatchObject({ size: expect.any(Number), used: expect.any(Number) })
      await second[Symbol.asyncDispose]()
      const after = await until(async () => {
        const stats = await read()
        return stats.connectionsOpen === before.connectionsOpen && stats
      })
      // What closed connections counted stays.
      expect(after.bytesSent).toBeGreaterThan(Number(during.bytesSent))
      expect(Number(after.framesReceived) > Number(during.framesReceived)).toBe(isMore)
      expect(after.connectionsTotal).toBe(during.connectionsTotal)
    })

    // What HTTP/1.1 has not: it has no frames, and `info.session` is null.
    if (protocol === 'HTTP/1.1') return

    it('fields that are never indexed are told, and sent (RFC 7541 §6.2.3)', async () => {
      await using client = await server.connect()
      const headers = { 'x-secret': 'of the client', [sensitiveHeaders]: ['x-secret'] }
      const answer = await client.get('/info/never-indexed', headers)
      expect(answer.json()).toEqual([['x-secret', 'of the client', true]])
      for (const fields of [answer.headers, answer.trailers]) {
        expect((fields as Record<symbol, unknown>)[sensitiveHeaders]).toEqual(['x-token'])
      }
    })

    it('says when the client takes no pushes', async () => {
      await using client = await server.connect({ settings: { enablePush: false } })
      const answer = await client.get(`/info/push?init=${encode({ path: '/x', body: 'x' })}`)
      expect(answer.json()).toEqual({ pushed: false })
      await pause(20)
      expect(client.pushes).toEqual([])
    })

    it('measures round trips', async () => {
      await using client = await server.connect()
      const facts = (await client.get('/info/ping')).json() as Record<string, number | boolean>
      expect(facts.milliseconds).toBeGreaterThanOrEqual(0)
      expect(facts.milliseconds).toBeLessThan(5000)
      expect(facts.areAllNumbers).toBe(true)
      expect(facts.roundTripTime).toBeGreaterThanOrEqual(0)
    })

    it('sends ALTSVC and ORIGIN', async () => {
      await using client = await RawClient.connect(server)
      client.get(1, '/info/alt-svc')
      const { payload } = await client.nextOf(ALTSVC)
      const length = payload.readUInt16BE(0)
      expect(payload.subarray(2, 2 + length).toString()).toBe('https://example.com')
      expect(payload.subarray(2 + length).toString()).toBe('h2=":8443"')
      client.get(3, '/info/origin')
      const origins = (await client.nextOf(ORIGIN)).payload.toString('latin1')
      expect(origins).toBe('\0\x11https://a.example\0\x11https://b.example')
    })

    it('changes settings, and knows those of the client', async () => {
      await using client = await server.connect({ settings: { initialWindowSize: 100_000 } })
      const settings = { maxConcurrentStreams: 7, initialWindowSize: 200_000 }
      const answer = await client.get(`/info/settings?settings=${encode(settings)}`)
      expect(answer.json()).toEqual({ outcome: null, window: 100_000 })
      await until(() => client.session.remoteSettings.maxConcurrentStreams === 7)
      expect(client.session.remoteSettings.initialWindowSize).toBe(200_000)
      const bad = await client.get(`/info/settings?settings=${encode({ maxFrameSize: 1 })}`)
      expect(bad.json()).toMatchObject({ outcome: 'ERR_INVALID_SETTING' })
    })

    it('ends the connection with its last stream', async () => {
      await using client = await server.connect()
      const answer = await client.get('/info/leave')
      expect(answer.text).toBe('the last')
      await client.closed()
      expect(client.goaways.at(-1)).toEqual([constants.NGHTTP2_NO_ERROR, 1])
    })

    it("has the session's counts", async () => {
      await using client = await server.connect()
      await client.request('/request/text', { body: 'x'.repeat(1000) })
      const aborted = client.open('/request/signal?how=wait&tag=stats', {}, true)
      await server.line('begun', 'stats')
      aborted.on('error', () => {})
      aborted.close(constants.NGHTTP2_CANCEL)
      const read = async (): Promise<Record<string, unknown>> =>
        (await client.get('/info/session-stats')).json() as Record<string, unknown>
      const stats = await read()
      expect(stats).toMatchObject({
        streamsOpen: 1,
        streamsTotal: 3,
        streamsReset: { CANCEL: 1 },
        roundTripTime: null,
      })
      for (const name of ['bytesReceived', 'bytesSent', 'framesReceived', 'framesSent']) {
        expect(stats[name]).toBeGreaterThan(2)
      }
      expect(stats.bytesReceived).toBeGreaterThan(1000)
      expect(stats.remoteWindow).toBeGreaterThan(0)
      expect(stats.localWindow).toBeGreaterThan(1 << 20)
      expect(stats.queueLength).toBeGreaterThanOrEqual(0)
      expect(stats.memoryUsed).toBeGreaterThan(1000)
      const later = await read()
      expect(later.streamsTotal).toBe(4)
      expect(later.bytesSent).toBeGreaterThan(Number(stats.bytesSent))
    })
  },
  ['cleartext', 'TLS'],
)
