import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Engine, Session } from '../../src/engine/index.ts'
import type { HeaderField } from '../../src/common/fields.ts'
import { HDDeflater, HDInflater } from '../../src/engine/hpack/index.ts'
import {
  ACK,
  END_STREAM,
  Type,
  frame,
  getFields,
  headers,
  hello,
  join,
} from '../support/engine/frames.ts'
import { one } from '../support/engine/pair.ts'
import { codeOf } from '../support/engine/errors.ts'

/** How often `engine` turned bytes of linear memory into a string, from now on. */
function countDecoding(engine: Engine): () => number {
  const { memory } = engine
  const decode = memory.readLatin1.bind(memory)
  let count = 0
  memory.readLatin1 = (pointer, length) => {
    count++
    return decode(pointer, length)
  }
  return () => count
}

/** A client by hand: an encoder, and the server it talks to. */
class Talker {
  readonly session: Session
  readonly #deflater: HDDeflater
  #id = -1

  constructor(engine: Engine, tableSize = 4096) {
    this.session = Session.server({
      engine,
      settings: { headerTableSize: tableSize },
      limits: { maxHeaderFields: 10_000, maxHeaderListSize: 10_000_000 },
    })
    this.session.receive(join(hello(), frame(Type.SETTINGS, ACK)))
    this.#deflater = new HDDeflater(tableSize)
    if (tableSize > 4096) this.#deflater.changeTableSize(tableSize)
  }

  /** Sends `fields` behind the pseudo-header fields; how the server read them. */
  say(fields: readonly HeaderField[]): HeaderField[] {
    const block = this.#deflater.deflate([...getFields, ...fields])
    const events = this.session.receive(headers((this.#id += 2), block, END_STREAM))
    this.session.submitResponse(this.#id, { ':status': '204' })
    this.session.bytesToSend()
    this.session.events()
    return one(events, 'RequestReceived').headers.slice(getFields.length)
  }

  dispose(): void {
    this.session.dispose()
    this.#deflater.dispose()
  }
}

describe('law 5: header strings are made once', () => {
  const fields: HeaderField[] = [
    ['user-agent', 'a browser'],
    ['accept', '*/*'],
    ['x-custom', 'the same every time'],
  ]

  it('what lives in a table is decoded the first time only', () => {
    const engine = new Engine()
    const talker = new Talker(engine)
    const decoded = countDecoding(engine)
    expect(talker.say(fields)).toEqual(fields)
    const first = decoded()
    expect(first).toBeGreaterThan(0)
    // The first time the strings of a literal are the frame's; the table has its own from the second on.
    for (let i = 0; i < 2; i++) expect(talker.say(fields)).toEqual(fields)
    const second = decoded()
    for (let i = 0; i < 100; i++) expect(talker.say(fields)).toEqual(fields)
    expect(decoded()).toBe(second)
  })

  it('the static table is shared by all sessions', () => {
    const engine = new Engine()
    new Talker(engine).say([])
    const decoded = countDecoding(engine)
    new Talker(engine).say([])
    // All but `:authority: x`, whose value is the connection's own.
    expect(decoded()).toBeLessThanOrEqual(1)
  })

  it('latin1 comes through as it is, not as windows-1252', () => {
    const value = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join('')
    const talker = new Talker(new Engine())
    for (let i = 0; i < 3; i++) expect(talker.say([['x-l', value]])).toEqual([['x-l', value]])
  })

  it('long values too', () => {
    const engine = new Engine()
    const talker = new Talker(engine, 65_536)
    const long: HeaderField[] = [
      ['x-long', 'é'.repeat(257)],
      ['x-longer', 'b'.repeat(5000)],
    ]
    for (let i = 0; i < 3; i++) expect(talker.say(long)).toEqual(long)
    const decoded = countDecoding(engine)
    for (let i = 0; i < 100; i++) expect(talker.say([...long, ...long, ...long])).toHaveLength(6)
    expect(decoded()).toBe(0)
  })
})

describe('strings are never mixed up', () => {
  it('in a session whose table evicts all the time', () => {
    const talker = new Talker(new Engine(), 4096)
    for (let i = 0; i < 3000; i++) {
      const fields: HeaderField[] = [
        [`x-name-${i % 97}`, `value ${i % 89}`],
        ['x-turn', `${i}`],
      ]
      expect(talker.say(fields)).toEqual(fields)
    }
  })

  it('between sessions that come and go, whatever they say', () => {
    const token = fc.string({ unit: fc.constantFrom(...'abcxyz-'), minLength: 1, maxLength: 12 })
    const value = fc
      .string({ unit: fc.constantFrom(...'abc 019é'), maxLength: 300 })
      .map((v) => v.trim())
    const field = fc.tuple(token, value)
    const step = fc.record({
      who: fc.nat(7),
      reopen: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      // Few names and values come often, so that they are indexed, evicted, and come again.
      fields: fc.array(field, { maxLength: 8 }),
      again: fc.array(
        fc.constantFrom<HeaderField>(['x-a', '1'], ['x-a', '2'], ['x-cookie', 'k=v'], ['a', 'x']),
      ),
    })
    const engine = new Engine()
    const { used } = engine.memoryUsage()
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        const talkers = new Map<number, Talker>()
        for (const { who, reopen, fields, again } of steps) {
          if (reopen) {
            talkers.get(who)?.dispose()
            talkers.delete(who)
          }
          let talker = talkers.get(who)
          if (!talker) talkers.set(who, (talker = new Talker(engine, 256 << (who & 3))))
          const said = [...fields, ...again, ...fields]
          expect(talker.say(said)).toEqual(said)
        }
        for (const talker of talkers.values()) talker.dispose()
        expect(engine.memoryUsage().used).toBe(used)
      }),
      { numRuns: 60 },
    )
  })

  it('after a header block that HPACK cannot read has told some', () => {
    const engine = new Engine()
    const inflater = new HDInflater(engine)
    // `:method: GET` and `accept-encoding` of the static table, then an index that is nowhere.
    expect(codeOf(() => inflater.inflate(Uint8Array.of(0x82, 0x90, 0xff, 0xff, 0x0f)))).toBe(
      'NGHTTP2_ERR_HEADER_COMP',
    )
    expect(new HDInflater(engine).inflate(Uint8Array.of(0x82, 0x90))).toEqual([
      [':method', 'GET'],
      ['accept-encoding', 'gzip, deflate'],
    ])
    const talker = new Talker(engine)
    expect(talker.say([['accept-encoding', 'gzip, deflate']])).toEqual([
      ['accept-encoding', 'gzip, deflate'],
    ])
  })
})

describe('outgoing fields', () => {
  it('are right however many different ones are sent, and in whatever case', () => {
    const engine = new Engine()
    const client = Session.client({ engine })
    const server = Session.server({ engine, limits: { maxHeaderListSize: 1_000_000 } })
    server.receive(client.bytesToSend())
    for (let i = 0; i < 2000; i++) {
      const name = i % 3 === 0 ? `X-Name-${i % 700}` : `x-name-${i % 700}`
      const fields: HeaderField[] = [
        [name, `value-${i % 50}`],
        [name, `${i}`.repeat(20)],
        [`x-${'long'.repeat(30)}-${i}`, ''],
      ]
      const id = client.submitRequest([...getFields, ...fields])
      const got = one(server.receive(client.bytesToSend()), 'RequestReceived')
      expect(got.headers.slice(4)).toEqual(fields.map(([n, v]) => [n.toLowerCase(), v]))
      server.submitResponse(id, { ':status': '204' })
      client.receive(server.bytesToSend())
      server.events()
    }
  })

  it('a value that is refused leaves the next list as it should be', () => {
    const client = Session.client()
    const server = Session.server()
    expect(codeOf(() => client.submitRequest([...getFields, ['a', 'b'], ['c', 'd\r\n']]))).toBe(
      'ERR_INVALID_FIELD_VALUE',
    )
    client.submitRequest([...getFields, ['a', 'b'], ['a', 'b'], ['a', 'b']])
    const got = one(server.receive(client.bytesToSend()), 'RequestReceived')
    expect(got.headers.slice(4)).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ])
  })

  it('a list larger than any region is sent', () => {
    const limits = { maxHeaderListSize: 1_000_000, maxSendHeaderBlock: 1_000_000 }
    const client = Session.client({ limits })
    const server = Session.server({ limits: { ...limits, maxContinuations: 100 } })
    const value = 'v'.repeat(60_000)
    const fields: HeaderField[] = [
      ['x-1', value],
      ['x-2', value],
      ['x-3', value],
    ]
    client.submitRequest([...getFields, ...fields])
    const got = one(server.receive(client.bytesToSend()), 'RequestReceived')
    expect(got.headers.slice(4)).toEqual(fields)
  })
})
