/** A message that a peer would reset is not sent (RFC 9113 §8). */
import { describe, expect, it } from 'vitest'
import { type HeaderList, Session } from '../../../src/engine/index.ts'
import { codeOf } from '../../support/engine/errors.ts'
import { Pair, one, openStream, request } from '../../support/engine/pair.ts'

const ok = { ':status': '200' }
const invalid = 'ERR_INVALID_MESSAGE'

const forbidden: [name: string, value: string][] = [
  ['connection', 'keep-alive'],
  ['Connection', 'close'],
  ['keep-alive', 'timeout=5'],
  ['proxy-connection', 'keep-alive'],
  ['transfer-encoding', 'chunked'],
  ['upgrade', 'h2c'],
  ['te', 'gzip'],
]

/** Invalid messages on the stream of a request. Each is refused, and the stream still takes a response. */
const refused: Record<string, (server: Session, id: number) => void> = {
  'a response without fields': (server, id) => server.submitResponse(id, {}),
  'a response without :status': (server, id) => server.submitResponse(id, { 'x-a': 'b' }),
  'a response whose :status is not the first': (server, id) =>
    server.submitResponse(id, [
      ['x-a', 'b'],
      [':status', '200'],
    ]),
  'a response with two': (server, id) =>
    server.submitResponse(id, [
      [':status', '200'],
      [':status', '204'],
    ]),
  'a response with a pseudo-header field of requests': (server, id) =>
    server.submitResponse(id, { ...ok, ':path': '/' }),
  'a status of no number': (server, id) => server.submitResponse(id, { ':status': 'ok' }),
  'an empty status': (server, id) => server.submitResponse(id, { ':status': '' }),
  'a status of four digits': (server, id) => server.submitResponse(id, { ':status': '2000' }),
  'a status below 100': (server, id) => server.submitResponse(id, { ':status': '042' }),
  '101': (server, id) => server.submitInformational(id, { ':status': '101' }),
  'an informational status as the response': (server, id) =>
    server.submitResponse(id, { ':status': '103' }),
  'a final status as an informational one': (server, id) => server.submitInformational(id, ok),
  'a short response without :status': (server, id) => server.submitShortResponse(id, [], 'body'),
  'a short response with a connection': (server, id) =>
    server.submitShortResponse(id, [':status', '200', 'connection', 'close'], 'body'),
  'fields in turn without :status': (server, id) =>
    server.submitResponseFields(id, ['x-a', 'b'], {}),
  'a promise without :path': (server, id) => {
    server.submitPushPromise(id, { ':method': 'GET', ':scheme': 'http', ':authority': 'x' })
  },
}

describe('an invalid message throws before any of it is sent', () => {
  it.each(Object.entries(refused))('%s', (_, say) => {
    const pair = Pair.open()
    const id = openStream(pair)
    expect(codeOf(() => say(pair.server, id))).toBe(invalid)
    expect(pair.server.bytesToSend()).toHaveLength(0)
    pair.server.submitResponse(id, ok)
    expect(one(pair.flow().client, 'ResponseReceived').headers).toEqual([[':status', '200']])
  })

  it.each(forbidden)('%s: %s, in each kind of block', (name, value) => {
    const pair = Pair.open()
    const { client, server } = pair
    const id = openStream(pair)
    const fields = (first: object): HeaderList => ({ ...first, [name]: value })
    for (const say of [
      () => client.submitRequest(fields(request)),
      () => server.submitInformational(id, fields({ ':status': '103' })),
      () => server.submitResponse(id, fields(ok)),
      () => server.submitPushPromise(id, fields(request)),
    ]) {
      expect(codeOf(say)).toBe(invalid)
    }
    server.submitResponse(id, ok, { endStream: false })
    expect(codeOf(() => server.submitTrailers(id, fields({})))).toBe(invalid)
    server.submitTrailers(id, { 'x-sum': '1' })
    expect(one(pair.flow().client, 'StreamClosed').errorCode).toBe(0)
  })

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['no :method', { ':scheme': 'http', ':path': '/', ':authority': 'x' }],
    ['no :path', { ':method': 'GET', ':scheme': 'http', ':authority': 'x' }],
    ['an empty :path', { ...request, ':path': '' }],
    ['no :scheme', { ':method': 'GET', ':path': '/', ':authority': 'x' }],
    ['one of responses', { ...request, ':status': '200' }],
    ['one that there is not', { ...request, ':port': '80' }],
    ['one behind other fields', { 'x-a': 'b', ...request }],
    ['a path of CONNECT', { ...request, ':method': 'CONNECT' }],
    ['a CONNECT to nowhere', { ':method': 'CONNECT' }],
  ])('a request with these pseudo-header fields: %s', (_, headers) => {
    const { client } = Pair.open()
    expect(codeOf(() => client.submitRequest(headers))).toBe(invalid)
    expect(client.nextStreamId).toBe(1)
    expect(client.bytesToSend()).toHaveLength(0)
  })

  it('trailers have no pseudo-header fields', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitResponse(id, ok, { endStream: false })
    expect(codeOf(() => pair.server.submitTrailers(id, ok))).toBe(invalid)
  })

  it('valid messages are sent', () => {
    const pair = Pair.open({ server: { settings: { enableConnectProtocol: true } } })
    for (const headers of [
      { ...request, te: 'trailers' },
      { ':method': 'CONNECT', ':authority': 'x:1' },
      { ...request, ':method': 'CONNECT', ':protocol': 'websocket' },
      { ...request, ':method': 'OPTIONS', ':path': '*' },
    ]) {
      pair.client.submitRequest(headers, { endStream: false })
      one(pair.flow().server, 'RequestReceived')
    }
  })

  it('enforceMessaging: false sends invalid messages, to test a peer', () => {
    const server = Session.server()
    const client = Session.client({ enforceMessaging: false })
    client.submitRequest({ ...request, connection: 'close' })
    const events = server.receive(client.bytesToSend())
    expect(events.map(({ type }) => type)).not.toContain('RequestReceived')
  })
})
