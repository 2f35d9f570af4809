import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FlatFields, HeaderField } from '../../../src/common/fields.ts'
import { BlockFlag } from '../../../src/engine/abi.ts'
import { HDDeflater, HDInflater } from '../../../src/engine/hpack/index.ts'
import { IgnoringSink } from '../../../src/engine/ignoring-sink.ts'
import { Engine, Session } from '../../../src/engine/index.ts'
import { codeOf } from '../../support/engine/errors.ts'
import {
  ACK,
  END_STREAM,
  Type,
  frame,
  framesOf,
  getFields,
  headers,
  hello,
  join,
} from '../../support/engine/frames.ts'

/** Keeps what it is told of header blocks. */
class Heads extends IgnoringSink {
  readonly fields: FlatFields[] = []
  readonly flags: number[] = []

  override headers(_id: number, _category: number, flags: number, fields: FlatFields): void {
    this.fields.push(fields)
    this.flags.push(flags)
  }
}

/** A server's session, the client's encoder and decoder, and what was read. */
class Line {
  readonly session: Session
  readonly heads: Heads = new Heads()
  readonly #deflater: HDDeflater = new HDDeflater()
  readonly #inflater: HDInflater = new HDInflater()
  #id = -1

  constructor(engine: Engine, options: { enforceMessaging?: boolean } = {}) {
    this.session = Session.server({ engine, ...options })
    this.session.feed(join(hello(), frame(Type.SETTINGS, ACK)), this.heads)
    this.#take()
  }

  get last(): FlatFields {
    return this.heads.fields.at(-1)!
  }

  /** A request with these fields behind its pseudo-header fields, in two pieces; the fields as they were read. */
  ask(fields: readonly HeaderField[], cut = 0): FlatFields {
    const block = this.#deflater.deflate([...getFields, ...fields])
    const bytes = headers((this.#id += 2), block, END_STREAM)
    const at = Math.min(cut, bytes.length)
    this.session.feed(bytes.subarray(0, at), this.heads)
    this.session.feed(bytes.subarray(at), this.heads)
    return this.last
  }

  /** Answers the last request; the fields and the body as the client reads them. */
  answer(fields: FlatFields, body: string): { fields: HeaderField[]; body: string } {
    this.session.submitShortResponse(this.#id, fields, body)
    const frames = framesOf(this.#take())
    const block = frames.find(({ type }) => type === Type.HEADERS)!.payload
    const data = frames.find(({ type }) => type === Type.DATA)?.payload
    return { fields: this.#inflater.inflate(block), body: new TextDecoder().decode(data) }
  }

  #take(): Uint8Array {
    const chunks: Uint8Array[] = []
    const output = {
      write: (bytes: Uint8Array) => (chunks.push(bytes.slice()), true),
      writev: (pieces: readonly Uint8Array[]) => (chunks.push(...pieces), true),
    }
    this.session.drain(output, this.heads)
    return join(...chunks)
  }

  dispose(): void {
    this.session.dispose()
    this.#deflater.dispose()
    this.#inflater.dispose()
  }
}

const flat = (fields: readonly HeaderField[]): string[] =>
  fields.flatMap(([name, value]) => [name, value])
const agent: HeaderField[] = [['user-agent', 'a client']]
const other: HeaderField[] = [
  ['user-agent', 'a client'],
  ['accept', 'text/html'],
]
const ok: FlatFields = [':status', '200', 'content-type', 'text/plain', 'x-name', 'value']

describe('requests that repeat the fields of the last one', () => {
  it('give their fields each time, without a record for each field', () => {
    const line = new Line(new Engine())
    const expected = flat([...getFields, ...agent])
    for (let i = 0; i < 5; i++) expect(line.ask(agent)).toEqual(expected)
    const { kept, repeated } = BlockFlag
    const hints = line.heads.flags.map((flags) => flags & (kept | repeated))
    // The first block adds the strings to the table, the second has only known ones, the third repeats it.
    expect(hints).toEqual([0, 0, kept, repeated, repeated])
    line.dispose()
  })

  it('give each sink fields of its own: one that changes them changes no others', () => {
    const line = new Line(new Engine())
    for (let i = 0; i < 6; i++) {
      const fields = line.ask(agent)
      expect(fields).toEqual(flat([...getFields, ...agent]))
      fields.length = 0
      fields.push('changed', 'changed')
    }
    line.dispose()
  })

  it('are not mixed up between sessions, lists, and strings that lose their slots', () => {
    const lists: HeaderField[][] = [agent, other, [['accept', 'text/html']], []]
    const step = fc.record({
      line: fc.nat(1),
      list: fc.nat(lists.length - 1),
      times: fc.integer({ min: 1, max: 4 }),
      cut: fc.nat(40),
      forgets: fc.boolean(),
    })
    // A block in two calls, whose records in the second are as long as those of five known fields, but for a word.
    const whole = { line: 1, list: 3, times: 4, cut: 0, forgets: false }
    const split = [
      whole,
      { ...whole, line: 0, list: 0, times: 1, forgets: true },
      { ...whole, list: 0, times: 2 },
      { ...whole, list: 1, cut: 10 },
    ]
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const engine = new Engine()
        const lines = [new Line(engine), new Line(engine)]
        for (const { line, list, times, cut, forgets } of steps) {
          // The strings of every session go to other slots, or to the same ones.
          if (forgets) engine.exports.nw_strings_clear()
          for (let i = 0; i < times; i++) {
            const expected = flat([...getFields, ...lists[list]!])
            expect(lines[line]!.ask(lists[list]!, cut)).toEqual(expected)
          }
        }
        for (const line of lines) line.dispose()
      }),
      { numRuns: 200, examples: [[split]] },
    )
  })

  it('keep a field that is never indexed out of what is kept', () => {
    const line = new Line(new Engine())
    const secret: HeaderField[] = [['authorization', 'Basic eDp5', true]]
    for (let i = 0; i < 4; i++) {
      line.ask(secret)
      expect(line.last.neverIndexed).toEqual([8])
      line.ask(agent)
      expect(line.last.neverIndexed).toBeUndefined()
    }
    line.dispose()
  })
})

describe('responses that repeat the fields of the last one', () => {
  it('have their fields and bodies, in any order of lists, sessions and bodies', () => {
    const lists: FlatFields[] = [
      ok,
      [':status', '404', 'content-type', 'text/plain'],
      [':status', '200', 'content-type', 'text/plain', 'x-name', 'another'],
      [':status', '200', 'x-empty', '', 'x-long', 'v'.repeat(100)],
    ]
    const step = fc.record({
      line: fc.nat(1),
      list: fc.nat(lists.length - 1),
      times: fc.integer({ min: 1, max: 5 }),
      body: fc.string({ maxLength: 80, unit: 'grapheme' }),
      crowds: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const engine = new Engine()
        const lines = [new Line(engine), new Line(engine)]
        for (const { line, list, times, body, crowds } of steps) {
          if (crowds) crowd(engine)
          for (let i = 0; i < times; i++) {
            lines[line]!.ask(agent)
            const answer = lines[line]!.answer(lists[list]!, body)
            expect(flat(answer.fields)).toEqual(lists[list])
            expect(answer.body).toBe(body)
          }
        }
        for (const line of lines) line.dispose()
      }),
      { numRuns: 60 },
    )
  })

  it('are those that were given, where the caller changes its array between two', () => {
    const line = new Line(new Engine())
    const fields = ok.slice()
    for (let i = 0; i < 4; i++) {
      line.ask(agent)
      line.answer(fields, 'x')
    }
    fields[5] = 'changed'
    for (let i = 0; i < 4; i++) {
      line.ask(agent)
      expect(flat(line.answer(fields, 'x').fields)).toEqual(fields)
    }
    line.dispose()
  })

  it('are checked by a session that enforces the rules, where another has sent them unchecked', () => {
    const engine = new Engine()
    const lax = new Line(engine, { enforceMessaging: false })
    const strict = new Line(engine)
    const bad: FlatFields = [':status', '200', 'connection', 'close']
    for (let i = 0; i < 4; i++) {
      lax.ask(agent)
      lax.answer(bad, 'x')
    }
    strict.ask(agent)
    expect(codeOf(() => strict.answer(bad, 'x'))).toBe('ERR_INVALID_MESSAGE')
    lax.dispose()
    strict.dispose()
  })

  it('have a never-indexed field that is one in the response it was marked in', () => {
    const line = new Line(new Engine())
    const secret: FlatFields = ok.slice()
    secret.neverIndexed = [4]
    const marks: unknown[] = []
    for (const fields of [ok, ok, ok, secret, secret, secret, ok]) {
      line.ask(agent)
      marks.push(line.answer(fields, 'x').fields[2]![2])
    }
    const none = undefined
    expect(marks).toEqual([none, none, none, true, true, true, none])
    line.dispose()
  })
})

/** Fills the strings region, so that it is emptied and its strings are written anew. */
function crowd(engine: Engine): void {
  const line = new Line(engine)
  for (let i = 0; i < 1200; i++) {
    const value = `${i}`.padStart(60, 'x')
    for (let twice = 0; twice < 2; twice++) engine.fields.write([':status', '200', 'x', value], 0)
  }
  line.dispose()
}
