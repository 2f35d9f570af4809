/** RFC 9113 §6.9: HEADERS and an empty DATA frame need no window, so neither END_STREAM nor trailers wait for one. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Session, SessionEvent } from '../../../src/engine/index.ts'
import { wire } from '../../support/engine/frames.ts'
import { Pair, one, only, openStream, post, request } from '../../support/engine/pair.ts'

const ok = { ':status': '200' }
const windowSize = 65_535

/** A pair whose first stream has filled a window of the client's with a download that it does not read. */
function paused(window: 'connection' | 'stream'): { pair: Pair; download: number } {
  const client = window === 'stream' ? { connectionWindowSize: 1_000_000 } : {}
  const pair = Pair.open({ client })
  const download = openStream(pair)
  pair.server.submitResponse(download, ok, {
    body: new Uint8Array(2 * windowSize),
    endStream: true,
  })
  pair.flow()
  expect(pair.server.remoteWindowSize(download)).toBe(0)
  expect(pair.server.remoteWindowSize() === 0).toBe(window === 'connection')
  return { pair, download }
}

/** The client's windows for new streams are shut. */
function shut(): Pair {
  return Pair.open({ client: { settings: { initialWindowSize: 0 } } })
}

const ends = {
  END_STREAM: (server: Session, id: number): void => server.sendData(id, '', true),
  trailers: (server: Session, id: number): void =>
    server.submitTrailers(id, { 'grpc-status': '0' }),
}

describe.each(Object.entries(ends))('%s does not wait for a window', (name, end) => {
  const isSeen = (events: SessionEvent[], id: number): void => {
    expect(only(events, 'StreamEnded').map((event) => event.streamId)).toContain(id)
    if (name === 'trailers') {
      expect(one(events, 'TrailersReceived').headers).toEqual([['grpc-status', '0']])
    }
    expect(only(events, 'StreamClosed')).toEqual([
      { type: 'StreamClosed', streamId: id, errorCode: 0 },
    ])
  }

  it('when the connection has none, because of another stream', () => {
    const { pair, download } = paused('connection')
    const id = openStream(pair)
    pair.server.submitResponse(id, ok, { endStream: false })
    end(pair.server, id)
    isSeen(pair.flow().client, id)
    expect(pair.server.bufferedAmount(download)).toBe(windowSize)
    pair.client.consume(download, windowSize)
    pair.flow()
    expect(pair.server.bufferedAmount(download)).toBe(0)
  })

  it('when the stream has none', () => {
    const pair = shut()
    const id = openStream(pair)
    pair.server.submitResponse(id, ok, { endStream: false })
    end(pair.server, id)
    isSeen(pair.flow().client, id)
  })

  it('when the response went out before', () => {
    const pair = shut()
    const id = openStream(pair)
    pair.server.submitResponse(id, ok, { endStream: false })
    pair.flow()
    expect(pair.server.wantWrite).toBe(false)
    end(pair.server, id)
    expect(pair.server.wantWrite).toBe(true)
    isSeen(pair.flow().client, id)
    expect(pair.server.wantWrite).toBe(false)
  })

  it('and not before the body, where that waits', () => {
    const pair = shut()
    const id = openStream(pair)
    pair.server.submitResponse(id, ok, { endStream: false })
    pair.server.sendData(id, 'body')
    end(pair.server, id)
    expect(only(pair.flow().client, 'StreamEnded')).toEqual([])
    pair.client.submitWindowUpdate(id, 4)
    const { client } = pair.flow()
    expect(only(client, 'DataReceived').map(({ data }) => data.length)).toEqual([4])
    isSeen(client, id)
  })

  it('of a window that the body has used up', () => {
    const pair = Pair.open({ client: { settings: { initialWindowSize: 20_000 } } })
    const id = openStream(pair)
    pair.server.submitResponse(id, ok, { endStream: false })
    pair.server.sendData(id, new Uint8Array(20_000))
    const first = pair.flow().client
    end(pair.server, id)
    const events = [...first, ...pair.flow().client]
    expect(only(events, 'DataReceived').reduce((sum, { data }) => sum + data.length, 0)).toBe(
      20_000,
    )
    isSeen(events, id)
  })

  it('in the middle of a body of another stream that goes on', () => {
    const pair = Pair.open({
      client: { settings: { initialWindowSize: 0 }, connectionWindowSize: 10_000_000 },
    })
    const busy = openStream(pair)
    const id = openStream(pair)
    pair.client.setLocalWindowSize(busy, 5_000_000)
    pair.flow()
    pair.server.submitResponse(busy, ok, { body: new Uint8Array(4_000_000) })
    pair.server.bytesToSend(100_000)
    pair.server.submitResponse(id, ok, { endStream: false })
    pair.server.bytesToSend(20_000)
    end(pair.server, id)
    const sent = wire(pair.server.bytesToSend(50_000))
    const index = sent.findIndex((line) => line.includes(`(${id})`))
    expect(index).toBeGreaterThanOrEqual(0)
    expect(sent[index]).toMatch(/^(DATA|HEADERS)/)
  })

  it('of a client', () => {
    const pair = Pair.open({ server: { settings: { initialWindowSize: 0 } } })
    const id = pair.client.submitRequest(post, { endStream: false })
    end(pair.client, id)
    const { server } = pair.flow()
    expect(one(server, 'RequestReceived').endStream).toBe(false)
    expect(one(server, 'StreamEnded').streamId).toBe(id)
    expect(pair.client.streamState(id)).toBe('localClosed')
    pair.server.submitResponse(id, ok)
    expect(one(pair.flow().client, 'StreamClosed').errorCode).toBe(0)
  })

  it('of a request that has to wait for another', () => {
    const pair = Pair.open({
      server: { settings: { initialWindowSize: 0, maxConcurrentStreams: 1 } },
    })
    const first = pair.client.submitRequest(request)
    const id = pair.client.submitRequest(post, { endStream: false })
    end(pair.client, id)
    expect(only(pair.flow().server, 'RequestReceived').map((e) => e.streamId)).toEqual([first])
    expect(pair.client.wantWrite).toBe(false)
    pair.server.submitResponse(first, ok)
    const { server } = pair.flow()
    expect(one(server, 'RequestReceived').streamId).toBe(id)
    expect(one(server, 'StreamEnded').streamId).toBe(id)
  })

  it('while the client is still sending: the server stops it', () => {
    const pair = shut()
    const id = openStream(pair, post)
    pair.server.submitResponse(id, ok, { endStream: false })
    end(pair.server, id)
    const { client } = pair.flow()
    expect(one(client, 'StreamReset')).toMatchObject({ streamId: id, errorCode: 0 })
    expect(pair.server.streamState(id)).toBeUndefined()
  })

  it('a thousand times, which leaves nothing behind', () => {
    const pair = shut()
    const before = pair.server.memoryUsed
    for (let i = 0; i < 1000; i++) {
      const id = openStream(pair)
      pair.server.submitResponse(id, ok, { endStream: false })
      if (i % 2 === 0) pair.flow()
      end(pair.server, id)
      if (i % 3 === 0) pair.client.submitRstStream(id)
      pair.flow()
    }
    expect(pair.server.memoryUsed - before).toBeLessThan(10_000)
  })
})

it('an end that waits for a window goes with its session, and with its stream', () => {
  const { pair } = paused('connection')
  const id = openStream(pair)
  pair.server.submitResponse(id, ok, { endStream: false })
  pair.server.sendData(id, '', true)
  pair.server.submitRstStream(id)
  const reset = pair.flow().client
  expect(one(reset, 'StreamReset').streamId).toBe(id)
  expect(only(reset, 'StreamEnded')).toEqual([])
  const last = openStream(pair)
  pair.server.submitResponse(last, ok, { endStream: false })
  pair.server.sendData(last, '', true)
  pair.server.dispose()
  pair.client.dispose()
})

it('random messages in random portions: frames stay whole, and every stream ends', () => {
  const step = fc.record({
    what: fc.constantFrom('open', 'respond', 'data', 'end', 'trailers', 'read', 'reset', 'send'),
    which: fc.nat(5),
    size: fc.constantFrom(0, 1, 100, 1500, 20_000, 70_000),
    // A header block of more than one frame is sent with CONTINUATION.
    isLong: fc.boolean(),
  })
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 20, maxLength: 80 }),
      fc.constantFrom(0, 10, 30_000),
      (steps, initialWindowSize) => {
        const pair = Pair.open({ client: { settings: { initialWindowSize } } })
        const { client, server } = pair
        const open: number[] = []
        const unread = new Map<number, number>()
        const hear = (most?: number): void => {
          for (const event of client.receive(server.bytesToSend(most))) {
            expect(event.type).not.toBe('SessionFailed')
            expect(event.type).not.toBe('InvalidFrameReceived')
            if (event.type === 'DataReceived') {
              unread.set(event.streamId, (unread.get(event.streamId) ?? 0) + event.data.length)
            }
          }
        }
        const attempt = (say: () => void): void => {
          try {
            say()
          } catch (error) {
            expect(error).toMatchObject({
              code: expect.stringMatching(/STREAM_STATE|STREAM_CLOSED|DATA_EXIST/) as string,
            })
          }
        }
        for (const { what, which, size, isLong } of steps) {
          const id = open[which % Math.max(open.length, 1)]
          if (what === 'open') open.push(openStream(pair))
          if (what === 'send') hear(size)
          if (id === undefined) continue
          const more = isLong ? { 'x-long': 'v'.repeat(40_000) } : {}
          if (what === 'respond') {
            attempt(() => server.submitResponse(id, { ...ok, ...more }, { endStream: false }))
          }
          if (what === 'data') attempt(() => server.sendData(id, new Uint8Array(size)))
          if (what === 'end') attempt(() => server.sendData(id, new Uint8Array(size), true))
          if (what === 'trailers')
            attempt(() => server.submitTrailers(id, { 'x-sum': '1', ...more }))
          if (what === 'reset') client.submitRstStream(id)
          if (what === 'read') {
            client.consume(id, unread.get(id) ?? 0)
            unread.delete(id)
            server.receive(client.bytesToSend())
          }
        }
        for (const id of open) {
          attempt(() => server.submitResponse(id, ok, { endStream: false }))
          attempt(() => server.sendData(id, '', true))
        }
        client.setLocalWindowSize(0, 10_000_000)
        for (const id of open) {
          if (client.streamState(id)) client.setLocalWindowSize(id, 10_000_000)
        }
        server.receive(client.bytesToSend())
        hear()
        server.receive(client.bytesToSend())
        hear()
        for (const id of open) {
          expect(client.streamState(id)).toBeUndefined()
          expect(server.streamState(id)).toBeUndefined()
        }
        pair.dispose()
      },
    ),
    { numRuns: 100 },
  )
})
