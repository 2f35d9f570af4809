import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Engine, Session } from '../../../src/engine/index.ts'
import {
  ACK,
  Type,
  frame,
  framesOf,
  get,
  hello,
  join,
  settings,
  text,
  u32,
  wire,
} from '../../support/engine/frames.ts'
import { Pair, one, only, openStream } from '../../support/engine/pair.ts'

/** Bodies written piece by piece: short pieces cross by value, long ones by reference, in the order they were written. */

function answering(): { pair: Pair; id: number } {
  const pair = Pair.open()
  const id = openStream(pair)
  pair.server.submitResponse(id, { ':status': '200' }, { endStream: false })
  pair.flow()
  return { pair, id }
}

function received(pair: Pair): Uint8Array {
  return join(...only(pair.flow().client, 'DataReceived').map(({ data }) => data))
}

describe('pieces of a body', () => {
  it('of one turn are one frame', () => {
    const { pair, id } = answering()
    pair.server.sendData(id, text('a'))
    pair.server.sendData(id, 'b')
    pair.server.sendData(id, 'c'.repeat(700))
    expect(pair.server.bufferedAmount(id)).toBe(702)
    expect(wire(pair.server.bytesToSend())).toEqual([`DATA(${id}) 702`])
    expect(pair.server.bufferedAmount(id)).toBe(0)
  })

  it('a text is UTF-8, short or long', () => {
    const { pair, id } = answering()
    for (const word of [
      'naïve',
      '日本',
      '\u{1f600}',
      '\ud800',
      'ü'.repeat(50),
      '語'.repeat(1024),
      '語'.repeat(9000),
    ]) {
      const bytes = text(word)
      pair.server.sendData(id, word)
      expect(pair.server.bufferedAmount(id)).toBe(bytes.length)
      expect(Buffer.compare(received(pair), bytes)).toBe(0)
    }
  })

  it('are the caller’s again at once: what is long is kept, what is short was copied', () => {
    const { pair, id } = answering()
    const short = text('short')
    pair.server.sendData(id, short)
    short.fill(0)
    expect(received(pair)).toEqual(text('short'))
  })

  it('behind a chunk that waits go with it, and in front of one they go first', () => {
    const { pair, id } = answering()
    const long = new Uint8Array(5000).fill(7)
    pair.server.sendData(id, 'first')
    pair.server.sendData(id, long)
    pair.server.sendData(id, 'last')
    expect(received(pair)).toEqual(join(text('first'), long, text('last')))
  })

  it('the last one ends the stream; trailers come behind', () => {
    const { pair, id } = answering()
    pair.server.sendData(id, 'end', true)
    expect(one(pair.flow().client, 'StreamEnded').streamId).toBe(id)

    const other = answering()
    other.pair.server.sendData(other.id, 'piece')
    other.pair.server.submitTrailers(other.id, { 'x-sum': '5' })
    const types = other.pair.flow().client.map(({ type }) => type)
    expect(types.slice(0, 3)).toEqual(['DataReceived', 'TrailersReceived', 'StreamEnded'])
  })

  it('wait for the window, byte for byte', () => {
    const server = Session.server()
    server.receive(join(hello(), settings([4, 10]), frame(Type.SETTINGS, ACK), get(1)))
    server.submitResponse(1, { ':status': '200' }, { endStream: false })
    server.bytesToSend()
    server.sendData(1, 'twenty-four characters..')
    expect(wire(server.bytesToSend())).toEqual(['DATA(1) 10'])
    expect(server.bufferedAmount(1)).toBe(14)
    server.sendData(1, '+ten more.')
    server.receive(frame(Type.WINDOW_UPDATE, 0, 1, u32(100)))
    const [data] = framesOf(server.bytesToSend())
    expect(Buffer.from(data!.payload).toString()).toBe('r characters..+ten more.')
    expect(server.bufferedAmount(1)).toBe(0)
  })

  it('of a stream that is reset are dropped, and their memory returned', () => {
    const engine = new Engine()
    const server = Session.server({ engine })
    server.receive(join(hello(), settings([4, 0]), get(1)))
    server.submitResponse(1, { ':status': '200' }, { endStream: false })
    server.bytesToSend()
    const { used } = engine.memoryUsage()
    server.sendData(1, 'x'.repeat(1000))
    expect(engine.memoryUsage().used).toBeGreaterThanOrEqual(used + 1000)
    server.receive(frame(Type.RST_STREAM, 0, 1, u32(8)))
    expect(engine.memoryUsage().used).toBeLessThanOrEqual(used)
    expect(server.bufferedAmount(1)).toBe(0)
  })
})

it('random pieces to a client that reads at random: the bytes counted and received are those written', () => {
  const engine = new Engine()
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ send: fc.nat(1500) }) },
    { weight: 1, arbitrary: fc.record({ send: fc.nat(40_000) }) },
    { weight: 2, arbitrary: fc.record({ text: fc.string({ unit: 'grapheme', maxLength: 1100 }) }) },
    { weight: 3, arbitrary: fc.record({ most: fc.integer({ min: 1, max: 20_000 }) }) },
    { weight: 2, arbitrary: fc.record({ window: fc.integer({ min: 1, max: 30_000 }) }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.nat(3000), (steps, window) => {
      const server = Session.server({ engine })
      server.receive(join(hello(), settings([4, window]), get(1)))
      server.receive(frame(Type.WINDOW_UPDATE, 0, 0, u32(0x7000_0000)))
      server.submitResponse(1, { ':status': '200' }, { endStream: false })
      server.bytesToSend()
      const written: Uint8Array[] = []
      const got: Uint8Array[] = []
      let waiting = 0
      const take = (most?: number): void => {
        for (const { type, payload } of framesOf(server.bytesToSend(most))) {
          if (type !== Type.DATA) continue
          got.push(payload.slice())
          waiting -= payload.length
        }
      }
      const write = (chunk: Uint8Array | string): void => {
        const bytes = typeof chunk === 'string' ? text(chunk) : chunk
        server.sendData(1, chunk)
        written.push(bytes)
        waiting += bytes.length
      }
      steps.forEach((what, i) => {
        if ('send' in what) write(new Uint8Array(what.send).fill(i))
        else if ('text' in what) write(what.text)
        else if ('most' in what) take(what.most)
        else server.receive(frame(Type.WINDOW_UPDATE, 0, 1, u32(what.window)))
        expect(server.bufferedAmount(1)).toBe(waiting)
      })
      server.receive(frame(Type.WINDOW_UPDATE, 0, 1, u32(0x1000_0000)))
      take()
      expect(waiting).toBe(0)
      expect(Buffer.compare(join(...got), join(...written))).toBe(0)
      expect(server.failure).toBeUndefined()
      server.dispose()
    }),
    { numRuns: 400 },
  )
  expect(engine.memoryUsage().used).toBe(0)
})
