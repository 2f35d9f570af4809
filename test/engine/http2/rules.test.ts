/** Rules for a peer that nghttp2 leaves to its user, or enforces more strictly: wasm/http2/rules.c. */
import { describe, expect, it } from 'vitest'
import { Session, type SessionEvent } from '../../../src/engine/index.ts'
import {
  END_STREAM,
  Type,
  frame,
  getFields,
  headers,
  hello,
  join,
  literals,
  wire,
} from '../../support/engine/frames.ts'
import { codeOf } from '../../support/engine/errors.ts'
import { Pair, one, only, openStream, request } from '../../support/engine/pair.ts'

const get = (id: number): Uint8Array => headers(id, literals(...getFields), END_STREAM)

function serving(options: Parameters<typeof Session.server>[0] = {}): Session {
  const server = Session.server(options)
  server.receive(join(hello(), frame(Type.SETTINGS, 1)))
  server.bytesToSend()
  return server
}

describe('RST_STREAM on a stream that was not opened (RFC 9113 §5.1, §6.8)', () => {
  const reset = frame(Type.RST_STREAM, 0, 5, new Uint8Array([0, 0, 0, 8]))

  it('ends the connection with PROTOCOL_ERROR', () => {
    const server = serving()
    server.receive(get(1))
    server.receive(reset)
    expect(wire(server.bytesToSend())).toEqual(['GOAWAY 1 PROTOCOL_ERROR'])
  })

  it.each(['submitGoaway', 'submitShutdownNotice'] as const)('is discarded behind %s', (says) => {
    const server = serving()
    server.receive(get(1))
    server[says]()
    server.bytesToSend()
    for (const byte of reset) server.receive(Uint8Array.of(byte))
    server.submitResponse(1, [[':status', '200']])
    expect(wire(server.bytesToSend())).toEqual(['HEADERS(1) end'])
  })
})

describe('a stream id lower than one already used (RFC 9113 §5.1.1)', () => {
  const answers = (...ids: number[]): { events: SessionEvent[]; sent: string[] } => {
    const server = serving()
    const events = server.receive(join(...ids.map(get)))
    return { events, sent: wire(server.bytesToSend()) }
  }

  it.each([[[5, 3]], [[3, 1]], [[1, 7, 5]], [[1, 7, 3]], [[9, 11, 21, 19]]])(
    '%j ends the connection with PROTOCOL_ERROR',
    (ids) => {
      const { events, sent } = answers(...ids)
      expect(sent).toEqual([`GOAWAY ${Math.max(...ids)} PROTOCOL_ERROR`])
      expect(only(events, 'RequestReceived').map(({ streamId }) => streamId)).toEqual(
        ids.slice(0, -1),
      )
      expect(one(events, 'InvalidFrameReceived')).toMatchObject({ streamId: ids.at(-1) })
    },
  )

  it.each([[[1, 3, 5]], [[1, 5, 9]], [[3]], [[1, 101, 103]]])(
    '%j does not end the connection',
    (ids) => {
      const { events, sent } = answers(...ids)
      expect(sent).toEqual([])
      expect(only(events, 'RequestReceived')).toHaveLength(ids.length)
    },
  )

  it('trailers that cross our RST_STREAM do not end the connection', () => {
    const server = serving()
    server.receive(headers(1, literals(...getFields)))
    server.submitRstStream(1)
    server.bytesToSend()
    server.receive(join(headers(1, literals(['x-sum', '1']), END_STREAM), get(3)))
    expect(wire(server.bytesToSend())).toEqual([])
  })
})

describe('HEADERS and DATA on a stream that the client has closed (RFC 9113 §5.1)', () => {
  const open = (id: number): Uint8Array => headers(id, literals(...getFields))
  const trailers = (id: number): Uint8Array => headers(id, literals(['x-sum', '1']), END_STREAM)
  const data = (id: number): Uint8Array => frame(Type.DATA, END_STREAM, id, new Uint8Array(9))
  const cancel = (id: number): Uint8Array =>
    frame(Type.RST_STREAM, 0, id, Uint8Array.of(0, 0, 0, 8))
  const answer = (server: Session, id: number): void => {
    server.submitResponse(id, { ':status': '200' })
    server.bytesToSend()
  }
  /** What the server sends when it gets `bytes`, at once and one by one. */
  function sent(server: () => Session, bytes: Uint8Array): string[] {
    const [whole, cut] = [server(), server()]
    whole.receive(bytes)
    for (const byte of bytes) cut.receive(Uint8Array.of(byte))
    const all = wire(whole.bytesToSend())
    expect(wire(cut.bytesToSend())).toEqual(all)
    return all
  }

  it.each([
    ['HEADERS', trailers],
    ['DATA', data],
  ])('%s: STREAM_CLOSED, after END_STREAM and after RST_STREAM', (_, late) => {
    const answered = (): Session => {
      const server = serving()
      server.receive(join(get(1), open(3)))
      answer(server, 1)
      return server
    }
    expect(sent(answered, late(1))).toEqual(['GOAWAY 3 STREAM_CLOSED'])
    expect(sent(answered, join(cancel(3), late(3)))).toEqual(['GOAWAY 3 STREAM_CLOSED'])
  })

  it.each([
    ['HEADERS', trailers],
    ['DATA', data],
  ])('%s: PROTOCOL_ERROR on a stream that was skipped', (_, late) => {
    expect(sent(serving, join(open(1), open(5), late(3)))).toEqual(['GOAWAY 5 PROTOCOL_ERROR'])
    const far = 2 ** 31 - 3
    expect(sent(serving, join(open(1), open(far), late(3)))).toEqual([
      `GOAWAY ${far} PROTOCOL_ERROR`,
    ])
  })

  it.each([
    ['HEADERS', trailers],
    ['DATA', data],
  ])('%s that crosses our RST_STREAM is harmless', (_, late) => {
    const reset = (): Session => {
      const server = serving({ settings: { maxConcurrentStreams: 1 } })
      server.receive(join(open(1), open(3))) // stream 3 is refused
      server.submitRstStream(1)
      expect(wire(server.bytesToSend())).toEqual([
        'RST_STREAM(3) REFUSED_STREAM',
        'RST_STREAM(1) CANCEL',
      ])
      return server
    }
    expect(sent(reset, join(late(1), late(3)))).toEqual([])
    expect(sent(reset, join(cancel(1), late(1)))).toEqual(['GOAWAY 1 STREAM_CLOSED'])
  })

  it('is remembered of 512 streams, and a stream that stays open is served', () => {
    const server = serving({ settings: { maxConcurrentStreams: 10 } })
    server.receive(open(1))
    for (let id = 3; id <= 1201; id += 2) {
      server.receive(get(id))
      answer(server, id)
    }
    expect(one(server.receive(trailers(1)), 'TrailersReceived').streamId).toBe(1)
    answer(server, 1)
    // What is older may have crossed a reset.
    server.receive(join(trailers(177), data(177)))
    expect(wire(server.bytesToSend())).toEqual([])
    server.receive(data(179))
    expect(wire(server.bytesToSend())).toEqual(['GOAWAY 1201 STREAM_CLOSED'])
  })

  it('does not concern the streams of the server, nor a client', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    const promised = pair.server.submitPushPromise(id, request)
    pair.server.submitResponse(promised, { ':status': '200' })
    pair.server.submitResponse(id, { ':status': '200' })
    pair.flow()
    pair.client.receive(join(data(id), data(promised)))
    pair.server.receive(data(promised))
    expect(wire(pair.server.bytesToSend())).toEqual([])
    expect(wire(pair.client.bytesToSend())).toEqual([])
  })
})

it('PRIORITY on stream 0 ends the connection with PROTOCOL_ERROR (RFC 9113 §6.3)', () => {
  for (const session of [serving(), Pair.open().client]) {
    session.receive(frame(Type.PRIORITY, 0, 0, new Uint8Array(5)))
    expect(wire(session.bytesToSend())).toEqual(['GOAWAY 0 PROTOCOL_ERROR'])
  }
})

describe('HEADERS on an open tunnel are a stream error (RFC 9113 §8.5)', () => {
  const connect = { ':method': 'CONNECT', ':authority': 'db.example:5432' }
  const ok = { ':status': '200' }

  function tunnel(): { pair: Pair; id: number } {
    const pair = Pair.open()
    const id = pair.client.submitRequest(connect, { endStream: false, halfClose: true })
    pair.flow()
    pair.server.submitResponse(id, ok, { endStream: false, halfClose: true })
    pair.flow()
    return { pair, id }
  }

  it('from a client', () => {
    const { pair, id } = tunnel()
    pair.client.sendData(id, 'before')
    const { server } = pair.flow()
    server.push(...pair.server.receive(headers(id, literals(['x-sum', '1']), END_STREAM)))
    const { client } = pair.flow()
    expect(only(server, 'TrailersReceived')).toEqual([])
    expect(one(server, 'InvalidFrameReceived').streamId).toBe(id)
    expect(one(client, 'StreamReset')).toMatchObject({ streamId: id, errorCode: 1 })
    const other = openStream(pair)
    pair.server.submitResponse(other, ok)
    expect(one(pair.flow().client, 'ResponseReceived').streamId).toBe(other)
  })

  it('from a server', () => {
    const { pair, id } = tunnel()
    const trailers = headers(id, literals(['x-sum', '1']), END_STREAM)
    const events = pair.client.receive(trailers)
    expect(only(events, 'TrailersReceived')).toEqual([])
    expect(one(events, 'InvalidFrameReceived').streamId).toBe(id)
    expect(wire(pair.client.bytesToSend())).toEqual([`RST_STREAM(${id}) PROTOCOL_ERROR`])
  })

  it('and are not sent', () => {
    const { pair, id } = tunnel()
    for (const session of [pair.client, pair.server]) {
      expect(codeOf(() => session.submitTrailers(id, { 'x-sum': '1' }))).toBe(
        'NGHTTP2_ERR_INVALID_STREAM_STATE',
      )
      expect(session.bytesToSend()).toHaveLength(0)
    }
  })

  it('but not before the tunnel is open: 103, then 200', () => {
    const pair = Pair.open()
    const id = pair.client.submitRequest(connect, { endStream: false, halfClose: true })
    pair.flow()
    pair.server.submitInformational(id, { ':status': '103' })
    pair.server.submitResponse(id, ok, { endStream: false, halfClose: true })
    const { client } = pair.flow()
    expect(one(client, 'ResponseReceived').streamId).toBe(id)
    expect(only(client, 'StreamReset')).toEqual([])
  })

  it('nor where CONNECT was refused, with trailers', () => {
    const pair = Pair.open()
    const id = pair.client.submitRequest(connect, { endStream: false, halfClose: true })
    pair.flow()
    pair.server.submitResponse(id, { ':status': '502' }, { endStream: false })
    pair.server.submitTrailers(id, { 'x-why': 'down' })
    expect(one(pair.flow().client, 'TrailersReceived').streamId).toBe(id)
  })
})

describe('a setting of ours holds once it is acknowledged (RFC 9113 §6.5.3)', () => {
  it('maxConcurrentStreams, lowered: what is open stays, and what is too much is refused', () => {
    const pair = Pair.open()
    const open = [1, 2, 3].map(() => openStream(pair))
    pair.server.submitSettings({ maxConcurrentStreams: 1 })
    pair.server.bytesToSend()
    const { server, client } = pair
    // The client does not know of it yet.
    const late = client.submitRequest(request)
    const events = server.receive(client.bytesToSend())
    expect(only(events, 'RequestReceived')).toEqual([])
    expect(wire(server.bytesToSend())).toEqual([`RST_STREAM(${late}) REFUSED_STREAM`])
    for (const id of open) server.submitResponse(id, { ':status': '200' })
    client.receive(server.bytesToSend())
    expect(server.setting('local', 'maxConcurrentStreams')).not.toBe(1)
  })

  it('maxConcurrentStreams, raised again', () => {
    const server = serving({ settings: { maxConcurrentStreams: 1 } })
    server.submitSettings({ maxConcurrentStreams: 3 })
    server.bytesToSend()
    server.receive(frame(Type.SETTINGS, 1))
    expect(server.setting('local', 'maxConcurrentStreams')).toBe(3)
    expect(only(server.receive(join(get(1), get(3), get(5))), 'RequestReceived')).toHaveLength(3)
    server.receive(get(7))
    expect(wire(server.bytesToSend())).toEqual(['RST_STREAM(7) REFUSED_STREAM'])
  })

  it('maxHeaderListSize: a longer block is truncated', () => {
    const server = serving()
    const long = (id: number): Uint8Array =>
      headers(id, literals(...getFields, ['x-long', 'v'.repeat(2000)]), END_STREAM)
    server.submitSettings({ maxHeaderListSize: 1000 })
    server.bytesToSend()
    expect(one(server.receive(long(1)), 'RequestReceived').truncated).toBe(false)
    server.receive(frame(Type.SETTINGS, 1))
    expect(one(server.receive(long(3)), 'RequestReceived').truncated).toBe(true)
  })

  it('maxFrameSize, initialWindowSize', () => {
    const server = serving({ settings: { maxFrameSize: 20_000 } })
    server.submitSettings({ maxFrameSize: 16_384 })
    server.bytesToSend()
    server.receive(frame(Type.SETTINGS, 1))
    server.receive(join(headers(1, literals(...getFields)), frame(0, 0, 1, new Uint8Array(17_000))))
    expect(wire(server.bytesToSend())).toEqual(['GOAWAY 1 FRAME_SIZE_ERROR'])
  })
})

describe('ALTSVC (RFC 7838 §4)', () => {
  it('with an empty value is not sent', () => {
    const { server } = Pair.open()
    expect(codeOf(() => server.submitAltsvc(0, 'https://x', ''))).toBe('ERR_INVALID_ARGUMENT')
    expect(server.bytesToSend()).toHaveLength(0)
  })

  it('nor with a value that is no field value', () => {
    const { server } = Pair.open()
    for (const value of ['h2=":1"\r\nx: y', 'ä\u0000', 'h3=":443" ☃']) {
      expect(codeOf(() => server.submitAltsvc(0, 'https://x', value))).toBe('ERR_INVALID_ARGUMENT')
    }
  })
})
