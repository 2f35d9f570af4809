import { describe, expect, it } from 'vitest'
import { Session } from '../../../src/engine/index.ts'
import {
  END_STREAM,
  Type,
  frame,
  headers,
  hello,
  isSame,
  join,
  literals,
  postFields,
  wire,
} from '../../support/engine/frames.ts'
import { Pair, one, only, openStream, post, request } from '../../support/engine/pair.ts'

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) >> 2)

describe('a request', () => {
  it('without a body', () => {
    const pair = Pair.open()
    expect(pair.client.nextStreamId).toBe(1)
    expect(
      pair.client.submitRequest({
        ...request,
        Accept: 'text/html',
        cookie: ['theme=a-dark-and-quiet-one', 'lang=a-long-one-that-is-rare'],
      }),
    ).toBe(1)
    expect(pair.client.nextStreamId).toBe(3)
    expect(pair.flow().server).toEqual([
      {
        type: 'RequestReceived',
        streamId: 1,
        headers: [
          [':method', 'GET'],
          [':scheme', 'http'],
          [':authority', 'x'],
          [':path', '/'],
          ['accept', 'text/html'],
          ['cookie', 'theme=a-dark-and-quiet-one'],
          ['cookie', 'lang=a-long-one-that-is-rare'],
        ],
        endStream: true,
        truncated: false,
      },
      { type: 'StreamEnded', streamId: 1 },
    ])
    expect(pair.client.streamState(1)).toBe('localClosed')
    expect(pair.server.streamState(1)).toBe('remoteClosed')
    expect(pair.server.lastProcessedStreamId).toBe(1)
  })

  // Below and above what crosses by value, and more than a frame takes.
  it.each([0, 1, 4096, 4097, 50_000])('with a body of %i bytes, whole', (length) => {
    const pair = Pair.open()
    const body = bytes(length)
    const id = pair.client.submitRequest(post, { body })
    const { server } = pair.flow()
    expect(one(server, 'RequestReceived').endStream).toBe(length === 0)
    expect(isSame(join(...only(server, 'DataReceived').map((event) => event.data)), body)).toBe(
      true,
    )
    expect(one(server, 'StreamEnded').streamId).toBe(id)
    expect(pair.client.bufferedAmount(id)).toBe(0)
  })

  it('with a body in pieces, as they come', () => {
    const pair = Pair.open()
    const id = pair.client.submitRequest(post, { endStream: false })
    expect(one(pair.flow().server, 'RequestReceived').endStream).toBe(false)
    pair.client.sendData(id, bytes(10))
    pair.client.sendData(id, new Uint8Array())
    pair.client.sendData(id, bytes(20))
    expect(pair.client.bufferedAmount(id)).toBe(30)
    const sent = only(pair.flow().server, 'DataReceived')
    expect(join(...sent.map((event) => event.data))).toEqual(join(bytes(10), bytes(20)))
    expect(only(pair.flow().server, 'StreamEnded')).toEqual([])
    pair.client.sendData(id, new Uint8Array(), true)
    one(pair.flow().server, 'StreamEnded')
  })

  it('with a first piece of the body, then more, then trailers', () => {
    const pair = Pair.open()
    const id = pair.client.submitRequest(post, { body: bytes(5), endStream: false })
    pair.client.sendData(id, bytes(6))
    pair.client.submitTrailers(id, { 'x-sum': '11' })
    const { server } = pair.flow()
    expect(server.map((event) => event.type)).toEqual([
      'RequestReceived',
      'DataReceived',
      'TrailersReceived',
      'StreamEnded',
    ])
    expect(one(server, 'TrailersReceived').headers).toEqual([['x-sum', '11']])
  })
})

describe('a response', () => {
  it.each([1, 4096, 4097, 50_000])('with a body of %i bytes, whole', (length) => {
    const pair = Pair.open()
    const id = openStream(pair)
    const body = bytes(length)
    pair.server.submitResponse(id, { ':status': '200', 'content-length': String(length) }, { body })
    const { client, server } = pair.flow()
    expect(one(client, 'ResponseReceived')).toEqual({
      type: 'ResponseReceived',
      streamId: id,
      headers: [
        [':status', '200'],
        ['content-length', String(length)],
      ],
      endStream: false,
      truncated: false,
    })
    expect(isSame(join(...only(client, 'DataReceived').map((event) => event.data)), body)).toBe(
      true,
    )
    one(client, 'StreamEnded')
    expect(one(client, 'StreamClosed')).toEqual({
      type: 'StreamClosed',
      streamId: id,
      errorCode: 0,
    })
    expect(one(server, 'StreamClosed')).toEqual({
      type: 'StreamClosed',
      streamId: id,
      errorCode: 0,
    })
    expect(pair.client.streamState(id)).toBeUndefined()
  })

  it('without a body', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitResponse(id, [[':status', '204']])
    expect(wire(pair.server.bytesToSend())).toEqual([`HEADERS(${id}) end`])
  })

  it('from names and values in turn', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitResponseFields(id, [':status', '200', 'Server', 'me'], {})
    expect(one(pair.flow().client, 'ResponseReceived').headers).toEqual([
      [':status', '200'],
      ['server', 'me'],
    ])
  })

  it.each(['short', 'naïve', '日本', 'x'.repeat(4096), '語'.repeat(4096)])(
    'with a text that is all of its body, the shortest way (%#)',
    (body) => {
      const pair = Pair.open()
      const id = openStream(pair)
      pair.server.submitShortResponse(id, [':status', '200'], body)
      const data = only(pair.flow().client, 'DataReceived').map((event) => event.data)
      expect(Buffer.concat(data).toString()).toBe(body)
    },
  )

  it('after several informational ones (RFC 9110 §15.2)', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitInformational(id, { ':status': '100' })
    pair.server.submitInformational(id, { ':status': '103', link: '</a.css>; rel=preload' })
    pair.server.submitResponse(id, { ':status': '200' })
    const { client } = pair.flow()
    expect(client.map((event) => event.type)).toEqual([
      'InformationalReceived',
      'InformationalReceived',
      'ResponseReceived',
      'StreamEnded',
      'StreamClosed',
    ])
    expect(only(client, 'InformationalReceived')[1]).toEqual({
      type: 'InformationalReceived',
      streamId: id,
      headers: [
        [':status', '103'],
        ['link', '</a.css>; rel=preload'],
      ],
    })
  })

  it.each([
    ['a held body', 100, true],
    ['a long body', 30_000, true],
    ['a streamed body', 100, false],
    ['no body', 0, false],
  ] as const)('with trailers after %s', (_, length, isWhole) => {
    const pair = Pair.open()
    const id = openStream(pair)
    const body = bytes(length)
    if (isWhole && length <= 4096) pair.server.submitResponse(id, { ':status': '200' }, { body })
    else pair.server.submitResponse(id, { ':status': '200' }, { body, endStream: false })
    pair.server.submitTrailers(id, { 'grpc-status': '0', 'grpc-message': 'fine' })
    const { client } = pair.flow()
    expect(isSame(join(...only(client, 'DataReceived').map((event) => event.data)), body)).toBe(
      true,
    )
    expect(one(client, 'TrailersReceived')).toEqual({
      type: 'TrailersReceived',
      streamId: id,
      headers: [
        ['grpc-status', '0'],
        ['grpc-message', 'fine'],
      ],
      truncated: false,
    })
    one(client, 'StreamEnded')
    expect(one(client, 'StreamClosed').errorCode).toBe(0)
  })

  it('to many requests at once, each its own', () => {
    const pair = Pair.open()
    const ids = Array.from({ length: 50 }, () => pair.client.submitRequest(request))
    pair.flow()
    for (const id of ids) {
      pair.server.submitResponse(
        id,
        { ':status': '200' },
        { body: new Uint8Array(id * 10).fill(id) },
      )
    }
    const { client } = pair.flow()
    const byStream = new Map<number, number>()
    for (const { streamId, data } of only(client, 'DataReceived')) {
      expect(data.every((byte) => byte === streamId)).toBe(true)
      byStream.set(streamId, (byStream.get(streamId) ?? 0) + data.length)
      pair.client.consume(streamId, data.length)
    }
    expect([...byStream]).toEqual(ids.map((id) => [id, id * 10]))
    expect(only(client, 'StreamClosed')).toHaveLength(50)
  })
})

describe('a server that has answered before the request ended (RFC 9113 §8.1)', () => {
  it('asks the client to stop', () => {
    const pair = Pair.open()
    const id = openStream(pair, post)
    pair.server.submitResponse(id, { ':status': '413' }, { body: bytes(10) })
    expect(wire(pair.server.bytesToSend())).toEqual([
      `HEADERS(${id})`,
      `DATA(${id}) 10 end`,
      `RST_STREAM(${id}) NO_ERROR`,
    ])
  })

  it('the client still has the whole answer', () => {
    const pair = Pair.open()
    const id = openStream(pair, post)
    pair.server.submitResponse(id, { ':status': '413' })
    const { client } = pair.flow()
    expect(client.map((event) => event.type)).toEqual([
      'ResponseReceived',
      'StreamEnded',
      'StreamReset',
      'StreamClosed',
    ])
    expect(one(client, 'StreamReset').errorCode).toBe(0)
  })

  it('says so after trailers as well', () => {
    const pair = Pair.open()
    const id = openStream(pair, post)
    pair.server.submitResponse(id, { ':status': '200' }, { body: bytes(3), endStream: false })
    pair.server.submitTrailers(id, { a: 'b' })
    expect(wire(pair.server.bytesToSend())).toEqual([
      `HEADERS(${id})`,
      `DATA(${id}) 3`,
      `HEADERS(${id}) end`,
      `RST_STREAM(${id}) NO_ERROR`,
    ])
  })

  it('says nothing when the request had ended', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '200' }, { body: bytes(10) })
    expect(wire(pair.server.bytesToSend())).toEqual([`HEADERS(${id})`, `DATA(${id}) 10 end`])
  })

  it('a client never does', () => {
    const pair = Pair.open()
    const id = pair.client.submitRequest(post, { body: bytes(10) })
    expect(wire(pair.client.bytesToSend())).toEqual([`HEADERS(${id})`, `DATA(${id}) 10 end`])
  })
})

describe('padding', () => {
  it('pads HEADERS and DATA, held and spliced, and is invisible behind', () => {
    const pair = Pair.open({ server: { padding: 100 }, client: { padding: 7 } })
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '200' }, { body: bytes(5000), endStream: false })
    pair.server.sendData(id, bytes(10), true)
    const out = pair.server.bytesToSend()
    for (const line of wire(out)) expect(line).toContain('padded')
    const data = only(pair.client.receive(out), 'DataReceived')
    expect(join(...data.map((event) => event.data))).toEqual(join(bytes(5000), bytes(10)))

    const held = openStream(pair)
    pair.server.submitResponse(held, { ':status': '200' }, { body: bytes(10) })
    const small = pair.server.bytesToSend()
    // Pad length octet, ten bytes, a hundred of padding.
    expect(wire(small)).toEqual([`HEADERS(${held}) padded`, `DATA(${held}) 110 padded end`])
    expect(one(pair.client.receive(small), 'DataReceived').data).toEqual(bytes(10))
  })

  it('that is received costs nothing but its window', () => {
    const server = Session.server()
    server.receive(join(hello(), headers(1, literals(...postFields))))
    const padded = join(Uint8Array.of(3), Uint8Array.of(1, 2), new Uint8Array(3))
    const events = server.receive(frame(Type.DATA, 0x8 | END_STREAM, 1, padded))
    expect(one(events, 'DataReceived').data).toEqual(Uint8Array.of(1, 2))
  })
})
