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
