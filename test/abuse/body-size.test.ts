import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { ErrorCode } from '../../src/common/errors.ts'
import { Http1Tunnel } from '../support/http1-tunnel.ts'
import { forProtocols, type Protocol } from '../support/protocols.ts'
import { RawClient, Type } from '../support/raw-client.ts'
import { RawHttp1, statusesIn } from '../support/raw-http1.ts'
import { answerOf } from '../support/server-client.ts'
import { pattern } from './fixture/bodies.ts'
import {
  apis,
  describeTargets,
  HonestClient,
  type State,
  type Target,
} from '../support/abuse/target.ts'
import { beginBody, connecting, ending, posting, sendInWindows } from '../support/abuse/wire.ts'

const mebibyte = 1024 * 1024
const limit = mebibyte
/** Memory that a runtime itself takes during the test, in bytes. */
const runtimeSlack = 96 * mebibyte
const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex')

/** A body in pieces of 16,384 bytes, behind its first byte. */
function* piecesOf(body: Uint8Array): Generator<Uint8Array> {
  for (let at = 1; at < body.length; at += 16_384) yield body.subarray(at, at + 16_384)
}

const statusOf = async (client: RawClient, streamId: number): Promise<string | undefined> =>
  (await client.nextOf(Type.HEADERS, streamId)).fields[0]?.[1]

/** Sends a body of HTTP/1.1 until the server answers and ends the connection: the status. */
async function answeredEarly(port: number, path: string, body: Uint8Array): Promise<number> {
  await using client = await RawHttp1.open(port)
  client.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`)
  client.send(`${body.length.toString(16)}\r\n`)
  client.socket.write(body)
  client.send('\r\n0\r\n\r\n')
  await client.ended()
  return statusesIn(client.received)[0]!
}

/** Sends a body until the server resets the stream: the error code of its RST_STREAM. */
async function refused(client: RawClient, path: string, body: Uint8Array): Promise<number> {
  await beginBody(client, posting(1, path), body[0]!)
  const sending = sendInWindows(client, 1, [...piecesOf(body)], 1).catch(() => {})
  const { payload } = await client.next(({ type }) => type === Type.RST_STREAM, 20_000)
  client.socket.destroy()
  await sending
  return payload.readUInt32BE(0)
}

const readers = [
  { api: 'handler', how: 'prompt' },
  { api: 'handler', how: 'slow' },
  { api: 'fetch', how: 'arrayBuffer' },
  { api: 'fetch', how: 'text' },
  { api: 'fetch', how: 'reader' },
  { api: 'fetch', how: 'slow' },
] as const

/** How a body beyond the limit ends: RST_STREAM; by HTTP/1.1 a response, and the end of the connection. */
const refusal: Readonly<Record<Protocol, number>> = {
  'HTTP/2': ErrorCode.ENHANCE_YOUR_CALM,
  'HTTP/1.1': 413,
}

const suite = forProtocols<Target>(({ server: target, protocol, connect }) => {
  it.each(apis)('content-length beyond the limit: 413, and no handler, %s', async (api) => {
    await using attacked = await target.openFor(api, { maxRequestBodySize: limit })
    if (protocol === 'HTTP/1.1') {
      await using plain = await connect(attacked.port)
      const tooLong = { body: new Uint8Array(limit + 1) }
      expect((await plain.request('/read?how=arrayBuffer', tooLong)).status).toBe(413)
      expect((await plain.request('/read?how=arrayBuffer', { body: 'abc' })).status).toBe(200)
      const { begun, reports } = await attacked.expectUnharmed()
      expect([begun['/read'], reports]).toEqual([1, []])
      return
    }
    await using client = await RawClient.connect(target, [], attacked.port)
    const path = '/read?how=arrayBuffer'
    client.socket.write(posting(1, path, [['content-length', String(limit + 1)]]))
    expect(await statusOf(client, 1)).toBe('413')
    // The client need not wait for the response.
    client.socket.write(posting(3, path, [['content-length', '99999999999']]))
    client.data(3, new Uint8Array(10_000))
    expect(await statusOf(client, 3)).toBe('413')
    client.socket.write(posting(5, path, [['content-length', '3']]))
    client.data(5, 'abc', 1)
    expect(await statusOf(client, 5)).toBe('200')
    expect(await client.isAlive()).toBe(true)
    const { begun, reports } = await attacked.expectUnharmed()
    expect([begun['/read'], reports]).toEqual([1, []])
  })

  it.each(readers)('more than the limit ends the stream, $api, $how', async ({ api, how }) => {
    await using attacked = await target.openFor(api, { maxRequestBodySize: limit })
    await using honest = new HonestClient(attacked)
    const body = pattern(limit + 100_000)
    const refuse = async (path: string): Promise<number> => {
      if (protocol === 'HTTP/1.1') return answeredEarly(attacked.port, path, body)
      await using client = await RawClient.connect(target, [], attacked.port)
      return await refused(client, path, body)
    }
    expect(await refuse(`/read?how=${how}`)).toBe(refusal[protocol])
    await honest.expectServed()
    const wasTold = ({ readErrors, closed }: State): boolean =>
      Object.keys(closed).length > 0 && (api === 'handler' || readErrors.length > 0)
    const { read, readErrors, closed } = await attacked.until(wasTold)
    expect(read).toEqual([])
    expect(Object.keys(closed)).toEqual([String(ErrorCode.ENHANCE_YOUR_CALM)])
    if (api === 'fetch') expect(readErrors).toEqual(['ERR_BODY_TOO_LARGE'])
    await attacked.expectUnharmed()
  })

  it.each(readers)('exactly the limit is taken, $api, $how', async ({ api, how }) => {
    await using attacked = await target.openFor(api, { maxRequestBodySize: limit })
    await using client = await connect(attacked.port)
    const ascii = Buffer.alloc(limit, 'abcdefg')
    const answer = await client.request(`/read?how=${how}`, { body: ascii })
    expect(answer.json()).toEqual({ length: limit, sha1: sha1(ascii) })
    await attacked.expectUnharmed()
  })

  it.each(apis)('a tunnel has no limit, %s', async (api) => {
    await using attacked = await target.openFor(api, { maxRequestBodySize: 1000 })
    await attacked.openGate()
    const body = pattern(300_000)
    if (protocol === 'HTTP/1.1') {
      const tunnel = new Http1Tunnel(attacked.port, 'localhost:1')
      tunnel.end(body)
      await answerOf(tunnel)
      expect((await attacked.state()).read).toEqual([{ length: body.length, sha1: sha1(body) }])
      return
    }
    await using client = await RawClient.connect(target, [], attacked.port)
    await beginBody(client, connecting(1), body[0]!)
    await sendInWindows(client, 1, [...piecesOf(body)], 1)
    client.socket.write(ending(1))
    const { read } = await attacked.until((state) => state.read.length > 0)
    expect(read).toEqual([{ length: body.length, sha1: sha1(body) }])
    await attacked.expectUnharmed()
  })

  // Both protocols ask the same stream for the limit: 140 MB by one of them are enough.
  if (protocol === 'HTTP/1.1') return

  it.each(apis)('Infinity: no limit, %s', async (api) => {
    await using attacked = await target.openFor(api, { maxRequestBodySize: 'Infinity' })
    await using client = await RawClient.connect(target, [], attacked.port)
    const body = pattern(140 * mebibyte)
    await beginBody(client, posting(1, '/read?how=reader'), body[0]!)
    await sendInWindows(client, 1, [...piecesOf(body)], 1)
    client.socket.write(ending(1))
    const { read } = await attacked.until((state) => state.read.length > 0)
    expect(read).toMatchObject([{ length: body.length }])
    await attacked.expectUnharmed()
  })

  it.each(apis)('by default 150 MB are not taken, %s', async (api) => {
    await using attacked = await target.openFor(api)
    await using honest = new HonestClient(attacked)
    const before = await attacked.collected()
    await using client = await RawClient.connect(target, [], attacked.port)
    const code = await refused(client, '/read?how=arrayBuffer', new Uint8Array(150_000_000))
    expect(code).toBe(ErrorCode.ENHANCE_YOUR_CALM)
    await honest.expectServed()
    const after = await attacked.collected()
    expect(after.read).toEqual([])
    // 128 MiB were collected, in a queue that is at most half as large again; none of it is held.
    expect(after.rss - before.rss).toBeLessThan(1.5 * 128 * mebibyte + runtimeSlack)
    await attacked.expectUnharmed()
  })
})

describeTargets("the size of a request's body", suite)
