import { maxCodeLength, reversed } from './tables.ts'

/** Codes of at most this many bits are found in one step. */
const directBits = 9
const directMask = (1 << directBits) - 1

/**
 * A Huffman code for reading (RFC 1951 §3.2.2). `lookup(bits)` gives `symbol << 4 | length`, or 0 for bits that
 * are no code; `bits` holds at least 15, the next one lowest.
 */
export class HuffmanDecoder {
  readonly #direct = new Uint16Array(1 << directBits)
  readonly #count = new Uint16Array(maxCodeLength + 1)
  readonly #offset = new Uint16Array(maxCodeLength + 1)
  readonly #symbols: Uint16Array

  constructor(symbols: number) {
    this.#symbols = new Uint16Array(symbols)
  }

  /**
   * Sets the code lengths. False when they are no code: too many, or too few. One code of one bit, or none at all, is
   * allowed (§3.2.7).
   */
  build(lengths: Uint8Array): boolean {
    const count = this.#count.fill(0)
    for (const length of lengths) count[length]!++
    count[0] = 0
    let left = 1
    let used = 0
    for (let length = 1; length <= maxCodeLength; length++) {
      left = left * 2 - count[length]!
      if (left < 0) return false
      used += count[length]!
    }
    if (left > 0 && used > 1) return false
    if (left > 0 && used === 1 && count[1] === 0) return false

    const next = this.#offset
    next[1] = 0
    for (let length = 1; length < maxCodeLength; length++) {
      next[length + 1] = next[length]! + count[length]!
    }
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const length = lengths[symbol]!
      if (length !== 0) this.#symbols[next[length]!++] = symbol
    }
    this.#fillDirect()
    return true
  }

  #fillDirect(): void {
    const direct = this.#direct.fill(0)
    let code = 0
    let index = 0
    for (let length = 1; length <= directBits; length++) {
      for (let i = this.#count[length]!; i > 0; i--) {
        const entry = (this.#symbols[index++]! << 4) | length
        for (let at = reversed(code, length); at <= directMask; at += 1 << length)
          direct[at] = entry
        code++
      }
      code <<= 1
    }
  }

  lookup(bits: number): number {
    const entry = this.#direct[bits & directMask]!
    return entry !== 0 ? entry : this.#slow(bits)
  }

  /** Bit by bit: canonical codes of one length are consecutive numbers. */
  #slow(bits: number): number {
    let code = 0
    let first = 0
    let index = 0
    for (let length = 1; length <= maxCodeLength; length++) {
      code |= (bits >>> (length - 1)) & 1
      const count = this.#count[length]!
      if (code - first < count) return (this.#symbols[index + code - first]! << 4) | length
      index += count
      first = (first + count) << 1
      code <<= 1
    }
    return 0
  }
}
