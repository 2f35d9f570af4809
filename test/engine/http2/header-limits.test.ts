import { describe, expect, it } from 'vitest'
import { type Limits, Session, type SessionEvent } from '../../../src/engine/index.ts'
import {
  END_HEADERS,
  END_STREAM,
  Type,
  frame,
  getFields,
  headers,
  hello,
  hpackString,
  join,
  literals,
  postFields,
  wire,
} from '../../support/engine/frames.ts'
import { Pair, one, only, openStream, request } from '../../support/engine/pair.ts'

function serving(limits: Limits = {}): Session {
  const server = Session.server({ limits })
  server.receive(hello())
  server.bytesToSend()
  return server
}

describe('limits of a header block', () => {
  it('maxHeaderFields: the rest is dropped, the event marked', () => {
    const server = serving({ maxHeaderFields: 6 })
    const fields = [...getFields, ['a', '1'], ['b', '2'], ['c', '3'], ['d', '4']] as const
    const [event] = only(
      server.receive(headers(1, literals(...fields), END_STREAM)),
      'RequestReceived',
    )
    expect(event!.truncated).toBe(true)
    expect(event!.headers).toEqual(fields.slice(0, 6))
    const exact = one(
      server.receive(headers(3, literals(...fields.slice(0, 6)), END_STREAM)),
      'RequestReceived',
    )
    expect(exact.truncated).toBe(false)
    expect(exact.headers).toHaveLength(6)
  })

  it('maxHeaderListSize: names, values and 32 a field (RFC 9113 §6.5.2)', () => {
    const size = getFields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0)
    const exact = serving({ maxHeaderListSize: size })
    expect(
      one(exact.receive(headers(1, literals(...getFields))), 'RequestReceived').truncated,
    ).toBe(false)
    const less = serving({ maxHeaderListSize: size - 1 })
    const event = one(less.receive(headers(1, literals(...getFields))), 'RequestReceived')
    expect(event.truncated).toBe(true)
    expect(event.headers).toEqual(getFields.slice(0, 3))
  })

  it('a field that fits, behind one that did not, is dropped all the same', () => {
    const server = serving({ maxHeaderListSize: 1000 })
    const fields = [...getFields, ['x-long', 'v'.repeat(1000)], ['x-short', 'v']] as const
    const event = one(server.receive(headers(1, literals(...fields))), 'RequestReceived')
    expect(event.truncated).toBe(true)
    expect(event.headers).toEqual(getFields)
  })

  it('hold for trailers, responses and promises', () => {
    const pair = Pair.open({
      client: { limits: { maxHeaderFields: 5 } },
      server: { limits: { maxHeaderFields: 5 } },
    })
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`x-${i}`, 'v']))
    const id = pair.client.submitRequest({ ...request, ':method': 'POST' }, { endStream: false })
    pair.client.submitTrailers(id, many)
    const trailers = one(pair.flow().server, 'TrailersReceived')
    expect([trailers.truncated, trailers.headers.length]).toEqual([true, 5])
    pair.server.submitPushPromise(id, { ...request, ...many })
    pair.server.submitResponse(id, { ':status': '200', ...many })
    const { client } = pair.flow()
    expect(one(client, 'PushPromised')).toMatchObject({ truncated: true })
    expect(one(client, 'ResponseReceived')).toMatchObject({ truncated: true })
  })

  it('the next block begins anew', () => {
    const server = serving({ maxHeaderFields: 5 })
    const long = Array.from({ length: 12 }, (_, i) => [`x-${i}`, 'v'] as const)
    server.receive(headers(1, literals(...getFields, ...long), END_STREAM))
    const event = one(
      server.receive(headers(3, literals(...getFields), END_STREAM)),
      'RequestReceived',
    )
    expect([event.truncated, event.headers]).toEqual([false, getFields])
  })

  it('a dropped field still counts for HPACK: the table stays the peer’s', () => {
    const server = serving({ maxHeaderFields: 4 })
    const indexed = join(Uint8Array.of(0x40), hpackString('x-kept'), hpackString('by both'))
    server.receive(headers(1, join(literals(...getFields), indexed), END_STREAM))
    const block = join(literals(...getFields.slice(0, 3)), Uint8Array.of(0x84), Uint8Array.of(0xbe))
    const event = one(server.receive(headers(3, block, END_STREAM)), 'RequestReceived')
    expect(event.headers).toEqual(getFields) // x-kept is the fifth again
    expect(event.truncated).toBe(true)
  })
})

describe('a header block that is abandoned leaves nothing to another stream', () => {
  const secret = ['x-secret', 'of stream 1'] as const
  const invalid = ['Bad-Name', 'upper case is malformed (RFC 9113 §8.2.1)'] as const
  /** A request whose block breaks off in the middle: `secret` was told, then the block was dropped. */
  const abandoned = headers(1, literals(...getFields, secret, invalid, secret), END_STREAM)

  function fieldsOf(events: readonly SessionEvent[]): string {
    return JSON.stringify(events.map((event) => ('headers' in event ? event.headers : [])))
  }

  it('the stream is reset, and no event has its fields', () => {
    const server = serving()
    const events = server.receive(abandoned)
    expect(only(events, 'RequestReceived')).toEqual([])
    expect(one(events, 'InvalidFrameReceived')).toMatchObject({ streamId: 1 })
    expect(wire(server.bytesToSend())).toEqual(['RST_STREAM(1) PROTOCOL_ERROR'])
  })

  it('followed by a request', () => {
    const server = serving()
    const events = server.receive(join(abandoned, headers(3, literals(...getFields), END_STREAM)))
    expect(one(events, 'RequestReceived')).toMatchObject({ streamId: 3, headers: getFields })
  })

  it('followed by empty trailers of another stream', () => {
    const server = serving()
    server.receive(headers(1, literals(...postFields)))
    const other = headers(3, literals(...getFields, secret, invalid), END_STREAM)
    const events = server.receive(join(other, headers(1, new Uint8Array(), END_STREAM)))
    expect(one(events, 'TrailersReceived')).toMatchObject({ streamId: 1, headers: [] })
    expect(fieldsOf(events)).not.toContain('secret')
  })

  it('followed by a block that is cut at its first field', () => {
    const server = serving({ maxHeaderListSize: 400 })
    server.receive(headers(1, literals(...postFields)))
    const other = headers(3, literals(...getFields, secret, invalid), END_STREAM)
    const trailers = headers(1, literals(['x-long', 'v'.repeat(500)]), END_STREAM)
    const events = server.receive(join(other, trailers))
    expect(one(events, 'TrailersReceived')).toMatchObject({
      streamId: 1,
      truncated: true,
      headers: [],
    })
    expect(fieldsOf(events)).not.toContain('secret')
  })

  it('in several calls, with CONTINUATION', () => {
    const server = serving()
    server.receive(headers(1, literals(...postFields)))
    const block = literals(...getFields, secret, invalid, secret)
    const broken = join(
      frame(Type.HEADERS, END_STREAM, 3, block.subarray(0, 60)),
      frame(Type.CONTINUATION, END_HEADERS, 3, block.subarray(60)),
    )
    const events: SessionEvent[] = []
    for (const byte of join(broken, headers(1, new Uint8Array(), END_STREAM))) {
      events.push(...server.receive(Uint8Array.of(byte)))
    }
    expect(one(events, 'TrailersReceived')).toMatchObject({ streamId: 1, headers: [] })
    expect(fieldsOf(events)).not.toContain('secret')
  })

  it('a refused push does not either', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    const bytes = join(
      frame(
        Type.PUSH_PROMISE,
        END_HEADERS,
        id,
        join(Uint8Array.of(0, 0, 0, 2), literals(...getFields, secret, invalid)),
      ),
      headers(id, literals([':status', '200'])),
      headers(id, new Uint8Array(), END_STREAM),
    )
    const events = pair.client.receive(bytes)
    expect(only(events, 'PushPromised')).toEqual([])
    expect(fieldsOf(events)).not.toContain('secret')
    one(events, 'TrailersReceived')
  })
})

describe('malformed messages (RFC 9113 §8)', () => {
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<readonly [string, string]>]> = [
    ['upper case in a name', [...getFields, ['X-Upper', 'v']]],
    ['a line break in a value', [...getFields, ['x', 'a\r\nb']]],
    ['NUL in a value', [...getFields, ['x', 'a\0b']]],
    ['a space before a value', [...getFields, ['x', ' v']]],
    ['connection', [...getFields, ['connection', 'close']]],
    ['transfer-encoding', [...getFields, ['transfer-encoding', 'chunked']]],
    ['te other than trailers', [...getFields, ['te', 'gzip']]],
    ['no :path', getFields.slice(0, 3)],
    ['an empty :path', [...getFields.slice(0, 3), [':path', '']]],
    ['no :method', getFields.slice(1)],
    ['two :path', [...getFields, [':path', '/b']]],
    ['a pseudo-header field after others', [...getFields.slice(0, 3), ['a', 'b'], [':path', '/']]],
    ['an unknown pseudo-header field', [...getFields, [':unknown', 'v']]],
    ['a pseudo-header field of a response', [...getFields, [':status', '200']]],
    [
      'a userinfo in :authority',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':authority', 'u@x'],
        [':path', '/'],
      ],
    ],
    ['content-length that is no number', [...getFields, ['content-length', '1a']]],
    [
      'two different content-length',
      [...getFields, ['content-length', '1'], ['content-length', '2']],
    ],
    ['content-length without a body', [...getFields, ['content-length', '5']]],
  ]
  it.each(cases)('%s: the stream is reset, the connection goes on', (_, fields) => {
    const server = serving()
    const events = server.receive(headers(1, literals(...fields), END_STREAM))
    expect(only(events, 'RequestReceived')).toEqual([])
    expect(wire(server.bytesToSend())).toEqual(['RST_STREAM(1) PROTOCOL_ERROR'])
    one(server.receive(headers(3, literals(...getFields), END_STREAM)), 'RequestReceived')
  })

  it('enforceMessaging false: the application looks itself', () => {
    const server = Session.server({ enforceMessaging: false })
    const events = server.receive(
      join(hello(), headers(1, literals(['Anything', 'goes']), END_STREAM)),
    )
    expect(one(events, 'RequestReceived').headers).toEqual([['Anything', 'goes']])
  })

  it('a diagnostic says what was wrong, for a log', () => {
    const server = serving()
    const events = server.receive(headers(1, literals(...getFields, ['X-Upper', 'v']), END_STREAM))
    const { error } = one(events, 'DiagnosticReported')
    expect(error.code).toBe('NGHTTP2_ERR_HTTP_HEADER')
    expect(error.message).toBe(
      'Invalid HTTP header field was received: frame type: 1, stream: 1, name: [X-Upper], value: [v]',
    )
  })

  it('quiet: neither diagnostics nor window updates are told', () => {
    const server = Session.server({ quiet: true })
    const update = frame(Type.WINDOW_UPDATE, 0, 0, Uint8Array.of(0, 0, 0, 9))
    const wrong = headers(1, literals(...getFields, ['X', 'v']), END_STREAM)
    const types = server.receive(join(hello(), update, wrong)).map((event) => event.type)
    expect(types).toEqual(['SettingsReceived', 'InvalidFrameReceived'])
  })
})
