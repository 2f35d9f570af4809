import { describe, expect, it } from 'vitest'
import { Session } from '../../../src/engine/index.ts'
import {
  Type,
  frame,
  headers,
  hello,
  join,
  literals,
  postFields,
  settings,
  u32,
  wire,
} from '../../support/engine/frames.ts'
import { Pair, one, only, openStream, post } from '../../support/engine/pair.ts'
import { codeOf } from '../../support/engine/errors.ts'

const KiB16 = new Uint8Array(16_384)

/** A server in the middle of a request with a body, after SETTINGS. */
function uploading(options: Parameters<typeof Session.server>[0] = {}): Session {
  const server = Session.server(options)
  server.receive(join(hello(), frame(Type.SETTINGS, 1), headers(1, literals(...postFields))))
  server.bytesToSend()
  return server
}

const data = (length: number, streamId = 1): Uint8Array =>
  frame(Type.DATA, 0, streamId, new Uint8Array(length))

describe('law 10: flow control belongs to the reader', () => {
  it('gives no window back until the application has read', () => {
    const server = uploading()
    for (let i = 0; i < 3; i++) server.receive(frame(Type.DATA, 0, 1, KiB16))
    expect(wire(server.bytesToSend())).toEqual([])
    expect(server.unacknowledgedLength()).toBe(3 * 16_384)
    expect(server.unacknowledgedLength(1)).toBe(3 * 16_384)
    expect(server.localWindowSize()).toBe(65_535 - 3 * 16_384)
    expect(server.localWindowSize(1)).toBe(65_535 - 3 * 16_384)

    server.consume(1, 3 * 16_384)
    expect(wire(server.bytesToSend())).toEqual(
      [`WINDOW_UPDATE(1) 49152`, `WINDOW_UPDATE 49152`].sort(),
    )
    expect(server.localWindowSize()).toBe(65_535)
    expect(server.localWindowSize(1)).toBe(65_535)
  })

  it('gives it back in portions, not with every byte', () => {
    const server = uploading()
    server.receive(data(10_000))
    server.consume(1, 10_000)
    expect(wire(server.bytesToSend())).toEqual([])
    server.receive(data(16_000))
    server.receive(data(10_000))
    server.consume(1, 26_000)
    expect(wire(server.bytesToSend()).sort()).toEqual([
      'WINDOW_UPDATE 36000',
      'WINDOW_UPDATE(1) 36000',
    ])
  })

  it('stops a sender whose reader does not read, and lets it go on when it does', () => {
    const pair = Pair.open()
    const id = pair.client.submitRequest(post, { body: new Uint8Array(200_000) })
    const first = pair.flow().server
    const received = only(first, 'DataReceived').reduce((sum, event) => sum + event.data.length, 0)
    expect(received).toBe(65_535)
    expect(pair.client.bufferedAmount(id)).toBe(200_000 - 65_535)
    expect(pair.client.remoteWindowSize()).toBe(0)
    expect(pair.client.remoteWindowSize(id)).toBe(0)
    pair.server.consume(id, 65_535)
    const next = only(pair.flow().server, 'DataReceived')
    expect(next.reduce((sum, event) => sum + event.data.length, 0)).toBe(65_535)
  })

  it('a peer that sends beyond a window gets GOAWAY with FLOW_CONTROL_ERROR', () => {
    const stream = uploading({ settings: { initialWindowSize: 1000 } })
    const events = stream.receive(data(1001))
    expect(only(events, 'DataReceived')).toEqual([])
    expect(wire(stream.bytesToSend())).toEqual(['GOAWAY 1 FLOW_CONTROL_ERROR'])

    const connection = uploading({ settings: { initialWindowSize: 1_000_000 } })
    for (let i = 0; i < 4; i++) connection.receive(frame(Type.DATA, 0, 1, KiB16))
    expect(wire(connection.bytesToSend())).toEqual(['GOAWAY 1 FLOW_CONTROL_ERROR'])
  })

  it('padding is counted and given back by the engine, because no reader sees it', () => {
    const server = uploading()
    const padded = join(Uint8Array.of(255), new Uint8Array(10), new Uint8Array(255))
    for (let i = 0; i < 150; i++) server.receive(frame(Type.DATA, 0x8, 1, padded))
    expect(wire(server.bytesToSend()).sort()).toEqual([
      'WINDOW_UPDATE 32768',
      'WINDOW_UPDATE(1) 32768',
    ])
    // Of 150 times 256 of padding (its length octet counts) the rest waits for company.
    expect(server.unacknowledgedLength()).toBe(150 * 266 - 32_768)
  })

  it('bytes of a reset stream go back to the connection’s window', () => {
    const server = uploading()
    server.receive(data(16_000))
    server.submitRstStream(1)
    server.bytesToSend()
    // On their way when the reset was sent.
    server.receive(join(data(16_000), data(16_000)))
    expect(only(server.events(), 'DataReceived')).toEqual([])
    server.consume(1, 16_000)
    expect(wire(server.bytesToSend())).toEqual(['WINDOW_UPDATE 48000'])
    expect(server.localWindowSize()).toBe(65_535)
  })
})

describe('changes of a window’s size', () => {
  it('setLocalWindowSize makes a stream or the connection larger at once', () => {
    const server = uploading()
    server.setLocalWindowSize(1, 200_000)
    server.setLocalWindowSize(0, 300_000)
    expect(wire(server.bytesToSend())).toEqual(['WINDOW_UPDATE(1) 134465', 'WINDOW_UPDATE 234465'])
    expect([server.localWindowSize(1), server.localWindowSize()]).toEqual([200_000, 300_000])
  })

  it('setLocalWindowSize makes one smaller by giving less back', () => {
    const server = uploading()
    server.setLocalWindowSize(1, 20_000)
    expect(server.localWindowSize(1)).toBe(65_535) // that much is granted already
    for (let i = 0; i < 3; i++) {
      server.receive(data(15_000))
      server.consume(1, 15_000)
    }
    expect(wire(server.bytesToSend())).toEqual(['WINDOW_UPDATE 45000'])
    expect(server.localWindowSize(1)).toBe(65_535 - 45_000)
    server.receive(data(15_000))
    server.consume(1, 15_000)
    server.bytesToSend()
    expect(server.localWindowSize(1)).toBe(20_000)
  })

  it('submitWindowUpdate grants credit by hand', () => {
    const pair = Pair.open()
    const id = openStream(pair, post)
    pair.server.submitWindowUpdate(id, 1000)
    pair.server.submitWindowUpdate(0, 2000)
    const events = only(pair.flow().client, 'WindowUpdated')
    expect(events).toEqual([
      { type: 'WindowUpdated', streamId: id, increment: 1000 },
      { type: 'WindowUpdated', streamId: 0, increment: 2000 },
    ])
    expect(pair.client.remoteWindowSize(id)).toBe(65_535 + 1000)
    expect(pair.client.remoteWindowSize()).toBe(65_535 + 2000)
  })

  it('connectionWindowSize is in force from the first flight', () => {
    const pair = Pair.open({ server: { connectionWindowSize: 1_000_000 } })
    expect(pair.client.remoteWindowSize()).toBe(1_000_000)
    expect(pair.server.localWindowSize()).toBe(1_000_000)
  })

  it('SETTINGS change the windows of open streams', () => {
    const pair = Pair.open()
    const id = openStream(pair, post)
    pair.server.submitSettings({ initialWindowSize: 100_000 })
    pair.flow()
    expect(pair.client.remoteWindowSize(id)).toBe(100_000)
    expect(pair.server.localWindowSize(id)).toBe(100_000)
    pair.server.submitSettings({ initialWindowSize: 0 })
    pair.flow()
    expect(pair.client.remoteWindowSize(id)).toBe(0)
  })

  it('windows of unknown streams are -1', () => {
    const server = uploading()
    expect(server.remoteWindowSize(99)).toBe(-1)
    expect(server.localWindowSize(99)).toBe(-1)
    expect(server.unacknowledgedLength(99)).toBe(-1)
  })

  it('sizes and increments out of range are refused', () => {
    const server = uploading()
    for (const size of [-1, 2 ** 31, 2 ** 32 + 1, 1.5, NaN]) {
      expect(codeOf(() => server.setLocalWindowSize(1, size))).toBe('ERR_INVALID_ARGUMENT')
      expect(codeOf(() => server.submitWindowUpdate(1, size))).toBe('ERR_INVALID_ARGUMENT')
      expect(codeOf(() => server.consume(1, size))).toBe('ERR_INVALID_ARGUMENT')
    }
    expect(codeOf(() => server.submitWindowUpdate(1, 2 ** 31 - 1))).toBe('NGHTTP2_ERR_FLOW_CONTROL')
  })
})

describe('the limits that the peer sets', () => {
  // nghttp2 takes the stream's error for the connection's, as RFC 9113 §5.4 allows: no reset to provoke.
  it.each([0, 1])('a WINDOW_UPDATE beyond 2^31-1 on stream %i ends the connection', (streamId) => {
    const server = uploading()
    server.receive(frame(Type.WINDOW_UPDATE, 0, streamId, u32(0x7fffffff)))
    expect(wire(server.bytesToSend())).toEqual(['GOAWAY 1 FLOW_CONTROL_ERROR'])
  })

  it('a window that SETTINGS made negative is respected', () => {
    const server = uploading()
    server.submitResponse(
      1,
      { ':status': '200' },
      { body: new Uint8Array(50_000), endStream: false },
    )
    server.bytesToSend()
    server.receive(settings([4, 10_000]))
    expect(server.remoteWindowSize(1)).toBe(0)
    server.sendData(1, new Uint8Array(20_000), true)
    expect(wire(server.bytesToSend())).toEqual(['SETTINGS ack'])
    server.receive(frame(Type.WINDOW_UPDATE, 0, 1, u32(40_005)))
    expect(wire(server.bytesToSend())).toEqual(['DATA(1) 5'])
  })

  it('frames are no longer than the peer takes, and than 16 KiB', () => {
    const server = uploading()
    server.receive(settings([5, 65_536]))
    server.submitResponse(1, { ':status': '200' }, { body: new Uint8Array(40_000) })
    const sent = wire(server.bytesToSend()).filter((line) => line.startsWith('DATA'))
    expect(sent).toEqual(['DATA(1) 16384', 'DATA(1) 16384', 'DATA(1) 7232 end'])
  })

  it('`most` bounds what is taken at once, bodies included', () => {
    const pair = Pair.open({
      client: { settings: { initialWindowSize: 1_000_000 }, connectionWindowSize: 1_000_000 },
    })
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '200' }, { body: new Uint8Array(300_000) })
    let pieces = 0
    for (
      let bytes = pair.server.bytesToSend(20_000);
      bytes.length > 0;
      bytes = pair.server.bytesToSend(20_000)
    ) {
      expect(bytes.length).toBeLessThan(20_000 + 16_384 + 100)
      pair.client.receive(bytes)
      pieces++
    }
    expect(pieces).toBeGreaterThan(8)
    expect(pair.server.bufferedAmount(id)).toBe(0)
    expect(pair.client.bytesToSend(0)).toHaveLength(0)
  })

  it('bytesToSend(0) ends, whatever there is', () => {
    const server = uploading()
    server.submitPing()
    server.bytesToSend(0)
    server.bytesToSend(0)
    expect(server.wantWrite).toBe(false)
  })
})

describe('counters', () => {
  it('count frames, bytes of bodies, streams and resets', () => {
    const pair = Pair.open()
    const id = pair.client.submitRequest(post, { body: new Uint8Array(5000) })
    const other = pair.client.submitRequest(post, { endStream: false })
    pair.flow()
    pair.client.submitRstStream(other)
    pair.server.submitResponse(id, { ':status': '200' }, { body: new Uint8Array(70) })
    pair.flow()
    expect(pair.server.counters).toMatchObject({
      dataReceived: 5000,
      dataSent: 70,
      streamsClosed: 2,
      resetsReceived: 1,
      resetsSent: 0,
      invalidFrames: 0,
    })
    expect(pair.client.counters).toMatchObject({ dataReceived: 70, dataSent: 5000, resetsSent: 1 })
    expect(pair.client.counters.framesSent).toBe(pair.server.counters.framesReceived)
    expect(pair.server.counters.framesSent).toBe(pair.client.counters.framesReceived)

    one(pair.server.receive(headers(101, literals([':method', 'GET']))), 'InvalidFrameReceived')
    expect(pair.server.counters.invalidFrames).toBe(1)
  })
})
