import { expect, it } from 'vitest'
import { describeServers, newTag } from '../../support/server.ts'
import {
  encodeFields,
  END_HEADERS,
  END_STREAM,
  PADDED,
  RawClient,
  requestFields,
  Type,
} from '../../support/raw-client.ts'

/** So many fields of this size. */
function manyFields(count: number, size = 1): [string, string][] {
  return Array.from({ length: count }, (_, i) => [`x-${i}`, 'v'.repeat(size)])
}

describeServers('limits of a server', (server) => {
  it.concurrent('a connection beyond maxConnections: the idle one ends, or it gets GOAWAY itself', async () => {
    const port = await server.open({ maxConnections: 2 })
    const idle = await RawClient.connect(server, [], port)
    await using busy = await RawClient.connect(server, [], port)
    busy.get(1, `/hold?tag=${newTag()}`)
    expect(await busy.isAlive()).toBe(true)
    await using third = await RawClient.connect(server, [], port)
    expect((await idle.goaway()).errorCode).toBe(0)
    third.get(1, `/hold?tag=${newTag()}`)
    expect(await third.isAlive()).toBe(true)
    await using fourth = await RawClient.open(server, port)
    fourth.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    expect(await fourth.goaway()).toEqual({ lastStreamId: 0, errorCode: 0 })
    expect([await busy.isAlive(), await third.isAlive()]).toEqual([true, true])
    await idle[Symbol.asyncDispose]()
    await server.close(port)
  })

  it.concurrent('more header fields than we take: 431', async () => {
    await using client = await RawClient.connect(server)
    client.get(1, '/', manyFields(200))
    const { fields } = await client.nextOf(Type.HEADERS, 1)
    expect(fields[0]).toEqual([':status', '431'])
    client.get(3, '/', manyFields(100))
    const answer = await client.nextOf(Type.HEADERS, 3)
    expect(answer.fields[0]).toEqual([':status', '200'])
  })

  it.concurrent('a header list larger than we take: 431, and the upload is stopped', async () => {
    await using client = await RawClient.connect(server)
    const fields = [...requestFields('POST', '/'), ...manyFields(7, 10_000)]
    const block = encodeFields(fields)
    client.frame(Type.HEADERS, 0, 1, block.subarray(0, 16_000))
    for (let at = 16_000; at < block.length; at += 16_000) {
      const isLast = at + 16_000 >= block.length
      client.frame(Type.CONTINUATION, isLast ? END_HEADERS : 0, 1, block.subarray(at, at + 16_000))
    }
    const answer = await client.nextOf(Type.HEADERS, 1)
    expect(answer.fields[0]).toEqual([':status', '431'])
    const { payload } = await client.nextOf(Type.RST_STREAM, 1)
    expect(payload.readUInt32BE()).toBe(0)
    expect(await client.isAlive()).toBe(true)
  })

  it.concurrent('more trailer fields than we take', async () => {
    await using client = await RawClient.connect(server)
    const tag = newTag()
    client.headers(1, requestFields('POST', `/calls?tag=${tag}`), END_HEADERS)
    client.data(1, 'x')
    client.headers(1, manyFields(200), END_HEADERS | END_STREAM)
    const answer = await client.nextOf(Type.HEADERS, 1)
    expect(answer.fields[0]).toEqual([':status', '431'])
    const { calls } = await server.line('close', tag)
    expect(calls).not.toContain('onRequestDone')
    expect(await client.isAlive()).toBe(true)
  })

  it.concurrent('CONTINUATION without end', async () => {
    await using client = await RawClient.connect(server)
    client.frame(Type.HEADERS, 0, 1, Buffer.from([0x82]))
    for (let i = 0; i < 20; i++) client.frame(Type.CONTINUATION, 0, 1, Buffer.from([0x84]))
    expect((await client.goaway()).errorCode).toBe(11)
  })

  it.concurrent('PING and SETTINGS without end, never read', async () => {
    const port = await server.open({ limits: { maxOutboundAcks: 50 } })
    await using client = await RawClient.connect(server, [], port)
    client.socket.cork()
    for (let i = 0; i < 2000; i++) client.frame(Type.PING, 0, 0, Buffer.alloc(8))
    client.socket.uncork()
    await client.ended()
    await server.close(port)
  })

  it.concurrent('more streams at once than we take are refused, and the connection lives', async () => {
    const port = await server.open({ settings: { maxConcurrentStreams: 2 } })
    await using client = await RawClient.open(server, port)
    client.socket.cork()
    client.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    client.settings([])
    for (const streamId of [1, 3, 5]) client.get(streamId, '/hold')
    client.socket.uncork()
    // The client could not know: it may try again (RFC 9113 §8.7).
    const { payload } = await client.nextOf(Type.RST_STREAM, 5)
    expect(payload.readUInt32BE()).toBe(7)
    client.frame(Type.SETTINGS, 1, 0)
    expect(await client.isAlive()).toBe(true)
    client.get(7, '/hold')
    const refused = await client.nextOf(Type.RST_STREAM, 7)
    expect(refused.payload.readUInt32BE()).toBe(7)
    expect(await client.isAlive()).toBe(true)
    await server.close(port)
  })

  it.concurrent('a client that knows the limit waits', async () => {
    const port = await server.open({ settings: { maxConcurrentStreams: 2 } })
    await using client = await server.connect({ port })
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.get('/')))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    await server.close(port)
  })

  it.concurrent('settings and the window of the connection are as they were asked for', async () => {
    const port = await server.open({
      settings: { initialWindowSize: 100_000, maxFrameSize: 32_768, headerTableSize: 1000 },
      connectionWindowSize: 200_000,
      limits: { maxHeaderListSize: 8192 },
    })
    await using client = await server.connect({ port })
    expect(client.session.remoteSettings).toMatchObject({
      initialWindowSize: 100_000,
      maxFrameSize: 32_768,
      headerTableSize: 1000,
      maxHeaderListSize: 8192,
      maxConcurrentStreams: 128,
    })
    await client.get('/')
    // Until a request with a body begins, the window is the protocol's own.
    expect(client.session.state.remoteWindowSize).toBe(65_535)
    await client.request('/echo', { body: 'x' })
    expect(client.session.state.remoteWindowSize).toBeGreaterThan(199_000)
    expect(client.session.state.remoteWindowSize).toBeLessThanOrEqual(200_000)
    await server.close(port)
  })

  it.concurrent('padding', async () => {
    const port = await server.open({ padding: 100 })
    await using client = await RawClient.connect(server, [], port)
    client.get(1, '/')
    const head = await client.nextOf(Type.HEADERS, 1)
    expect(head.flags & PADDED).toBe(PADDED)
    expect(head.fields[0]).toEqual([':status', '200'])
    const { flags, payload } = await client.nextOf(Type.DATA, 1)
    expect(flags & PADDED).toBe(PADDED)
    expect(payload[0]).toBeLessThanOrEqual(100)
    expect(payload.length).toBe(1 + 12 + payload[0]!)
    await using other = await server.connect({ port })
    expect((await other.get('/body?type=a%20generator')).text).toBe('one two three')
    await server.close(port)
  })
})
