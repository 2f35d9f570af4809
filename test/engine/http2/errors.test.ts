import { describe, expect, it } from 'vitest'
import { ErrorCode, HTTP2Error, Session, errorCodeName } from '../../../src/engine/index.ts'
import { getFields } from '../../support/engine/frames.ts'
import { Pair, one, only, openStream, post, request } from '../../support/engine/pair.ts'
import { codeOf, errorOf } from '../../support/engine/errors.ts'

describe('an HTTP2Error of the engine', () => {
  it('has a stable code, nghttp2’s number and message, and the stream', () => {
    const pair = Pair.open()
    const error = errorOf(() => pair.server.submitResponse(7, { ':status': '200' }))
    expect(error).toBeInstanceOf(HTTP2Error)
    expect(error.name).toBe('HTTPError')
    expect(error.code).toBe('NGHTTP2_ERR_STREAM_CLOSED')
    expect(error.errno).toBe(-510)
    expect(error.streamId).toBe(7)
    expect(error.message).toBe('response on stream 7: Stream was already closed or invalid')
  })

  it('the codes of RFC 9113 §7 have names', () => {
    expect(errorCodeName(ErrorCode.CANCEL)).toBe('CANCEL')
    expect(errorCodeName(13)).toBe('HTTP_1_1_REQUIRED')
    expect(errorCodeName(0xfa)).toBe('0xfa')
  })
})

describe('verbs on streams that are closed or never were', () => {
  const ids = (pair: Pair): number[] => {
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '204' })
    pair.flow()
    return [id, 99]
  }

  it('responses, 1xx and pushes are NGHTTP2_ERR_STREAM_CLOSED', () => {
    const pair = Pair.open()
    for (const id of ids(pair)) {
      for (const body of [undefined, new Uint8Array(10), new Uint8Array(10_000)]) {
        const options = body ? { body } : {}
        expect(codeOf(() => pair.server.submitResponse(id, { ':status': '200' }, options))).toBe(
          'NGHTTP2_ERR_STREAM_CLOSED',
        )
      }
      expect(codeOf(() => pair.server.submitInformational(id, { ':status': '103' }))).toBe(
        'NGHTTP2_ERR_STREAM_CLOSED',
      )
      expect(codeOf(() => pair.server.submitPushPromise(id, request))).toBe(
        'NGHTTP2_ERR_STREAM_CLOSED',
      )
    }
    expect(pair.flow().server).toEqual([])
  })

  it('data and trailers are NGHTTP2_ERR_INVALID_STREAM_STATE', () => {
    const pair = Pair.open()
    for (const id of ids(pair)) {
      expect(codeOf(() => pair.server.sendData(id, new Uint8Array(1)))).toBe(
        'NGHTTP2_ERR_INVALID_STREAM_STATE',
      )
      expect(codeOf(() => pair.server.submitTrailers(id, { a: 'b' }))).toBe(
        'NGHTTP2_ERR_INVALID_STREAM_STATE',
      )
      expect(pair.server.bufferedAmount(id)).toBe(0)
    }
  })

  it('RST_STREAM, WINDOW_UPDATE and consume are done with, because both ends may close at once', () => {
    const pair = Pair.open()
    for (const id of ids(pair)) {
      pair.server.submitRstStream(id)
      pair.server.submitWindowUpdate(id, 1000)
      pair.server.consume(id, 10)
      expect(pair.server.streamState(id)).toBeUndefined()
    }
    const { client } = pair.flow()
    expect(only(client, 'StreamReset')).toEqual([])
    expect(only(client, 'GoawayReceived')).toEqual([])
  })

  it('stream 0 is no stream', () => {
    const { server, client } = Pair.open()
    for (const session of [server, client]) {
      expect(() => session.submitResponse(0, { ':status': '200' })).toThrow(HTTP2Error)
      expect(() => session.submitRstStream(0)).toThrow(HTTP2Error)
      expect(() => session.sendData(0, new Uint8Array(1))).toThrow(HTTP2Error)
    }
  })
})

describe('a verb in the wrong order is refused', () => {
  it('a second body', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    const body = new Uint8Array(10)
    pair.server.submitResponse(id, { ':status': '200' }, { body })
    expect(codeOf(() => pair.server.submitResponse(id, { ':status': '200' }, { body }))).toBe(
      'NGHTTP2_ERR_DATA_EXIST',
    )
    expect(codeOf(() => pair.server.sendData(id, body))).toBe('NGHTTP2_ERR_INVALID_STREAM_STATE')
  })

  it('data, or trailers, after the end', () => {
    const pair = Pair.open()
    const id = openStream(pair, post)
    pair.server.submitResponse(id, { ':status': '200' }, { endStream: false, halfClose: true })
    pair.server.sendData(id, new Uint8Array(3), true)
    expect(codeOf(() => pair.server.sendData(id, new Uint8Array(3)))).toBe(
      'NGHTTP2_ERR_INVALID_STREAM_STATE',
    )
    expect(codeOf(() => pair.server.submitTrailers(id, { a: 'b' }))).toBe(
      'NGHTTP2_ERR_INVALID_STREAM_STATE',
    )
    expect(pair.server.bufferedAmount(id)).toBe(3)
  })

  it('trailers twice, or after a body that has gone out', () => {
    const pair = Pair.open()
    const id = openStream(pair, post)
    pair.server.submitResponse(id, { ':status': '200' }, { body: new Uint8Array(5) })
    pair.server.submitTrailers(id, { a: 'b' })
    expect(codeOf(() => pair.server.submitTrailers(id, { a: 'b' }))).toBe(
      'NGHTTP2_ERR_INVALID_STREAM_STATE',
    )

    const client = Pair.open().client
    const upload = client.submitRequest(post, { body: new Uint8Array(5) })
    client.bytesToSend() // the stream stays: its answer is to come
    expect(client.streamState(upload)).toBe('localClosed')
    expect(codeOf(() => client.submitTrailers(upload, { a: 'b' }))).toBe(
      'NGHTTP2_ERR_INVALID_STREAM_STATE',
    )
  })

  it('a server that makes requests', () => {
    const { server } = Pair.open()
    for (const options of [{}, { body: new Uint8Array(3) }]) {
      expect(codeOf(() => server.submitRequest(request, options))).toBe('NGHTTP2_ERR_PROTO')
    }
  })

  it('a request after GOAWAY', () => {
    const pair = Pair.open()
    pair.server.submitGoaway()
    pair.flow()
    expect(pair.client.isRequestAllowed).toBe(false)
    for (const options of [{}, { body: new Uint8Array(10) }, { endStream: false }]) {
      expect(codeOf(() => pair.client.submitRequest(post, options))).toBe(
        'NGHTTP2_ERR_START_STREAM_NOT_ALLOWED',
      )
    }
    expect(pair.client.bytesToSend()).toHaveLength(0)
  })

  it('a push after the client sent GOAWAY', () => {
    const pair = Pair.open({ client: { settings: { enablePush: true } } })
    const id = openStream(pair)
    pair.client.submitGoaway()
    pair.flow()
    expect(codeOf(() => pair.server.submitPushPromise(id, request))).toBe(
      'NGHTTP2_ERR_START_STREAM_NOT_ALLOWED',
    )
    pair.server.submitResponse(id, { ':status': '200' })
    expect(one(pair.flow().client, 'ResponseReceived').streamId).toBe(id)
  })

  it.each([
    ['that ends the stream', {}],
    ['with a body', { body: new Uint8Array(3) }],
    ['that goes on', { endStream: false }],
  ])('a second response, and 1xx behind the response: %s', (_, options) => {
    const pair = Pair.open()
    const { server } = pair
    const id = openStream(pair)
    server.submitResponse(id, { ':status': '200' }, options)
    const late = [
      () => server.submitResponse(id, { ':status': '204' }),
      () => server.submitResponse(id, { ':status': '200' }, { body: new Uint8Array(9) }),
      () => server.submitInformational(id, { ':status': '103' }),
    ]
    for (const say of late) {
      expect(codeOf(say)).toMatch(/^NGHTTP2_ERR_(INVALID_STREAM_STATE|DATA_EXIST)$/)
    }
    const { client } = pair.flow()
    expect(one(client, 'ResponseReceived').headers[0]).toEqual([':status', '200'])
    for (const say of late) expect(codeOf(say)).toMatch(/^NGHTTP2_ERR_/)
    expect(server.bytesToSend()).toHaveLength(0)
  })

  it('messages after terminate()', () => {
    const pair = Pair.open({ client: { settings: { enablePush: true } } })
    const id = openStream(pair)
    pair.client.terminate()
    pair.server.terminate()
    for (const say of [
      () => pair.client.submitRequest(request),
      () => pair.server.submitResponse(id, { ':status': '200' }),
      () => pair.server.submitShortResponse(id, [':status', '200'], ''),
      () => pair.server.submitInformational(id, { ':status': '103' }),
      () => pair.server.submitPushPromise(id, request),
    ]) {
      expect(codeOf(say)).toBe('NGHTTP2_ERR_SESSION_CLOSING')
    }
  })

  it('a header block longer than maxSendHeaderBlock', () => {
    const pair = Pair.open({ server: { limits: { maxSendHeaderBlock: 1000 } } })
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '200', 'x-long': 'v'.repeat(2000) })
    const { server } = pair.flow()
    expect(one(server, 'FrameNotSent').error.code).toBe('NGHTTP2_ERR_FRAME_SIZE_ERROR')
    pair.server.submitResponse(id, { ':status': '500' })
    one(pair.flow().client, 'ResponseReceived')
  })

  it('does not matter for a failed response that had a body: another takes its place', () => {
    const pair = Pair.open({ server: { limits: { maxSendHeaderBlock: 1000 } } })
    const id = openStream(pair)
    const long = { ':status': '200', 'x-long': 'v'.repeat(2000) }
    pair.server.submitResponse(id, long, { body: new Uint8Array(10) })
    one(pair.flow().server, 'FrameNotSent')
    pair.server.submitResponse(id, { ':status': '500' }, { body: new Uint8Array(20) })
    expect(one(pair.flow().client, 'DataReceived').data).toHaveLength(20)

    const next = openStream(pair)
    pair.server.submitResponse(next, long, { body: new Uint8Array(5000).fill(1) })
    one(pair.flow().server, 'FrameNotSent')
    pair.server.submitResponse(next, { ':status': '500' }, { body: new Uint8Array(6000).fill(2) })
    const data = only(pair.flow().client, 'DataReceived')
    expect(data.every((event) => event.data.every((byte) => byte === 2))).toBe(true)
    expect(data.reduce((sum, event) => sum + event.data.length, 0)).toBe(6000)
  })
})

describe('dispose', () => {
  it('every verb and question afterwards is ERR_SESSION_DISPOSED', () => {
    const session = Session.server()
    session.dispose()
    session.dispose()
    const actions: (() => unknown)[] = [
      () => session.receive(new Uint8Array(1)),
      () => session.receive(new Uint8Array()),
      () => session.bytesToSend(),
      () => session.submitRequest(request),
      () => session.submitRequest(request, { body: new Uint8Array(1) }),
      () => session.submitResponse(1, { ':status': '200' }),
      () => session.submitResponseFields(1, [':status', '200'], {}),
      () => session.submitInformational(1, { ':status': '103' }),
      () => session.sendData(1, new Uint8Array(1)),
      () => session.submitTrailers(1, { a: 'b' }),
      () => session.submitPushPromise(1, request),
      () => session.submitRstStream(1),
      () => session.submitSettings({}),
      () => session.submitPing(),
      () => session.submitGoaway(0, 0),
      () => session.submitGoaway(),
      () => session.submitShutdownNotice(),
      () => session.terminate(),
      () => session.submitWindowUpdate(0, 1),
      () => session.setLocalWindowSize(0, 1),
      () => session.consume(1, 1),
      () => session.submitPriorityUpdate(1, 'u=1'),
      () => session.submitAltsvc(0, 'a', 'b'),
      () => session.submitOrigin([]),
      () => session.submitUnknownFrame(0xf0, 0, 0, new Uint8Array()),
      () => session.upgrade(new Uint8Array()),
      () => session.packSettings({}),
      () => session.priority(1),
      () => session.changePriority(1, { urgency: 1, incremental: false }),
      () => session.remoteWindowSize(),
      () => session.localWindowSize(1),
      () => session.unacknowledgedLength(),
      () => session.outboundQueueSize,
      () => session.lastProcessedStreamId,
      () => session.nextStreamId,
      () => session.isRequestAllowed,
      () => session.streamState(1),
      () => session.memoryUsed,
      () => session.headerTableSizes,
      () => session.setting('remote', 'enablePush'),
      () => session.counters,
      () => session.wantRead,
      () => session.wantWrite,
      () => session.handleTimeout(1e9),
    ]
    for (const action of actions)
      expect(codeOf(action), String(action)).toBe('ERR_SESSION_DISPOSED')
  })

  it('Symbol.dispose is the same', () => {
    const session = Session.server()
    session[Symbol.dispose]()
    expect(codeOf(() => session.submitPing())).toBe('ERR_SESSION_DISPOSED')
  })
})

describe('invalid fields', () => {
  const names = [
    '',
    ' ',
    'a b',
    'a:b',
    ':',
    ':path ',
    'ä',
    'a\r\nb',
    'a\0',
    'a\n',
    '\u212aey',
    'a\u0130',
  ]
  it.each(names)('name %j is refused', (name) => {
    const pair = Pair.open()
    const id = openStream(pair, post)
    const bad = [...getFields, [name, 'v']] as const
    expect(codeOf(() => pair.client.submitRequest(bad))).toBe('ERR_INVALID_FIELD_NAME')
    expect(codeOf(() => pair.server.submitResponse(id, [[name, 'v']]))).toBe(
      'ERR_INVALID_FIELD_NAME',
    )
    expect(codeOf(() => pair.server.submitInformational(id, [[name, 'v']]))).toBe(
      'ERR_INVALID_FIELD_NAME',
    )
    expect(codeOf(() => pair.server.submitPushPromise(id, bad))).toBe('ERR_INVALID_FIELD_NAME')
    expect(codeOf(() => pair.server.submitTrailers(id, { [name]: 'v' }))).toBe(
      'ERR_INVALID_FIELD_NAME',
    )
    expect(pair.client.bytesToSend()).toHaveLength(0)
  })

  const values = [
    'a\rb',
    'a\nb',
    'a\r\nset-cookie: x',
    '\0',
    'a\0',
    '\x7f',
    '\x1b[0m',
    'smile \u263a',
    'a\n',
  ]
  it.each(values)('value %j is refused, however often', (value) => {
    const { client } = Pair.open()
    for (let i = 0; i < 3; i++) {
      expect(codeOf(() => client.submitRequest({ ...request, 'x-v': value }))).toBe(
        'ERR_INVALID_FIELD_VALUE',
      )
    }
  })

  it('a value that is no string is refused, and numbers in an object are written out', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    const fields = ['x', Array.from({ length: 70 }, () => 'v'.repeat(5000))] as unknown as string[]
    expect(codeOf(() => pair.server.submitResponseFields(id, fields, {}))).toBe(
      'ERR_INVALID_FIELD_VALUE',
    )
    const numbers = { ':status': 204, 'x-n': [1, 2] } as unknown as Record<string, string>
    pair.server.submitResponse(id, numbers)
    expect(one(pair.flow().client, 'ResponseReceived').headers).toEqual([
      [':status', '204'],
      ['x-n', '1'],
      ['x-n', '2'],
    ])
  })

  it('white space around a value is not part of it (RFC 9113 §8.2.1)', () => {
    const pair = Pair.open()
    pair.client.submitRequest({ ...request, 'x-v': ' \t inner  space \t' })
    expect(one(pair.flow().server, 'RequestReceived').headers.at(-1)).toEqual([
      'x-v',
      'inner  space',
    ])
  })
})
