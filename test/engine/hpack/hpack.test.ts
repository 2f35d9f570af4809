import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/engine/index.ts'
import type { HeaderField } from '../../../src/common/fields.ts'
import * as hpack from '../../../src/engine/hpack/index.ts'
import {
  DEFAULT_HEADER_TABLE_SIZE,
  DEFLATE_MAX_HEADER_TABLE_SIZE,
  HDDeflater,
  HDInflater,
  HDTableEntry,
  HD_ENTRY_OVERHEAD,
  HTTP2Error,
  printHdTable,
} from '../../../src/engine/hpack/index.ts'
import { hpackString, join } from '../../support/engine/frames.ts'
import { codeOf } from '../../support/engine/errors.ts'

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(text.replaceAll(' ', '').match(/../g)!, (pair) => parseInt(pair, 16))

describe('the exports of the HPACK entry point', () => {
  it('have the constants of RFC 7541 and of nghttp2', () => {
    expect(DEFAULT_HEADER_TABLE_SIZE).toBe(4096)
    expect(DEFLATE_MAX_HEADER_TABLE_SIZE).toBe(4096)
    expect(HD_ENTRY_OVERHEAD).toBe(32)
  })

  it('are no more than those documented', () => {
    expect(Object.keys(hpack).sort()).toEqual([
      'DEFAULT_HEADER_TABLE_SIZE',
      'DEFLATE_MAX_HEADER_TABLE_SIZE',
      'HDDeflater',
      'HDInflater',
      'HDTableEntry',
      'HD_ENTRY_OVERHEAD',
      'HTTP2Error',
      'HTTPError',
      'printHdTable',
    ])
  })
})

// RFC 7541 appendix C.4: three requests on one connection, with Huffman coding.
describe('the examples of RFC 7541', () => {
  const requests: ReadonlyArray<readonly [string, HeaderField[]]> = [
    [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/'],
        [':authority', 'www.example.com'],
      ],
    ],
    [
      '8286 84be 5886 a8eb 1064 9cbf',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/'],
        [':authority', 'www.example.com'],
        ['cache-control', 'no-cache'],
      ],
    ],
    [
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      [
        [':method', 'GET'],
        [':scheme', 'https'],
        [':path', '/index.html'],
        [':authority', 'www.example.com'],
        ['custom-key', 'custom-value'],
      ],
    ],
  ]

  it('decode to the fields, and leave the table', () => {
    const inflater = new HDInflater()
    for (const [block, fields] of requests) expect(inflater.inflate(bytesOf(block))).toEqual(fields)
    expect(inflater.getHdTable().map(({ name, value }) => [name, value])).toEqual([
      ['custom-key', 'custom-value'],
      ['cache-control', 'no-cache'],
      [':authority', 'www.example.com'],
    ])
  })

  it('encode to the very bytes', () => {
    const deflater = new HDDeflater()
    for (const [block, fields] of requests)
      expect(hex(deflater.deflate(fields))).toBe(block.replaceAll(' ', ''))
  })
})

describe('HDDeflater and HDInflater', () => {
  const fields: HeaderField[] = [
    [':status', '200'],
    ['x-one', 'first'],
    ['x-two', 'second'],
    ['x-one', 'first'],
  ]

  it('round trip, block after block', () => {
    const deflater = new HDDeflater()
    const inflater = new HDInflater()
    const first = deflater.deflate(fields)
    const second = deflater.deflate(fields)
    expect(second.length).toBeLessThan(first.length)
    expect(second.length).toBe(4)
    expect(inflater.inflate(first)).toEqual(fields)
    expect(inflater.inflate(second)).toEqual(fields)
    expect(inflater.inflate(deflater.deflate([]))).toEqual([])
  })

  it('take names and values as bytes, and give a character a byte', () => {
    const deflater = new HDDeflater()
    const utf8 = new TextEncoder().encode('grüße')
    const block = deflater.deflate([
      [new TextEncoder().encode('x-utf8'), utf8],
      ['x-latin1', 'grüße'],
    ])
    expect(new HDInflater().inflate(block)).toEqual([
      ['x-utf8', String.fromCharCode(...utf8)],
      ['x-latin1', 'grüße'],
    ])
    expect(codeOf(() => deflater.deflate([['x', 'a\u263a']]))).toBe('ERR_INVALID_FIELD_VALUE')
  })

  it('accept fields that HTTP forbids', () => {
    const odd: HeaderField[] = [
      ['', ''],
      ['Upper Case', 'line\r\nbreak\0'],
      [':', '\xff'],
    ]
    expect(new HDInflater().inflate(new HDDeflater().deflate(odd))).toEqual(odd)
  })

  it('take an iterable', () => {
    const map = new Map([['a', 'b']])
    expect(new HDInflater().inflate(new HDDeflater().deflate(map))).toEqual([['a', 'b']])
  })

  it('keep one table in step, whatever is said and however it is resized', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab-z\0é\xff'), maxLength: 40 })
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.array(fc.tuple(text, text), { maxLength: 10 }) },
      { weight: 1, arbitrary: fc.nat(5000) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        using deflater = new HDDeflater(8192)
        using inflater = new HDInflater()
        for (const said of steps) {
          if (typeof said === 'number') {
            deflater.changeTableSize(said)
            inflater.changeTableSize(said)
          } else {
            expect(inflater.inflate(deflater.deflate(said))).toEqual(said)
            expect(inflater.getHdTable()).toEqual(deflater.getHdTable())
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('decode a block longer than every region', () => {
    const huge: HeaderField[] = Array.from({ length: 20 }, (_, i) => [`x-${i}`, '~'.repeat(60_000)])
    const deflater = new HDDeflater()
    const block = deflater.deflate(huge)
    expect(block.length).toBeGreaterThan(1_000_000)
    expect(new HDInflater().inflate(block)).toEqual(huge)
    expect(new HDInflater().inflate(deflater.deflate([['a', 'b']]))).toEqual([['a', 'b']])
  })

  it('decode many references in one block', () => {
    const inflater = new HDInflater()
    const block = join(
      Uint8Array.of(0x40),
      hpackString('a'),
      hpackString('b'),
      new Uint8Array(300_000).fill(0xbe),
    )
    const decoded = inflater.inflate(block)
    expect(decoded).toHaveLength(300_001)
    expect(decoded.every(([name, value]) => name === 'a' && value === 'b')).toBe(true)
  })
})

describe('the dynamic table', () => {
  const entries = (coder: HDDeflater | HDInflater): string[] =>
    coder.getHdTable().map(({ name }) => name)

  it('getHdTable() lists the newest entry first, with lengths and space', () => {
    const deflater = new HDDeflater()
    deflater.deflate([
      ['x-a', '1'],
      ['x-b', '22'],
    ])
    const [first, second] = deflater.getHdTable()
    expect(first).toBeInstanceOf(HDTableEntry)
    expect(first).toEqual({ name: 'x-b', nameLength: 3, value: '22', valueLength: 2 })
    expect(first!.space()).toBe(3 + 2 + 32)
    expect(second!.space()).toBe(3 + 1 + 32)
  })

  it('evicts the oldest, and all when it is resized to nothing (RFC 7541 §4.3)', () => {
    const deflater = new HDDeflater()
    const inflater = new HDInflater()
    for (const name of ['a', 'b', 'c']) inflater.inflate(deflater.deflate([[name, 'v']]))
    for (const coder of [deflater, inflater]) expect(entries(coder)).toEqual(['c', 'b', 'a'])
    deflater.changeTableSize(34 * 2)
    expect(entries(deflater)).toEqual(['c', 'b'])
    inflater.inflate(deflater.deflate([]))
    inflater.inflate(deflater.deflate([['d', 'v']])) // says the new size first
    expect(entries(inflater)).toEqual(['d', 'c'])
    deflater.changeTableSize(0)
    inflater.changeTableSize(0)
    for (const coder of [deflater, inflater]) expect(entries(coder)).toEqual([])
  })

  it('an encoder’s never grows beyond its maximum', () => {
    const deflater = new HDDeflater(100)
    deflater.changeTableSize(10_000)
    for (let i = 0; i < 20; i++) deflater.deflate([[`x-${i}`, 'v']])
    const space = deflater.getHdTable().reduce((sum, entry) => sum + entry.space(), 0)
    expect(space).toBeGreaterThan(0)
    expect(space).toBeLessThanOrEqual(100)
  })

  it('an encoder with a table of 0 bytes adds no entries', () => {
    const deflater = new HDDeflater(0)
    const block = deflater.deflate([['x', 'y']])
    expect(deflater.getHdTable()).toEqual([])
    expect(new HDInflater().inflate(block)).toEqual([['x', 'y']])
  })

  it('printHdTable writes a line an entry', () => {
    const deflater = new HDDeflater()
    deflater.deflate([
      ['x-a', '1'],
      ['x-b', '22'],
    ])
    const lines: string[] = []
    printHdTable(deflater.getHdTable(), (line) => lines.push(line))
    expect(lines).toEqual(['[0] (s=37) x-b: 22', '[1] (s=36) x-a: 1'])
  })
})

describe('errors of HPACK', () => {
  it.each([
    ['an index that is nowhere', 'ff00'],
    ['index 0', '80'],
    ['a string cut short', '400a61'],
    ['a Huffman code that ends in something else than ones', '00 81 00 81 1c'],
    ['an integer without end', '7fffffffffffffffff'],
    ['a table size beyond what was offered', '3fe21f'],
  ])('%s is NGHTTP2_ERR_HEADER_COMP', (_, block) => {
    const inflater = new HDInflater()
    expect(codeOf(() => inflater.inflate(bytesOf(block)))).toBe('NGHTTP2_ERR_HEADER_COMP')
    expect(codeOf(() => inflater.inflate(bytesOf('82')))).toBe('NGHTTP2_ERR_HEADER_COMP')
  })

  it('use after dispose is a typed error', () => {
    const deflater = new HDDeflater()
    const inflater = new HDInflater()
    for (const coder of [deflater, inflater]) {
      coder.dispose()
      coder.dispose()
      expect(codeOf(() => coder.getHdTable())).toBe('ERR_SESSION_DISPOSED')
      expect(codeOf(() => coder.changeTableSize(1))).toBe('ERR_SESSION_DISPOSED')
    }
    expect(codeOf(() => deflater.deflate([['a', 'b']]))).toBe('ERR_SESSION_DISPOSED')
    expect(codeOf(() => inflater.inflate(new Uint8Array(1)))).toBe('ERR_SESSION_DISPOSED')
    expect(HTTP2Error.name).toBe('HTTPError')
  })

  it('coders give their memory back', () => {
    const engine = new Engine()
    const life = (): void => {
      using deflater = new HDDeflater(4096, engine)
      using inflater = new HDInflater(engine)
      inflater.inflate(
        deflater.deflate([
          ['x-name', 'x-value'.repeat(60)],
          ['a', 'b'],
        ]),
      )
      inflater.inflate(
        deflater.deflate([
          ['x-name', 'x-value'.repeat(60)],
          ['a', 'b'],
        ]),
      )
    }
    for (let i = 0; i < 100; i++) life()
    const { size, used } = engine.memoryUsage()
    expect(used).toBe(0)
    for (let i = 0; i < 3000; i++) life()
    expect(engine.memoryUsage()).toEqual({ size, used })
  })
})
