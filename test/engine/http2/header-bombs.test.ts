import { describe, expect, it } from 'vitest'
import { type Limits, Session } from '../../../src/engine/index.ts'
import {
  END_HEADERS,
  END_STREAM,
  Type,
  frame,
  get,
  getFields,
  headers,
  hello,
  hpackString,
  join,
  literals,
  postFields,
  settings,
  u32,
  wire,
} from '../../support/engine/frames.ts'
import { only } from '../../support/engine/pair.ts'

const stored = join(Uint8Array.of(0x40), hpackString('x'), hpackString('v'.repeat(3900)))
/** References to the dynamic table's newest entry, a byte each. */
const references = (count: number): Uint8Array => new Uint8Array(count).fill(0xbe)
const none = 0xffff_ffff

function serving(limits: Limits = {}): Session {
  const server = Session.server({ limits })
  server.receive(hello())
  server.bytesToSend()
  return server
}

/** A client that has opened stream 1. */
function asking(): Session {
  const client = Session.client({ settings: { enablePush: true } })
  client.submitRequest(getFields)
  client.bytesToSend()
  client.receive(settings())
  client.bytesToSend()
  return client
}

/** Milliseconds that `work` takes. */
function timed(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

function expectCalm(session: Session): void {
  expect(wire(session.bytesToSend()).at(-1)).toMatch(/^GOAWAY \d+ ENHANCE_YOUR_CALM$/)
  expect([session.wantRead, session.wantWrite]).toEqual([false, false])
}

describe('a header block beyond 4 × a limit ends the connection', () => {
  it('by its bytes, in a request, and what follows is not read', () => {
    const server = serving()
    const bomb = headers(1, join(literals(...getFields), stored, references(10_000)), END_STREAM)
    const events = server.receive(join(bomb, get(3)))
    expect(only(events, 'RequestReceived')).toEqual([])
    expectCalm(server)
    expect(only(server.receive(get(5)), 'RequestReceived')).toEqual([])
  })

  it('by its fields', () => {
    const few = serving({ maxHeaderFields: 10 })
    const many = (count: number): Uint8Array =>
      headers(1, join(literals(...getFields), new Uint8Array(count - 4).fill(0x8f)), END_STREAM)
    const [request] = only(few.receive(many(40)), 'RequestReceived')
    expect(request).toMatchObject({ truncated: true })
    const fewer = serving({ maxHeaderFields: 10 })
    expect(only(fewer.receive(many(41)), 'RequestReceived')).toEqual([])
    expectCalm(fewer)
  })

  it('in trailers', () => {
    const server = serving()
    server.receive(headers(1, literals(...postFields)))
    server.receive(headers(1, join(stored, references(10_000)), END_STREAM))
    expectCalm(server)
  })

  it('in CONTINUATION frames, in chunks of any size', () => {
    const server = serving()
    const bomb = join(
      frame(Type.HEADERS, END_STREAM, 1, join(literals(...getFields), stored)),
      frame(Type.CONTINUATION, 0, 1, references(50)),
      frame(Type.CONTINUATION, END_HEADERS, 1, references(50)),
    )
    for (let at = 0; at < bomb.length; at += 7) server.receive(bomb.subarray(at, at + 7))
    expectCalm(server)
  })

  it('in a response and in a promise', () => {
    const client = asking()
    const block = join(literals([':status', '200']), stored, references(10_000))
    expect(only(client.receive(headers(1, block)), 'ResponseReceived')).toEqual([])
    expectCalm(client)
    const promised = asking()
    const promise = join(u32(2), literals(...getFields), stored, references(10_000))
    promised.receive(frame(Type.PUSH_PROMISE, END_HEADERS, 1, promise))
    expectCalm(promised)
  })

  it('costs what the limit costs, not what the block would', () => {
    const rest = 12_000
    const block = join(literals(...getFields), stored, references(rest))
    const bomb = headers(1, block, END_STREAM)
    const without = { maxHeaderFields: none, maxHeaderListSize: none }
    const whole = serving(without)
    const unlimited = timed(() => whole.receive(bomb))
    const server = serving()
    const limited = timed(() => server.receive(bomb))
    expectCalm(server)
    // 66 of 12,000 references are read.
    expect(limited).toBeLessThan(unlimited / 5)
  })

  it('except where the limits are Infinity', () => {
    const server = serving({ maxHeaderFields: none, maxHeaderListSize: none })
    const block = join(literals(...getFields), stored, references(2000))
    const [request] = only(server.receive(headers(1, block, END_STREAM)), 'RequestReceived')
    expect(request!.truncated).toBe(false)
    expect(request!.headers).toHaveLength(4 + 1 + 2000)
  })
})

describe('a header block beyond a limit costs a token like a malformed frame', () => {
  const limits = { maxHeaderFields: 5, streamResetBurst: 3, streamResetRate: 1 }
  const long = literals(...getFields, ['a', '1'], ['b', '2'])

  it('requests: the connection ends when none is left', () => {
    const server = serving(limits)
    for (const id of [1, 3, 5]) {
      expect(only(server.receive(headers(id, long, END_STREAM)), 'RequestReceived')).toHaveLength(1)
    }
    expect(only(server.receive(headers(7, long, END_STREAM)), 'RequestReceived')).toEqual([])
    expectCalm(server)
  })

  it('trailers', () => {
    const server = serving(limits)
    const trailers = literals(...'abcdef'.split('').map((name) => [name, 'v'] as const))
    for (const id of [1, 3, 5, 7]) {
      server.receive(join(headers(id, literals(...postFields)), headers(id, trailers, END_STREAM)))
    }
    expectCalm(server)
  })

  it('promises', () => {
    const client = Session.client({ limits, settings: { enablePush: true } })
    client.submitRequest(getFields)
    client.bytesToSend()
    client.receive(settings())
    client.bytesToSend()
    for (const id of [2, 4, 6, 8]) {
      client.receive(frame(Type.PUSH_PROMISE, END_HEADERS, 1, join(u32(id), long)))
    }
    expectCalm(client)
  })

  it('tokens come back with time, and honest requests cost none', () => {
    const server = serving(limits)
    let now = 0
    for (let i = 0; i < 20; i++) {
      now += 1000
      const pair = join(headers(4 * i + 1, long, END_STREAM), get(4 * i + 3))
      expect(only(server.receive(pair, now), 'RequestReceived')).toHaveLength(2)
    }
    expect(server.wantRead).toBe(true)
  })
})

describe('a header block that repeats entries of the table costs a token', () => {
  const limits = { streamResetBurst: 3, streamResetRate: 1 }
  const repeating = (count: number): Uint8Array => join(literals(...getFields), references(count))

  function told(server: Session, id: number, count: number): number {
    const events = server.receive(headers(id, repeating(count), END_STREAM))
    return only(events, 'RequestReceived').length
  }

  it('when it repeats more than the table holds', () => {
    const server = serving(limits)
    server.receive(headers(1, join(literals(...getFields), stored), END_STREAM))
    expect([3, 5, 7].map((id) => told(server, id, 15))).toEqual([1, 1, 1])
    expect(told(server, 9, 15)).toBe(0)
    expectCalm(server)
  })

  it('no token when each entry comes once, or twice', () => {
    const server = serving(limits)
    server.receive(headers(1, join(literals(...getFields), stored), END_STREAM))
    for (let id = 3; id < 50; id += 2) expect(told(server, id, 2)).toBe(1)
    expect(server.wantRead).toBe(true)
  })

  it('no token for literals, Huffman or not', () => {
    const client = Session.client({ settings: { enablePush: true } })
    client.bytesToSend()
    const server = serving(limits)
    for (let i = 0; i < 10; i++) {
      const fields = { 'x-digits': '0'.repeat(9000), 'x-long': 'v'.repeat(9000) }
      client.submitRequest({ ...Object.fromEntries(getFields), ...fields })
      const events = server.receive(client.bytesToSend())
      expect(only(events, 'RequestReceived')).toHaveLength(1)
    }
  })
})
