import { maxCodeLength, reversed } from './tables.ts'

/** Room for a symbol below a count, so that sorting numbers sorts symbols. */
const symbolBits = 9
const symbolMask = (1 << symbolBits) - 1

/** A Huffman code for writing, made from how often each symbol occurs. */
export class HuffmanEncoder {
  /** How often each symbol occurs; at most 2 ** 20 in all. */
  readonly counts: Uint32Array
  readonly lengths: Uint8Array
  /** The codes as they are put into a `BitWriter`. */
  readonly codes: Uint16Array

  readonly #sorted: Uint32Array
  readonly #weights: Uint32Array
  readonly #parents: Uint16Array
  readonly #ofLength = new Uint16Array(maxCodeLength + 1)
  readonly #next = new Uint16Array(maxCodeLength + 2)

  constructor(symbols: number) {
    this.counts = new Uint32Array(symbols)
    this.lengths = new Uint8Array(symbols)
    this.codes = new Uint16Array(symbols)
    this.#sorted = new Uint32Array(symbols)
    this.#weights = new Uint32Array(2 * symbols)
    this.#parents = new Uint16Array(2 * symbols)
  }

  /** Makes the code of `lengths` as they are. */
  setCodes(): void {
    const ofLength = this.#ofLength.fill(0)
    for (const length of this.lengths) ofLength[length]!++
    ofLength[0] = 0
    const next = this.#next
    next[1] = 0
    for (let length = 1; length <= maxCodeLength; length++) {
      next[length + 1] = (next[length]! + ofLength[length]!) << 1
    }
    for (let symbol = 0; symbol < this.lengths.length; symbol++) {
      const length = this.lengths[symbol]!
      if (length !== 0) this.codes[symbol] = reversed(next[length]!++, length)
    }
  }

  /** Makes the code for `counts`, no code longer than `limit` bits. */
  build(limit: number): void {
    const { counts } = this
    let used = 0
    for (let symbol = 0; symbol < counts.length; symbol++) {
      if (counts[symbol] !== 0) this.#sorted[used++] = (counts[symbol]! << symbolBits) | symbol
    }
    // A code of one symbol is not complete: some decoders refuse it.
    for (let symbol = 0; used < 2; symbol++) {
      if (counts[symbol] === 0) this.#sorted[used++] = (1 << symbolBits) | symbol
    }
    const sorted = this.#sorted.subarray(0, used).sort()
    this.#measure(sorted, limit)
    this.lengths.fill(0)
    let length = limit
    for (const entry of sorted) {
      while (this.#ofLength[length] === 0) length--
      this.#ofLength[length]!--
      this.lengths[entry & symbolMask] = length
    }
    this.setCodes()
  }

  /** Sets in `#ofLength` how many codes have each length; `sorted` begins with the rarest symbol. */
  #measure(sorted: Uint32Array, limit: number): void {
    const leaves = sorted.length
    const weights = this.#weights
    const parents = this.#parents
    for (let i = 0; i < leaves; i++) weights[i] = sorted[i]! >>> symbolBits

    // The inner nodes are made in order of weight, too, so two queues replace a heap.
    let leaf = 0
    let inner = leaves
    const root = 2 * leaves - 2
    for (let node = leaves; node <= root; node++) {
      let weight = 0
      for (let child = 0; child < 2; child++) {
        const isLeaf = leaf < leaves && (inner >= node || weights[leaf]! <= weights[inner]!)
        const index = isLeaf ? leaf++ : inner++
        weight += weights[index]!
        parents[index] = node
      }
      weights[node] = weight
    }

    const ofLength = this.#ofLength.fill(0)
    // From here on `weights` holds depths.
    weights[root] = 0
    for (let node = root - 1; node >= 0; node--) {
      const depth = weights[parents[node]!]! + 1
      weights[node] = depth
      if (node < leaves) ofLength[Math.min(depth, limit)]!++
    }

    // Codes cut to `limit` take more room than there is: others are lengthened until all fit (Kraft's inequality).
    let taken = 0
    for (let length = 1; length <= limit; length++) taken += ofLength[length]! << (limit - length)
    for (; taken > 1 << limit; taken--) {
      let length = limit - 1
      while (ofLength[length] === 0) length--
      ofLength[limit]!--
      ofLength[length]!--
      ofLength[length + 1]! += 2
    }
  }
}
