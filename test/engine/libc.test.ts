// memcpy, memset and memcmp of wasm/libc/bytes.c, which stand in for the C library's, by themselves.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, it } from 'vitest'

const source = fileURLToPath(new URL('../../wasm/libc/bytes.c', import.meta.url))
/** Around every boundary of theirs: nothing, halves, words, twins, the long ones. */
const lengths = [...Array(40).keys(), 63, 64, 65, 127, 128, 129, 130, 1000, 65_537]
const offsets = [0, 1, 3, 7]
const from = 256 * 1024
const to = 512 * 1024

interface Bytes {
  memory: WebAssembly.Memory
  memcpy(to: number, from: number, length: number): number
  memset(to: number, value: number, length: number): number
  memcmp(left: number, right: number, length: number): number
}

let module: Bytes
let bytes: Uint8Array

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'bytes-'))
  try {
    const file = join(folder, 'bytes.wasm')
    const exports = ['memcpy', 'memset', 'memcmp'].map((name) => `-Wl,--export=${name}`)
    const flags = ['-O3', '-std=gnu11', '-mbulk-memory', '-fno-builtin', '--no-entry']
    const settings = ['-sSTANDALONE_WASM', '-sINITIAL_MEMORY=1MB', '-sTOTAL_STACK=64KB']
    const made = spawnSync('emcc', [...flags, ...settings, ...exports, source, '-o', file], {
      encoding: 'utf8',
    })
    expect(made.stderr).toBe('')
    const { exports: found } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)))
    module = found as unknown as Bytes
    bytes = new Uint8Array(module.memory.buffer)
  } finally {
    rmSync(folder, { recursive: true })
  }
}, 60_000)

/** No two bytes in a row are alike, and none is zero. */
function fill(at: number, length: number): void {
  for (let i = 0; i < length; i++) bytes[at + i] = 1 + ((i * 31) % 255)
}

it.each(offsets)('memcpy copies that many bytes and no more, %i bytes off', (offset) => {
  for (const length of lengths) {
    fill(from, length + 16)
    bytes.fill(0, to, to + length + 32)
    expect(module.memcpy(to + 8 + offset, from + 1, length)).toBe(to + 8 + offset)
    const copied = bytes.slice(to + 8 + offset, to + 8 + offset + length)
    expect(copied).toEqual(bytes.slice(from + 1, from + 1 + length))
    expect(bytes.slice(to, to + 8 + offset).every((byte) => byte === 0)).toBe(true)
    const behind = bytes.slice(to + 8 + offset + length, to + length + 32)
    expect(behind.every((byte) => byte === 0)).toBe(true)
  }
})

it.each(offsets)('memset sets that many bytes and no more, %i bytes off', (offset) => {
  for (const length of lengths) {
    bytes.fill(1, to, to + length + 32)
    expect(module.memset(to + 8 + offset, 0x1ab, length)).toBe(to + 8 + offset)
    const expected = new Uint8Array(length + 32).fill(1)
    expected.fill(0xab, 8 + offset, 8 + offset + length)
    expect(bytes.slice(to, to + length + 32)).toEqual(expected)
  }
})

it.each(offsets)('memcmp finds the first byte that differs, %i bytes off', (offset) => {
  for (const length of lengths) {
    if (length > 1000) continue // each place has its turn
    fill(from, length)
    fill(to + offset, length)
    expect(module.memcmp(from, to + offset, length)).toBe(0)
    bytes[from + length] = 1 // behind the end: of no interest
    bytes[to + offset + length] = 2
    expect(module.memcmp(from, to + offset, length)).toBe(0)
    for (let at = 0; at < length; at++) {
      const kept = bytes[from + at]!
      bytes[from + at] = 255
      if (at + 1 < length) bytes[to + offset + at + 1] = 0 // differs too, later and the other way
      expect(Math.sign(module.memcmp(from, to + offset, length))).toBe(
        kept === 255 ? Number(at + 1 < length) : 1,
      )
      expect(Math.sign(module.memcmp(to + offset, from, length))).toBe(
        kept === 255 ? -Number(at + 1 < length) : -1,
      )
      bytes[from + at] = kept
      fill(to + offset, length)
    }
  }
})
