/** The corpus of the native fuzzers, through the sessions of the WebAssembly build. */
import { describe, expect, it } from 'vitest'
import { HDInflater } from '../../src/engine/hpack/index.ts'
import { Engine, type HTTP2Error } from '../../src/engine/index.ts'
import { Controls, corpusOf } from '../support/fuzz/controls.ts'
import { converse, expectSame, playHTTP1, playHTTP2 } from '../support/fuzz/sessions.ts'

const engine = new Engine()
const { used } = engine.memoryUsage()

/** The engine works, and no session has left memory behind. */
function expectClean(name: string): void {
  expect(engine.failure, name).toBeUndefined()
  expect(engine.memoryUsage().used - used, name).toBe(0)
}

describe('the corpus of the fuzzers', () => {
  it.each(['server', 'client'] as const)(
    'HTTP/2 of a %s: cut or whole, the same outcome',
    (role) => {
      const inputs = corpusOf(`http2-${role}`)
      expect(inputs.length).toBeGreaterThan(10)
      for (const { name, wire, controls } of inputs) {
        const whole = playHTTP2(engine, role, wire, () => wire.length)
        const cut = new Controls(controls)
        const pieces = playHTTP2(engine, role, wire, (left) => cut.chunk(left))
        expectSame(pieces, whole, name)
        converse(engine, role, wire, new Controls(controls))
        expectClean(name)
      }
    },
  )

  it.each(['server', 'client'] as const)(
    'HTTP/1.1 of a %s: cut or whole, the same outcome',
    (role) => {
      const inputs = corpusOf(`http1-${role}`)
      expect(inputs.length).toBeGreaterThan(5)
      for (const { name, wire, controls } of inputs) {
        const whole = playHTTP1(engine, role, wire, () => wire.length)
        const cut = new Controls(controls)
        expect(
          playHTTP1(engine, role, wire, (left) => cut.chunk(left)),
          name,
        ).toEqual(whole)
        expectClean(name)
      }
    },
  )

  it('HPACK: fields, or a typed error', () => {
    const inputs = corpusOf('hpack')
    expect(inputs.length).toBeGreaterThan(5)
    for (const { name, wire } of inputs) {
      using inflater = new HDInflater(engine)
      try {
        inflater.inflate(wire)
      } catch (error) {
        expect((error as HTTP2Error).code, name).toBe('NGHTTP2_ERR_HEADER_COMP')
      }
    }
    expectClean('hpack')
  })
})
