import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  Ask,
  Config,
  Counter,
  Flag,
  Http1Flag,
  Io,
  Kind,
  Option,
  Reason,
} from '../../src/engine/abi.ts'
import { embeddedModule, instantiate } from '../../src/engine/module.ts'
import { exportedTypes } from '../support/engine/wasm-binary.ts'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const header = read('../../wasm/bridge/bridge.h')

describe('law 1: one call in, one drain', () => {
  it('imports nothing, so no C callback can call JavaScript', () => {
    expect(WebAssembly.Module.imports(embeddedModule())).toEqual([])
  })
})

describe('law 2: numbers only cross', () => {
  it('exports functions of i32 only', () => {
    const binary = readFileSync(new URL('../../dist/nghttp2.wasm', import.meta.url))
    const types = exportedTypes(binary)
    expect(types.size).toBeGreaterThan(30)
    for (const [name, values] of types) {
      expect(values, name).toEqual(values.map(() => 0x7f))
    }
  })

  it('exports functions named h2_… and h1_…, memory and the initialiser, as abi.ts has them', () => {
    const names = WebAssembly.Module.exports(embeddedModule())
      .map(({ name }) => name)
      .filter((name) => !/^__|^stack/.test(name)) // Emscripten's
    // Those with a question mark are of debug builds.
    const declared = read('../../src/engine/abi.ts').matchAll(
      /^ {2}(?:readonly )?(h[12]_\w+|_\w+|memory)\b(?!\?)/gm,
    )
    expect(names.sort()).toEqual([...declared].map(([, name]) => name!).sort())
  })
})

/** The number of parameters of each function in abi.ts. */
function declaredArguments(): Map<string, number> {
  const source = read('../../src/engine/abi.ts')
  const functions = source.matchAll(/^ {2}(h[12]_\w+)\(([^)]*)\)/gm)
  return new Map(
    [...functions].map(([, name, list]) => [name!, list!.split(':').length - 1] as const),
  )
}

describe('law 2: each export', () => {
  const { exports } = new WebAssembly.Instance(embeddedModule(), {})
  it.each([...declaredArguments()])('%s takes %d arguments', (name, count) => {
    expect((exports[name] as () => number).length).toBe(count)
  })
})

/** The names in a block of the header: enumerators, or the fields of a struct, commas and all. */
function namesIn(block: RegExp): string[] {
  const body = header.match(block)![1]!.replaceAll(/\/\*[^]*?\*\//g, '')
  return [...body.matchAll(/(\w+)(?:\[(\d)\])?\s*(?:=\s*\d+\s*)?(?=[,;}]|$)/g)].map(
    ([, name]) => name!,
  )
}

const camel = (name: string): string =>
  name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

const withoutPrefix = (prefix: string) => (name: string) => camel(name.replace(prefix, ''))

describe('bridge.h and abi.ts name the same things in the same order', () => {
  it('h2_io', () => {
    const fields = namesIn(/typedef struct \{([^}]*)\} h2_io;/).map(camel)
    expect(fields).toEqual(Object.keys(Io))
    expect(Object.values(Io)).toEqual(fields.map((_, i) => i))
  })

  it('enum h2_event', () => {
    const kinds = namesIn(/enum h2_event \{([^}]*)\}/).map(withoutPrefix('H2_EVENT_'))
    expect(kinds).toEqual(Object.keys(Kind))
    expect(Object.values(Kind)).toEqual(kinds.map((_, i) => i + 1))
  })

  it('reasons of HTTP/1.1, and its flags', () => {
    const http1 = read('../../wasm/http1/http1.h')
    const values = (prefix: string): [string, number][] => {
      let last = 0
      const found = http1.matchAll(new RegExp(`^ {2}${prefix}(\\w+)(?: =\\s+(\\d+))?,`, 'gm'))
      return [...found].map(([, name, value]) => {
        last = value === undefined ? last + 1 : Number(value)
        return [camel(name!), last]
      })
    }
    expect(values('H1_REASON_')).toEqual(Object.entries(Reason))
    expect(values('H1_HEADERS_')).toEqual(Object.entries(Http1Flag))
  })

  it('counters', () => {
    const counters = namesIn(/enum \{\s*(H2_COUNT[^}]*)\}/).map(withoutPrefix('H2_COUNT_'))
    expect(counters).toEqual(Object.keys(Counter))
    expect(Object.values(Counter)).toEqual(counters.map((_, i) => i))
  })

  it('questions', () => {
    const source = read('../../wasm/http2/session.c').match(/enum \{\s*(ASK_[^}]*)\}/)![1]!
    const asks = [...source.matchAll(/\bASK_(\w+),/g)].map(([, name]) => camel(name!))
    expect(asks).toEqual(Object.keys(Ask))
    expect(Object.values(Ask)).toEqual(asks.map((_, i) => i))
  })

  it('options and flags', () => {
    const bits = [...header.matchAll(/H2_OPTION_(\w+) = (\d+)/g)].map(([, , bit]) => Number(bit))
    expect(Object.values(Option)).toEqual(bits)
    const flags = [...header.matchAll(/H2_(FIELD|HEADERS|ACK)\w* = (\d+)/g)].map(([, , bit]) =>
      Number(bit),
    )
    expect(Object.values(Flag)).toEqual(flags)
  })

  it('h2_config', () => {
    const body = header.match(/typedef struct \{([^}]*)\} h2_config;/)![1]!
    const declared = body.replaceAll(/\/\*[^]*?\*\//g, '').matchAll(/(\w+)(\[2\])?[,;]/g)
    let word = 0
    const layout: Record<string, number> = {}
    for (const [, name, isPair] of declared) {
      layout[camel(name!)] = word
      word += isPair ? 2 : 1
    }
    expect({ ...layout, words: word }).toEqual(Config)
  })
})

describe('an instance', () => {
  it('has a memory of its own', () => {
    const [a, b] = [instantiate(embeddedModule()), instantiate(embeddedModule())]
    expect(a.memory.buffer).not.toBe(b.memory.buffer)
  })
})
