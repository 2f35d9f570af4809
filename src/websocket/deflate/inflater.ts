import { noBytes } from '../../common/bytes.ts'
import { nameErrors } from '../../common/errors.ts'
import { HuffmanDecoder } from './huffman-decoder.ts'
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
} from './tables.ts'

/** The end that the sender has removed (RFC 7692 §7.2.2): an empty block without compression. */
const tail = [0x00, 0x00, 0xff, 0xff]
/** Size of the output buffer that is kept between messages. */
const keptOutput = 64 * 1024
/**
 * A block with its own codes costs microseconds, even if it is short. A message may have `freeCodes` of these blocks,
 * and one more for each `bytesPerCodes` bytes of input and output. No deflater makes more, because a shorter block is
 * longer with its own codes than with the fixed codes.
 */
const freeCodes = 256
const bytesPerCodes = 128

/** The data is not valid DEFLATE. */
export class InflateError extends Error {
  static {
    nameErrors(this, 'InflateError')
  }
}

/** The output would be longer than allowed. */
export class InflateLimitError extends Error {
  static {
    nameErrors(this, 'InflateLimitError')
  }
}

/**
 * Decompresses the messages of permessage-deflate, each by itself. `DecompressionStream` is not used. It fails, or
 * drops the bytes that follow, after a block with BFINAL, which RFC 7692 §7.2.3.4 allows. On Deno it inflates a chunk
 * of any size at once, beyond every limit. For a short message, the usual case, it costs more than the work.
 */
export class Inflater {
  readonly #fixedLiterals = new HuffmanDecoder(fixedLiteralLengths.length)
  readonly #fixedDistances = new HuffmanDecoder(fixedDistanceLengths.length)
  readonly #literals = new HuffmanDecoder(literalCodes)
  readonly #distances = new HuffmanDecoder(distanceCodes)
  readonly #codeLengths = new HuffmanDecoder(codeLengthOrder.length)
  readonly #lengths = new Uint8Array(literalCodes + distanceCodes)
  readonly #order = new Uint8Array(codeLengthOrder.length)

  #input: Uint8Array = noBytes
  #at = 0
  /** Bits taken from the input and not used yet, the next one lowest. */
  #bits = 0
  #bitCount = 0
  readonly #kept = new Uint8Array(keptOutput)
  #output: Uint8Array = this.#kept
  #length = 0
  #limit = 0
  /** The number of blocks with their own codes in this message. */
  #codes = 0

  constructor() {
    this.#fixedLiterals.build(fixedLiteralLengths)
    this.#fixedDistances.build(fixedDistanceLengths)
  }

  /**
   * Gives the message in `payload`; the result is borrowed until the next call. Throws an `InflateError`, or an
   * `InflateLimitError` as soon as more than `limit` bytes come out.
   */
  inflate(payload: Uint8Array, limit: number): Uint8Array {
    if (payload.length === 0) return noBytes
    this.#input = payload
    this.#at = 0
    this.#bits = 0
    this.#bitCount = 0
    this.#length = 0
    this.#limit = limit
    this.#codes = 0
    // No byte beyond the limit is inflated.
    this.#output = limit < keptOutput ? this.#kept.subarray(0, limit) : this.#kept
    try {
      this.#blocks()
      return this.#output.subarray(0, this.#length)
    } finally {
      this.#input = noBytes
      this.#output = this.#kept
    }
  }

  #blocks(): void {
    const end = this.#input.length
    for (;;) {
      const isFinal = this.#take(1) === 1
      const type = this.#take(2)
      if (type === 0) this.#stored()
      else if (type === 3) throw new InflateError('a block of the reserved type')
      else if (type === 1) this.#compressed(this.#fixedLiterals, this.#fixedDistances)
      else {
        this.#readCodes()
        this.#compressed(this.#literals, this.#distances)
      }
      const at = this.#at - (this.#bitCount >> 3)
      if (at > end + tail.length) throw new InflateError('the data ends inside a block')
      if (isFinal) {
        // A new stream begins with the next byte.
        this.#align()
        if (at >= end) return
      } else if (at === end + tail.length && (this.#bitCount & 7) === 0) return
    }
  }

  /** The byte at `at` of the input and the removed end; a few zeros for looking ahead follow. */
  #byte(at: number): number {
    const input = this.#input
    if (at < input.length) return input[at]!
    const beyond = at - input.length
    if (beyond > 8) throw new InflateError('the data ends inside a block')
    return tail[beyond] ?? 0
  }

  /** The next `count` bits, at most 16. */
  #take(count: number): number {
    while (this.#bitCount < count) {
      this.#bits |= this.#byte(this.#at++) << this.#bitCount
      this.#bitCount += 8
    }
    const value = this.#bits & ((1 << count) - 1)
    this.#bits >>>= count
    this.#bitCount -= count
    return value
  }

  /** Drops the rest of the current byte and gives back whole bytes that were read ahead. */
  #align(): void {
    this.#at -= this.#bitCount >> 3
    this.#bits = 0
    this.#bitCount = 0
  }

  #stored(): void {
    this.#align()
    const length = this.#take(16)
    if ((this.#take(16) ^ length) !== 0xffff)
      throw new InflateError('a stored block lies about its length')
    this.#align()
    const end = this.#at + length
    if (end > this.#input.length + (length === 0 ? tail.length : 0)) {
      throw new InflateError('the data ends inside a block')
    }
    this.#reserve(length)
    this.#output.set(this.#input.subarray(this.#at, end), this.#length)
    this.#length += length
    this.#at = end
  }

  /** Reads the codes of a block (RFC 1951 §3.2.7). */
  #readCodes(): void {
    this.#codes++
    if ((this.#codes - freeCodes) * bytesPerCodes > this.#at + this.#length) {
      throw new InflateError('too many blocks with codes of their own')
    }
    const literals = this.#take(5) + 257
    const distances = this.#take(5) + 1
    const orders = this.#take(4) + 4
    if (literals > literalCodes || distances > distanceCodes)
      throw new InflateError('too many codes')
    this.#order.fill(0)
    for (let i = 0; i < orders; i++) this.#order[codeLengthOrder[i]!] = this.#take(3)
    if (!this.#codeLengths.build(this.#order))
      throw new InflateError('the code lengths are no code')

    const lengths = this.#lengths
    const total = literals + distances
    let index = 0
    while (index < total) {
      const symbol = this.#symbol(this.#codeLengths)
      if (symbol < 16) {
        lengths[index++] = symbol
        continue
      }
      if (symbol === 16 && index === 0) throw new InflateError('no length to repeat')
      const value = symbol === 16 ? lengths[index - 1]! : 0
      const repeat =
        symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7)
      if (index + repeat > total) throw new InflateError('too many code lengths')
      lengths.fill(value, index, index + repeat)
      index += repeat
    }
    if (lengths[endOfBlock] === 0) throw new InflateError('a block cannot end')
    if (!this.#literals.build(lengths.subarray(0, literals))) {
      throw new InflateError('the literals have no code')
    }
    if (!this.#distances.build(lengths.subarray(literals, total))) {
      throw new InflateError('the distances have no code')
    }
  }

  #symbol(decoder: HuffmanDecoder): number {
    while (this.#bitCount < 15) {
      this.#bits |= this.#byte(this.#at++) << this.#bitCount
      this.#bitCount += 8
    }
    const entry = decoder.lookup(this.#bits)
    if (entry === 0) throw new InflateError('bits that are no code')
    this.#bits >>>= entry & 15
    this.#bitCount -= entry & 15
    return entry >>> 4
  }

  /** Decodes a block. This is the hot loop, so its state is in local variables. */
  #compressed(literals: HuffmanDecoder, distances: HuffmanDecoder): void {
    const input = this.#input
    const end = input.length
    let at = this.#at
    let bits = this.#bits
    let bitCount = this.#bitCount
    let output = this.#output
    let length = this.#length
    for (;;) {
      while (bitCount < 20) {
        bits |= (at < end ? input[at]! : this.#byte(at)) << bitCount
        at++
        bitCount += 8
      }
      let entry = literals.lookup(bits)
      bits >>>= entry & 15
      bitCount -= entry & 15
      let symbol = entry >>> 4
      if (symbol < endOfBlock) {
        if (entry === 0) throw new InflateError('bits that are no code')
        if (length === output.length) output = this.#grow(length, 1)
        output[length++] = symbol
        continue
      }
      if (symbol === endOfBlock) break
      symbol -= endOfBlock + 1
      if (symbol >= lengthBase.length) throw new InflateError('a length that is none')
      let extra = lengthExtra[symbol]!
      const match = lengthBase[symbol]! + (bits & ((1 << extra) - 1))
      bits >>>= extra
      bitCount -= extra

      while (bitCount < 15) {
        bits |= (at < end ? input[at]! : this.#byte(at)) << bitCount
        at++
        bitCount += 8
      }
      entry = distances.lookup(bits)
      symbol = entry >>> 4
      if (entry === 0 || symbol >= distanceCodes) throw new InflateError('a distance that is none')
      bits >>>= entry & 15
      bitCount -= entry & 15
      extra = distanceExtra[symbol]!
      while (bitCount < extra) {
        bits |= (at < end ? input[at]! : this.#byte(at)) << bitCount
        at++
        bitCount += 8
      }
      const distance = distanceBase[symbol]! + (bits & ((1 << extra) - 1))
      bits >>>= extra
      bitCount -= extra

      if (distance > length) throw new InflateError('a distance beyond the beginning')
      if (length + match > output.length) output = this.#grow(length, match)
      const stop = length + match
      if (distance === 1) {
        output.fill(output[length - 1]!, length, stop)
        length = stop
      } else {
        let from = length - distance
        while (length < stop) output[length++] = output[from++]!
      }
    }
    this.#at = at
    this.#bits = bits
    this.#bitCount = bitCount
    this.#length = length
  }

  #reserve(count: number): void {
    if (this.#length + count > this.#limit) throw new InflateLimitError()
    if (this.#length + count > this.#output.length) this.#grow(this.#length, count)
  }

  /** Makes room for `count` more bytes after `length`. */
  #grow(length: number, count: number): Uint8Array {
    const needed = length + count
    if (needed > this.#limit) throw new InflateLimitError()
    const capacity = Math.min(Math.max(needed, 2 * this.#output.length), this.#limit)
    const output = new Uint8Array(capacity)
    output.set(this.#output.subarray(0, length))
    this.#output = output
    return output
  }
}
