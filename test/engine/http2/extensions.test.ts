import { describe, expect, it } from 'vitest'
import { Session } from '../../../src/engine/index.ts'
import { Type, frame, hello, join, text, wire } from '../../support/engine/frames.ts'
import { Pair, one, only, openStream } from '../../support/engine/pair.ts'
import { codeOf } from '../../support/engine/errors.ts'

describe('ALTSVC (RFC 7838 §4)', () => {
  it('for an origin, on stream 0', () => {
    const pair = Pair.open()
    pair.server.submitAltsvc(0, 'https://example.com', 'h2="alt.example.com:8000"; ma=60')
    expect(one(pair.flow().client, 'AlternativeServiceReceived')).toEqual({
      type: 'AlternativeServiceReceived',
      streamId: 0,
      origin: 'https://example.com',
      value: 'h2="alt.example.com:8000"; ma=60',
    })
  })

  it("for a request's origin, on its stream", () => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitAltsvc(id, '', 'clear')
    expect(one(pair.flow().client, 'AlternativeServiceReceived')).toMatchObject({
      streamId: id,
      origin: '',
      value: 'clear',
    })
  })

  it('is the server’s to send, and needs either an origin or a stream', () => {
    const pair = Pair.open()
    expect(codeOf(() => pair.client.submitAltsvc(0, 'https://x', 'clear'))).toBe(
      'NGHTTP2_ERR_INVALID_STATE',
    )
    expect(codeOf(() => pair.server.submitAltsvc(0, '', 'clear'))).toBe(
      'NGHTTP2_ERR_INVALID_ARGUMENT',
    )
  })
})

describe('ORIGIN (RFC 8336)', () => {
  it('lists origins, also none', () => {
    const pair = Pair.open()
    const origins = ['https://a.example', 'https://b.example:8443', 'https://c']
    pair.server.submitOrigin(origins)
    expect(one(pair.flow().client, 'OriginReceived').origins).toEqual(origins)
    pair.server.submitOrigin([])
    expect(one(pair.flow().client, 'OriginReceived').origins).toEqual([])
  })

  it('is the server’s to send', () => {
    expect(codeOf(() => Session.client().submitOrigin(['https://a']))).toBe(
      'NGHTTP2_ERR_INVALID_STATE',
    )
  })
})

describe('frames of unknown types (RFC 9113 §5.5)', () => {
  it.each([0, 1, 9, 16_384])('go both ways with %i bytes', (length) => {
    const pair = Pair.open()
    const payload = Uint8Array.from({ length }, (_, i) => i)
    const id = openStream(pair)
    pair.client.submitUnknownFrame(0xf0, 0x5, id, payload)
    pair.server.submitUnknownFrame(0x0b, 0xff, 0, payload)
    const { client, server } = pair.flow()
    expect(one(server, 'UnknownFrameReceived')).toEqual({
      type: 'UnknownFrameReceived',
      frameType: 0xf0,
      flags: 0x5,
      streamId: id,
      payload,
    })
    expect(one(client, 'UnknownFrameReceived')).toMatchObject({
      frameType: 0x0b,
      flags: 0xff,
      streamId: 0,
    })
  })

  it('many, each with its own payload', () => {
    const pair = Pair.open()
    for (let i = 0; i < 100; i++) pair.client.submitUnknownFrame(0xf0, 0, 0, Uint8Array.of(i))
    const seen = only(pair.flow().server, 'UnknownFrameReceived')
    expect(seen.map((event) => event.payload[0])).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  it('are ignored where unknownFrames is off', () => {
    const server = Session.server({ unknownFrames: false })
    const events = server.receive(join(hello(), frame(0xf0, 0, 0, text('hello'))))
    expect(only(events, 'UnknownFrameReceived')).toEqual([])
    expect(server.wantRead).toBe(true)
  })

  it('give their memory back, whether sent, not sent or never', () => {
    const pair = Pair.open()
    const before = pair.client.memoryUsed
    pair.client.submitUnknownFrame(0xf0, 0, 0, new Uint8Array(10_000))
    expect(pair.client.memoryUsed).toBeGreaterThan(before + 10_000)
    pair.flow()
    expect(pair.client.memoryUsed).toBe(before)
    pair.client.submitUnknownFrame(0xf0, 0, 0, new Uint8Array(10_000))
    pair.client.terminate()
    const { client } = pair.flow()
    expect(one(client, 'FrameNotSent').error.code).toBe('NGHTTP2_ERR_SESSION_CLOSING')
    expect(pair.client.memoryUsed).toBeLessThan(before + 5000)
  })

  it('known types and payloads beyond 16 KiB are refused', () => {
    const { client } = Pair.open()
    const none = new Uint8Array()
    for (const type of [
      Type.DATA,
      Type.CONTINUATION,
      Type.ALTSVC,
      Type.ORIGIN,
      Type.PRIORITY_UPDATE,
    ]) {
      expect(codeOf(() => client.submitUnknownFrame(type, 0, 0, none))).toBe(
        'NGHTTP2_ERR_INVALID_ARGUMENT',
      )
    }
    expect(codeOf(() => client.submitUnknownFrame(0xf0, 0, 0, new Uint8Array(16_385)))).toBe(
      'ERR_INVALID_ARGUMENT',
    )
    expect(wire(client.bytesToSend())).toEqual([])
  })
})

describe('unknown frames that wait', () => {
  it('each cost the same to send, however many there are', () => {
    const session = Session.server()
    const payload = new Uint8Array(1)
    const count = 40_000
    for (let i = 0; i < count; i++) session.submitUnknownFrame(0xf0, 0, 0, payload)
    const start = performance.now()
    const sent = session.bytesToSend()
    // A few milliseconds; seconds when each is looked for among all.
    expect(performance.now() - start).toBeLessThan(500)
    expect(sent.length).toBeGreaterThan(10 * count)
    session.dispose()
  })
})
