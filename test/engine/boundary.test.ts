import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as abi from '../../src/engine/abi.ts'
import { BlockFlag, Category, Flag } from '../../src/engine/index.ts'
import { embeddedModule, instantiate } from '../../src/engine/module.ts'
import { layoutOf, membersOf, wordsOf } from '../support/engine/c-header.ts'
import { exportedTypes } from '../support/engine/wasm-binary.ts'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const bridge = read('../../wasm/bridge/bridge.h')
const http1 = read('../../wasm/http1/http1.h')
const http2 = read('../../wasm/http2/http2.h')

describe('law 1: one call in, one drain', () => {
  it('the module imports nothing, so no C callback can call JavaScript', () => {
    expect(WebAssembly.Module.imports(embeddedModule())).toEqual([])
  })
})

/** Of each export that `abi.ts` declares: how many parameters it has. Those of debug builds have a question mark. */
function declaredExports(isDebug: boolean): Record<string, number> {
  const body = read('../../src/engine/abi.ts').match(/interface Exports \{([^}]*)\}/)![1]!
  const methods = body.replaceAll(/\/\*[^]*?\*\//g, '').matchAll(/(\w+)(\??)\(([^)]*)\): [\w]+/g)
  const declared: Record<string, number> = {}
  for (const [, name, mark, parameters] of methods) {
    if (isDebug || !mark) declared[name!] = parameters!.match(/:/g)?.length ?? 0
  }
  return declared
}

/** Of each function that an instance exports: how many parameters it has. Emscripten's own are left out. */
function actualExports(exports: WebAssembly.Exports): Record<string, number> {
  const found: Record<string, number> = {}
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value === 'function' && !/^__|^stack/.test(name)) found[name] = value.length
  }
  return found
}

describe('law 2: numbers only cross', () => {
  it('the exports take and return i32 only', () => {
    const types = exportedTypes(readFileSync(new URL('../../dist/nghttp2.wasm', import.meta.url)))
    expect(types.size).toBeGreaterThan(30)
    for (const [name, values] of types) {
      expect(values, name).toEqual(values.map(() => 0x7f))
    }
  })

  it('abi.ts declares each export with its number of parameters', () => {
    const { memory, ...exports } = instantiate(embeddedModule())
    expect(memory).toBeInstanceOf(WebAssembly.Memory)
    const actual = actualExports(exports as unknown as WebAssembly.Exports)
    expect(actual).toEqual(declaredExports(false))
    expect(Object.keys(actual).filter((name) => !/^(nw|h1|h2)_/.test(name))).toEqual([
      '_initialize',
    ])
  })
})

describe('the headers and abi.ts have the same names, in the same order, with the same values', () => {
  const enums: readonly [string, string, Readonly<Record<string, number>>][] = [
    ['nw_role', bridge, abi.Role],
    ['nw_event', bridge, abi.Kind],
    ['nw_field_flag', bridge, abi.FieldFlag],
    ['nw_block_flag', bridge, abi.BlockFlag],
    ['nw_frame_flag', bridge, abi.FrameFlag],
    ['nw_category', bridge, abi.Category],
    ['h2_option', http2, abi.Option],
    ['h2_ask', http2, abi.Ask],
    ['h2_counter', http2, abi.Counter],
    ['h2_partial', http2, abi.PartialFrame],
    ['h2_body', http2, abi.Body],
    ['h1_reason', http1, abi.Reason],
  ]
  it.each(enums)('enum %s', (name, header, mirrored) => {
    expect(Object.entries(membersOf(header, name))).toEqual(Object.entries(mirrored))
  })

  it('no enum of the headers that has a name is missing here', () => {
    const named = [...(bridge + http2 + http1).matchAll(/enum (\w+) \{/g)].map(([, name]) => name!)
    const own = ['h1_state'] // does not cross
    expect(named.filter((name) => !own.includes(name))).toEqual(
      expect.arrayContaining(enums.map(([name]) => name)),
    )
    expect(named.length).toBe(enums.length + own.length)
  })

  it('nw_io', () => {
    const { words: _, ...layout } = layoutOf(bridge, 'nw_io')
    expect(Object.entries(layout)).toEqual(Object.entries(abi.Io))
  })

  it('h2_config', () => {
    expect(Object.entries(layoutOf(http2, 'h2_config'))).toEqual(Object.entries(abi.Config))
  })

  it('the words of a string', () => {
    expect(wordsOf(bridge)).toEqual({ newString: abi.NEW_STRING, noSlot: abi.NO_SLOT })
  })

  it('the size of a field', () => {
    const size = read('../../wasm/http2/submit.c').match(/sizeof\(nghttp2_nv\) == (\d+)/)![1]
    expect(Number(size)).toBe(abi.FIELD_SIZE)
  })
})

describe('nghttp2-wasm/engine', () => {
  it('has the numbers that a sink gets, and Flag as another name of BlockFlag', () => {
    expect(BlockFlag).toBe(abi.BlockFlag)
    expect(Flag).toBe(abi.BlockFlag)
    expect(Category).toBe(abi.Category)
  })
})

describe('an instance', () => {
  it('has a memory of its own', () => {
    const [a, b] = [instantiate(embeddedModule()), instantiate(embeddedModule())]
    expect(a.memory.buffer).not.toBe(b.memory.buffer)
  })
})
