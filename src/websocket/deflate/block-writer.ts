import type { BitWriter } from './bit-writer.ts'
import { HuffmanEncoder } from './huffman-encoder.ts'
import {
  codeLengthOrder,
  distanceBase,
  distanceCodes,
  distanceExtra,
  endOfBlock,
  fixedDistanceLengths,
  fixedLiteralLengths,
  lengthBase,
  lengthExtra,
  literalCodes,
  maxCodeLength,
  maxMatch,
} from './tables.ts'

const maxTokens = 16 * 1024
const maxStored = 0xffff

/** The length code, less 257, of each length of a match. */
const lengthCode = new Uint8Array(maxMatch + 1)
for (let code = 0; code < lengthBase.length; code++) {
  const first = lengthBase[code]!
  lengthCode.fill(code, first, Math.min(first + (1 << lengthExtra[code]!), maxMatch + 1))
}

/** The distance code of distance - 1 below 256; of (distance - 1) >> 7, 256 further, for the others. */
const distanceCode = new Uint8Array(512)
for (let code = 0; code < distanceCodes; code++) {
  const first = distanceBase[code]! - 1
  const end = first + (1 << distanceExtra[code]!)
  if (first < 256) distanceCode.fill(code, first, end)
  else distanceCode.fill(code, 256 + (first >> 7), 256 + (end >> 7))
}

function codeOfDistance(distance: number): number {
  return distance <= 256 ? distanceCode[distance - 1]! : distanceCode[256 + ((distance - 1) >> 7)]!
}

function fixed(lengths: Uint8Array): HuffmanEncoder {
  const encoder = new HuffmanEncoder(lengths.length)
  encoder.lengths.set(lengths)
  encoder.setCodes()
  return encoder
}

/** Collects literals and matches and writes them as a block, in the way that takes the fewest bits. */
export class BlockWriter {
  readonly #bits: BitWriter
  readonly #literals = new HuffmanEncoder(literalCodes)
  readonly #distances = new HuffmanEncoder(distanceCodes)
  readonly #codeLengths = new HuffmanEncoder(codeLengthOrder.length)
  readonly #fixedLiterals = fixed(fixedLiteralLengths)
  readonly #fixedDistances = fixed(fixedDistanceLengths)
  /** A literal, or `distance << 9 | length`. */
  readonly #tokens = new Uint32Array(maxTokens)
  #count = 0
  /** The code lengths of a block as symbols, with their extra bits above the lowest five bits. */
  readonly #lengthTokens = new Uint16Array(literalCodes + distanceCodes)
  #lengthCount = 0
  #input: Uint8Array = new Uint8Array(0)
  #start = 0

  constructor(bits: BitWriter) {
    this.#bits = bits
  }

  /** Whether the block has to end. */
  get isFull(): boolean {
    return this.#count === maxTokens
  }

  /** A new message, whose bytes are `input`. */
  begin(input: Uint8Array): void {
    this.#input = input
    this.#start = 0
    this.#clear()
  }

  literal(byte: number): void {
    this.#tokens[this.#count++] = byte
    this.#literals.counts[byte]!++
  }

  match(length: number, distance: number): void {
    this.#tokens[this.#count++] = (distance << 9) | length
    this.#literals.counts[endOfBlock + 1 + lengthCode[length]!]!++
    this.#distances.counts[codeOfDistance(distance)]!++
  }

  /** Writes the block, whose tokens stand for the bytes up to `end`. Writes nothing when the block has no tokens. */
  end(end: number): void {
    if (this.#count === 0) return
    const literals = this.#literals
    const distances = this.#distances
    literals.counts[endOfBlock] = 1
    literals.build(maxCodeLength)
    distances.build(maxCodeLength)
    const literalEnd = usedLength(literals.lengths, endOfBlock + 1)
    const distanceEnd = usedLength(distances.lengths, 1)
    this.#collectLengths(literalEnd, distanceEnd)
    const orders = this.#orders()

    const head = 14 + 3 * orders + this.#cost(this.#codeLengths) + this.#lengthExtraBits()
    const dynamic = head + this.#cost(literals) + this.#cost(distances)
    const fixedCost =
      this.#cost(literals, this.#fixedLiterals.lengths) +
      this.#cost(distances, this.#fixedDistances.lengths)
    const length = end - this.#start
    const stored = 8 * (length + 4) + 7
    if (length <= maxStored && stored < Math.min(dynamic, fixedCost) + this.#extraBits()) {
      this.#writeStored(end)
    } else if (fixedCost <= dynamic) {
      this.#bits.put(1 << 1, 3)
      this.#writeTokens(this.#fixedLiterals, this.#fixedDistances)
    } else {
      this.#bits.put(2 << 1, 3)
      this.#bits.put(literalEnd - 257, 5)
      this.#bits.put(distanceEnd - 1, 5)
      this.#bits.put(orders - 4, 4)
      this.#writeLengths(orders)
      this.#writeTokens(literals, distances)
    }
    this.#start = end
    this.#clear()
  }

  #clear(): void {
    this.#count = 0
    this.#literals.counts.fill(0)
    this.#distances.counts.fill(0)
  }

  #cost(encoder: HuffmanEncoder, lengths: Uint8Array = encoder.lengths): number {
    const { counts } = encoder
    let bits = 0
    for (let symbol = 0; symbol < counts.length; symbol++) {
      bits += counts[symbol]! * lengths[symbol]!
    }
    return bits
  }

  #extraBits(): number {
    let bits = 0
    for (let code = 0; code < lengthExtra.length; code++) {
      bits += this.#literals.counts[endOfBlock + 1 + code]! * lengthExtra[code]!
    }
    for (let code = 0; code < distanceCodes; code++) {
      bits += this.#distances.counts[code]! * distanceExtra[code]!
    }
    return bits
  }

  /** RFC 1951 §3.2.7: the code lengths, repetitions made short, and how often each symbol occurs. */
  #collectLengths(literalEnd: number, distanceEnd: number): void {
    const { counts } = this.#codeLengths
    counts.fill(0)
    this.#lengthCount = 0
    const total = literalEnd + distanceEnd
    const at = (index: number): number =>
      index < literalEnd
        ? this.#literals.lengths[index]!
        : this.#distances.lengths[index - literalEnd]!
    const token = (symbol: number, extra: number): void => {
      this.#lengthTokens[this.#lengthCount++] = (extra << 5) | symbol
      counts[symbol]!++
    }
    let index = 0
    while (index < total) {
      const length = at(index)
      let run = 1
      while (index + run < total && at(index + run) === length) run++
      index += run
      if (length !== 0) {
        token(length, 0)
        run--
      }
      while (run >= 3) {
        const most = length !== 0 ? 6 : run < 11 ? 10 : 138
        const repeat = Math.min(run, most)
        if (length !== 0) token(16, repeat - 3)
        else if (repeat < 11) token(17, repeat - 3)
        else token(18, repeat - 11)
        run -= repeat
      }
      for (; run > 0; run--) token(length, 0)
    }
  }

  #lengthExtraBits(): number {
    const { counts } = this.#codeLengths
    return 2 * counts[16]! + 3 * counts[17]! + 7 * counts[18]!
  }

  /** Makes the code of the code lengths. Returns how many of its own lengths are sent. */
  #orders(): number {
    this.#codeLengths.build(7)
    let orders = codeLengthOrder.length
    while (orders > 4 && this.#codeLengths.lengths[codeLengthOrder[orders - 1]!] === 0) orders--
    return orders
  }

  #writeLengths(orders: number): void {
    const { lengths, codes } = this.#codeLengths
    for (let i = 0; i < orders; i++) this.#bits.put(lengths[codeLengthOrder[i]!]!, 3)
    for (let i = 0; i < this.#lengthCount; i++) {
      const token = this.#lengthTokens[i]!
      const symbol = token & 31
      this.#bits.put(codes[symbol]!, lengths[symbol]!)
      if (symbol >= 16) this.#bits.put(token >>> 5, symbol === 16 ? 2 : symbol === 17 ? 3 : 7)
    }
  }

  #writeTokens(literals: HuffmanEncoder, distances: HuffmanEncoder): void {
    const bits = this.#bits
    for (let i = 0; i < this.#count; i++) {
      const token = this.#tokens[i]!
      if (token < 256) {
        bits.put(literals.codes[token]!, literals.lengths[token]!)
        continue
      }
      const length = token & 0x1ff
      const ofLength = lengthCode[length]!
      const symbol = endOfBlock + 1 + ofLength
      bits.put(literals.codes[symbol]!, literals.lengths[symbol]!)
      bits.put(length - lengthBase[ofLength]!, lengthExtra[ofLength]!)
      const distance = token >>> 9
      const code = codeOfDistance(distance)
      bits.put(distances.codes[code]!, distances.lengths[code]!)
      bits.put(distance - distanceBase[code]!, distanceExtra[code]!)
    }
    bits.put(literals.codes[endOfBlock]!, literals.lengths[endOfBlock]!)
  }

  #writeStored(end: number): void {
    const length = end - this.#start
    this.#bits.put(0, 3)
    this.#bits.align()
    this.#bits.put(length, 16)
    this.#bits.put(length ^ 0xffff, 16)
    this.#bits.append(this.#input.subarray(this.#start, end))
  }
}

/** How many lengths are sent: up to the last that is used, and no fewer than `least`. */
function usedLength(lengths: Uint8Array, least: number): number {
  let end = lengths.length
  while (end > least && lengths[end - 1] === 0) end--
  return end
}
