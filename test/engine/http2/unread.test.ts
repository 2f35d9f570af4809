/** Bytes that a stream received and did not consume go back to the connection's window when the stream closes. */
import { describe, expect, it } from 'vitest'
import type { Session } from '../../../src/engine/index.ts'
import { Pair, only, openStream, post } from '../../support/engine/pair.ts'

const windowSize = 65_535
const length = 30_000
const ok = { ':status': '200' }

/** Sends `length` bytes to the server, which consumes none of them; the stream. */
function upload(pair: Pair, end = false): number {
  const id = pair.client.submitRequest(post, { body: new Uint8Array(length), endStream: end })
  pair.flow()
  return id
}

/** How a stream ends whose body was not read in full. */
const ways: Record<string, (pair: Pair, id: number) => void> = {
  'the client resets it': (pair, id) => pair.client.submitRstStream(id),
  'the server resets it': (pair, id) => pair.server.submitRstStream(id),
  'the server refuses it': (pair, id) => pair.server.submitRstStream(id, 7),
  'it is complete and answered': (pair, id) => {
    pair.client.sendData(id, '', true)
    pair.server.submitResponse(id, ok)
  },
  'it is answered before it is complete': (pair, id) => pair.server.submitResponse(id, ok),
}

describe.each(Object.entries(ways))('a stream that closes because %s', (_, end) => {
  const left = (pair: Pair): number =>
    pair.server.localWindowSize() + pair.server.unacknowledgedLength()

  it('leaves the connection its window, however often', () => {
    const pair = Pair.open()
    for (let i = 0; i < 20; i++) {
      const id = upload(pair)
      expect(pair.server.unacknowledgedLength()).toBeGreaterThanOrEqual(length)
      end(pair, id)
      pair.flow()
      expect(pair.server.streamState(id)).toBeUndefined()
      // What was given back goes with a WINDOW_UPDATE once it is half of the window.
      expect(pair.client.remoteWindowSize()).toBeGreaterThan(windowSize / 2)
      expect(left(pair)).toBe(windowSize)
    }
  })

  it('gives nothing back twice', () => {
    const pair = Pair.open()
    const id = upload(pair)
    pair.server.consume(id, 10_000)
    pair.server.discard(id, 5000)
    end(pair, id)
    pair.flow()
    pair.server.consume(id, length)
    pair.server.discard(id, length)
    for (let i = 0; i < 3; i++) {
      const other = upload(pair, true)
      pair.server.submitResponse(other, ok)
      pair.flow()
    }
    expect(left(pair)).toBe(windowSize)
    expect(pair.client.remoteWindowSize()).toBeLessThanOrEqual(windowSize)
  })
})

it('a client gets its window back from responses that it does not read', () => {
  const pair = Pair.open()
  for (let i = 0; i < 10; i++) {
    const id = openStream(pair)
    pair.server.submitResponse(id, ok, { body: new Uint8Array(40_000) })
    const { client } = pair.flow()
    expect(only(client, 'DataReceived').length).toBeGreaterThan(0)
    if (i % 2 === 0) pair.client.submitRstStream(id)
    pair.flow()
  }
  expect(pair.client.localWindowSize() + pair.client.unacknowledgedLength()).toBe(windowSize)
})

it('consume() returns no more bytes to a window than arrived', () => {
  const pair = Pair.open()
  const id = upload(pair)
  pair.server.consume(id, 1_000_000)
  pair.server.consume(id, 1_000_000)
  pair.flow()
  const window = (session: Session): number => session.remoteWindowSize()
  expect(window(pair.client)).toBeLessThanOrEqual(windowSize)
  expect(pair.client.remoteWindowSize(id)).toBeLessThanOrEqual(windowSize)
})
