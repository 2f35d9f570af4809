import { BitWriter } from './bit-writer.ts'
import { BlockWriter } from './block-writer.ts'
import { maxMatch, maxWindow, minMatch } from './tables.ts'

const hashBits = 15
const windowMask = maxWindow - 1
/** Earlier places that are tried for a match. */
const maxChain = 16
/** A match of this length is taken without a search for a longer one. */
const niceMatch = 64
/** Size of the output buffer that is kept between messages. */
const keptOutput = 64 * 1024

/**
 * Compresses the messages of permessage-deflate, each by itself. `CompressionStream` is not used, because it ends with
 * a block that has BFINAL set. RFC 7692 §7.2.3.4 allows such a block, but the inflaters of several clients stop after
 * it. The output of this class ends as with zlib's Z_SYNC_FLUSH.
 */
export class Deflater {
  readonly #head = new Int32Array(1 << hashBits)
  readonly #previous = new Int32Array(maxWindow)
  readonly #kept = new Uint8Array(keptOutput)
  readonly #bits = new BitWriter(this.#kept)
  readonly #block = new BlockWriter(this.#bits)

  /** The payload of a compressed message (RFC 7692 §7.2.1); `undefined` when it would be no shorter. */
  deflate(input: Uint8Array): Uint8Array | undefined {
    const { length } = input
    // A block is never longer than the bytes it stands for and the head of a stored one.
    const needed = length + (length >> 8) + 64
    const output = needed <= keptOutput ? this.#kept : new Uint8Array(needed)
    this.#bits.reset(output)
    this.#block.begin(input)
    this.#head.fill(-1)
    const last = length - minMatch
    let at = 0
    while (at < length) {
      const match = at <= last ? this.#findMatch(input, at) : 0
      if (match === 0) {
        this.#block.literal(input[at]!)
        at++
      } else {
        const matched = match & 0x1ff
        this.#block.match(matched, match >>> 9)
        const end = at + matched
        for (at++; at < end; at++) if (at <= last) this.#remember(input, at)
      }
      if (this.#block.isFull) {
        this.#block.end(at)
        if (this.#bits.length > at - (at >> 4)) return undefined
      }
    }
    this.#block.end(at)
    // The head of an empty stored block. The receiver appends the rest of the block (§7.2.1).
    this.#bits.put(0, 3)
    this.#bits.align()
    return this.#bits.length < length ? output.slice(0, this.#bits.length) : undefined
  }

  #hash(input: Uint8Array, at: number): number {
    const bytes = (input[at]! << 16) | (input[at + 1]! << 8) | input[at + 2]!
    return Math.imul(bytes, 0x9e3779b1) >>> (32 - hashBits)
  }

  #remember(input: Uint8Array, at: number): void {
    const hash = this.#hash(input, at)
    this.#previous[at & windowMask] = this.#head[hash]!
    this.#head[hash] = at
  }

  /** The longest match for the bytes at `at`, as `distance << 9 | length`; 0: none. Remembers `at`. */
  #findMatch(input: Uint8Array, at: number): number {
    const hash = this.#hash(input, at)
    const head = this.#head
    const previous = this.#previous
    let candidate = head[hash]!
    previous[at & windowMask] = candidate
    head[hash] = at

    // The slots of places further back hold later places.
    const oldest = Math.max(0, at - maxWindow + 1)
    const longest = Math.min(maxMatch, input.length - at)
    let best = minMatch - 1
    let distance = 0
    for (let tries = maxChain; tries > 0 && candidate >= oldest; tries--) {
      // The byte that would make the match longer is compared first.
      if (input[candidate + best] === input[at + best]) {
        let length = 0
        while (length < longest && input[candidate + length] === input[at + length]) length++
        if (length > best) {
          best = length
          distance = at - candidate
          if (length >= niceMatch || length === longest) break
        }
      }
      candidate = previous[candidate & windowMask]!
    }
    // A match of three bytes at a large distance takes more bits than three literals.
    if (distance === 0 || (best === minMatch && distance > 4096)) return 0
    return (distance << 9) | best
  }
}
