import { type Exports, FIELD_SIZE, Io, type Pointer } from './abi.ts'
import { invalidArgument } from '../common/arguments.ts'
import { HTTPError } from '../common/errors.ts'
import { type FlatFields, noFields, wireName, wireValue } from '../common/fields.ts'
import type { Memory } from './memory.ts'

/** A string that stays in linear memory. */
interface Interned {
  readonly pointer: Pointer
  readonly length: number
}

/** NGHTTP2_NV_FLAG_NO_INDEX. */
const NO_INDEX = 1
/** Strings longer than this are written each time. */
const internedLength = 64
/** The number of values that are remembered as seen once. A power of two. */
const seenSlots = 256
/** Lists of more fields are written each time. */
const mostKeptFields = 64
/** Bytes at the start of the strings region that are for the kept list. */
const keptListSize = mostKeptFields * FIELD_SIZE

/**
 * Writes field lists into the scratch region for nghttp2. A server sends mostly the same names and values. These are
 * validated and encoded once, and kept in the strings region. From then on each is written as an address and a length.
 */
export class FieldWriter {
  readonly #exports: Exports
  readonly #memory: Memory
  readonly #names: Map<string, Interned> = new Map()
  readonly #values: Map<string, Interned> = new Map()
  /** Values seen once. The second time a value is kept in the strings region. */
  readonly #seen: string[] = Array.from({ length: seenSlots }, () => '')
  #used = keptListSize
  /** The region is half full of values, and is emptied before the next list. */
  #crowded = false
  /** All strings of the list in scratch are in the strings region. */
  #isLasting = false
  /** The list that was offered last; a hint, because its owner may have changed it. */
  #offered: FlatFields = noFields
  /** A copy of the list whose array is at the start of the strings region. */
  #kept: FlatFields = noFields
  /** The address of the array that `write` or `find` gave last. */
  array: Pointer = 0

  constructor(exports: Exports, memory: Memory) {
    this.#exports = exports
    this.#memory = memory
  }

  /**
   * Puts `fields` (names and values in turn) at the start of scratch as an `array` of nghttp2_nv; their strings, and
   * `extra` bytes for the caller, follow. Returns the address after the strings. Throws `ERR_INVALID_FIELD_NAME`,
   * `ERR_INVALID_FIELD_VALUE` or `NGHTTP2_ERR_NOMEM`.
   */
  write(fields: FlatFields, extra: number): Pointer {
    const memory = this.#memory
    this.#reserve(fields, extra)
    const scratch = memory.io(Io.scratch)
    let strings = scratch + (fields.length >> 1) * FIELD_SIZE
    let word = scratch >>> 2
    const { words } = memory
    for (let i = 0; i < fields.length; i += 2, word += FIELD_SIZE / 4) {
      const given = fields[i]!
      const name = this.#names.get(given) ?? this.#internName(given)
      words[word] = name.pointer
      words[word + 2] = name.length
      words[word + 4] = 0
      const value = fields[i + 1]!
      const kept = this.#values.get(value) ?? this.#internValue(given, value)
      if (kept) {
        words[word + 1] = kept.pointer
        words[word + 3] = kept.length
      } else {
        const text = wireValue(given, value)
        memory.writeLatin1(text, strings)
        words[word + 1] = strings
        words[word + 3] = text.length
        strings += text.length
      }
    }
    this.#flagNeverIndexed(fields)
    this.#isLasting = strings === scratch + (fields.length >> 1) * FIELD_SIZE
    this.array = scratch
    return strings
  }

  /** As `write`, for fields that equal the kept list: returns the address of the `extra` bytes. 0 for other fields. */
  find(fields: FlatFields, extra: number): Pointer {
    if (!Array.isArray(fields) || fields.neverIndexed || !isSame(fields, this.#kept)) return 0
    this.#reserveScratch(extra)
    this.array = this.#memory.io(Io.strings)
    return this.#memory.io(Io.scratch)
  }

  /**
   * Keeps the list in scratch for `find` when it is offered twice. `fields`: the fields that `write` has just written.
   */
  offer(fields: FlatFields): void {
    const isLasting = this.#isLasting && fields.length <= 2 * mostKeptFields && !fields.neverIndexed
    if (!isLasting || !isSame(fields, this.#offered)) {
      this.#offered = fields
      return
    }
    const from = this.#memory.io(Io.scratch) >>> 2
    const words = (fields.length >> 1) * (FIELD_SIZE / 4)
    this.#memory.words.copyWithin(this.#memory.io(Io.strings) >>> 2, from, from + words)
    this.#kept = fields.slice()
  }

  /** As `write`, without the rules of HTTP: HPACK encodes any bytes. */
  writeRaw(fields: FlatFields, extra = 0): void {
    const memory = this.#memory
    const table = (fields.length >> 1) * FIELD_SIZE
    this.#reserveScratch(fields.reduce((size, text) => size + text.length, table + extra))
    let word = memory.io(Io.scratch) >>> 2
    let strings = memory.io(Io.scratch) + table
    for (let i = 0; i < fields.length; i += 2, word += FIELD_SIZE / 4) {
      for (const half of [0, 1]) {
        const text = fields[i + half]!
        memory.writeLatin1(text, strings)
        memory.words[word + half] = strings
        memory.words[word + 2 + half] = text.length
        strings += text.length
      }
      memory.words[word + 4] = 0
    }
    this.#flagNeverIndexed(fields)
  }

  #flagNeverIndexed({ neverIndexed }: FlatFields): void {
    if (!neverIndexed) return
    const first = this.#memory.io(Io.scratch) >>> 2
    for (const at of neverIndexed) {
      this.#memory.words[first + (at >> 1) * (FIELD_SIZE / 4) + 4] = NO_INDEX
    }
  }

  /** Makes room for the most bytes that `fields` can take. */
  #reserve(fields: FlatFields, extra: number): void {
    if (!Array.isArray(fields)) {
      throw invalidArgument('fields', 'a list of names and values in turn', fields)
    }
    let names = 0
    let values = 0
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i]!
      const value = fields[i + 1]!
      // A value that is no string is the caller's error, and is found before any is written.
      if (typeof name !== 'string') wireName(name)
      if (typeof value !== 'string') wireValue(name, value)
      names += name.length
      values += value.length
    }
    const capacity = this.#memory.io(Io.stringsCapacity)
    const interned = names + (fields.length >> 1) * internedLength
    if (this.#crowded || this.#used + interned > capacity) this.#forget()
    const size = (fields.length >> 1) * FIELD_SIZE + values + extra
    if (interned > capacity) throw noRoom(names)
    this.#reserveScratch(size)
  }

  #reserveScratch(size: number): void {
    if (size <= this.#memory.io(Io.scratchCapacity)) return
    if (this.#exports.nw_scratch_reserve(size) < 0) throw noRoom(size)
  }

  #internName(given: string): Interned {
    const name = wireName(given)
    const known = this.#names.get(name) ?? this.#keep(name)
    this.#names.set(name, known)
    this.#names.set(given, known)
    return known
  }

  /** Keeps a value in the strings region the second time it is written. */
  #internValue(name: string, value: string): Interned | undefined {
    const { length } = value
    if (typeof value !== 'string' || length > internedLength || length === 0) return undefined
    const slot =
      (value.charCodeAt(length - 1) * 31 + value.charCodeAt(length >> 1) + length) % seenSlots
    if (this.#seen[slot] !== value) {
      this.#seen[slot] = value
      return undefined
    }
    this.#crowded = this.#used > this.#memory.io(Io.stringsCapacity) >> 1
    if (this.#crowded) return undefined
    const kept = this.#keep(wireValue(name, value))
    this.#values.set(value, kept)
    return kept
  }

  #keep(text: string): Interned {
    const pointer = this.#memory.io(Io.strings) + this.#used
    this.#memory.writeLatin1(text, pointer)
    this.#used += text.length
    return { pointer, length: text.length }
  }

  #forget(): void {
    this.#names.clear()
    this.#values.clear()
    this.#used = keptListSize
    this.#crowded = false
    this.#kept = noFields
  }
}

function isSame(fields: FlatFields, others: FlatFields): boolean {
  if (fields.length !== others.length) return false
  for (let i = fields.length - 1; i >= 0; i--) if (fields[i] !== others[i]) return false
  return fields.length > 0
}

function noRoom(bytes: number): HTTPError {
  return new HTTPError('NGHTTP2_ERR_NOMEM', `no room for ${bytes} bytes of header fields`)
}
