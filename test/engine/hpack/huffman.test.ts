import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Engine } from '../../../src/engine/index.ts'

/** The tables that `wasm/hpack/huffman.c` makes are, byte for byte, those that nghttp2 would have brought. */

const [, version] = /^version=(.*)$/m.exec(read('wasm/nghttp2.lock'))!
const source = read(`build/nghttp2-${version}/lib/nghttp2_hd_huffman_data.c`)

function read(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
}

/** The elements of a table that have as many numbers as the pattern has groups. */
function elements(pattern: RegExp): number[][] {
  return [...source.matchAll(pattern)].map((match) => match.slice(1).map(Number))
}

it('the Huffman code words are those of nghttp2’s table', () => {
  const symbols = elements(/\{(\d+), (0x[0-9A-F]+)U\}/g)
  expect(symbols).toHaveLength(257)
  expect(memory().includes(bytes(Uint32Array.from(symbols.flat())))).toBe(true)
})

it('the steps of the Huffman decoder are those of nghttp2’s table', () => {
  const steps = elements(/\{(0x[0-9A-F]+), (0x[0-9A-F]+), (0x[0-9A-F]+)\}/g)
  expect(steps).toHaveLength(257 * 16)
  const words = steps.map(([state, flags, symbol]) => state! | (flags! << 16) | (symbol! << 24))
  expect(memory().includes(bytes(Int32Array.from(words)))).toBe(true)
})

function memory(): Buffer {
  return Buffer.from(new Engine().memory.bytes)
}

function bytes(words: Uint32Array | Int32Array): Buffer {
  return Buffer.from(words.buffer)
}
