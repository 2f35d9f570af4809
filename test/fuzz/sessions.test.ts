/** Sessions of the engine: mutated bytes of a peer, cut anywhere, while an application calls verbs. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/index.ts'
import { mutate, mutations } from '../support/engine/mutations.ts'
import { record } from '../support/engine/recording.ts'
import { Controls, corpusOf } from '../support/fuzz/controls.ts'
import { patience, Rounds } from '../support/fuzz/rounds.ts'
import { converse, expectSame, playHTTP1, playHTTP2, type Role } from '../support/fuzz/sessions.ts'

const engine = new Engine()
const { used } = engine.memoryUsage()
const recording = record()
const roles = ['server', 'client'] as const
const controls = fc.uint8Array({ minLength: 10, maxLength: 300 })

/** Bytes of peers, from the corpus. */
function wiresOf(protocol: 'http1' | 'http2', role: Role): Uint8Array[] {
  return corpusOf(`${protocol}-${role}`).map(({ wire }) => wire)
}

function expectClean(): void {
  expect(engine.failure).toBeUndefined()
  expect(engine.memoryUsage().used).toBe(used)
}

describe('sessions with mutated input', () => {
  for (const role of roles) {
    const title = `a ${role} of HTTP/2 whose application calls verbs traps nothing, leaks nothing, sends frames`
    it(title, { timeout: patience }, async () => {
      const rounds = new Rounds('sessions', title)
      const long = role === 'server' ? recording.up : recording.down
      const wires = fc.constantFrom(long, ...wiresOf('http2', role))
      const property = fc.property(wires, mutations, controls, (wire, changes, numbers) => {
        rounds.begin()
        const seen = converse(engine, role, mutate(wire, changes), new Controls(numbers))
        for (const outcome of seen) rounds.saw(outcome)
        expectClean()
      })
      await rounds.check(property, 60)
    })
  }

  for (const role of roles) {
    const title = `a ${role} of HTTP/2 tells and sends the same however its input is cut`
    it(title, { timeout: patience }, async () => {
      const rounds = new Rounds('sessions', title)
      const wires = fc.constantFrom(...wiresOf('http2', role))
      const property = fc.property(wires, mutations, controls, (given, changes, numbers) => {
        rounds.begin()
        const wire = mutate(given, changes)
        const cut = new Controls(numbers)
        const whole = playHTTP2(engine, role, wire, (left) => left)
        expectSame(
          playHTTP2(engine, role, wire, (left) => cut.chunk(left)),
          whole,
        )
        rounds.saw(
          whole.events
            .slice(-3)
            .map(({ type }) => type)
            .join(' '),
        )
        expectClean()
      })
      await rounds.check(property, 60)
    })
  }

  for (const role of roles) {
    const title = `a ${role} of HTTP/1.1 tells the same however its input is cut`
    it(title, { timeout: patience }, async () => {
      const rounds = new Rounds('sessions', title)
      const wires = fc.constantFrom(...wiresOf('http1', role))
      const property = fc.property(wires, mutations, controls, (given, changes, numbers) => {
        rounds.begin()
        const wire = mutate(given, changes)
        const cut = new Controls(numbers)
        const whole = playHTTP1(engine, role, wire, (left) => left)
        expect(playHTTP1(engine, role, wire, (left) => cut.chunk(left))).toEqual(whole)
        const { type, code } = (whole.at(-1) ?? {}) as { type?: string; code?: string }
        rounds.saw(`${type} ${code}`)
        expectClean()
      })
      await rounds.check(property, 100)
    })
  }
})
