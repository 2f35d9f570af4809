// The bytes that server and clients expect of each other: a seed and a size say which.

/** A prime: bytes that are out of place by a power of two are not the same. */
const period = 1_048_573
const block = makeBlock()

/** Bytes in which every difference shows (xorshift). */
function makeBlock() {
  const bytes = new Uint8Array(period)
  let state = 0x9e3779b9
  for (let i = 0; i < period; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
  return bytes
}

function startOf(seed) {
  return (seed * 7919) % period
}

/** The bytes of a body in pieces of at most `most`, each with memory of its own. */
export function* pieces(seed, size, most = 65_536) {
  let at = startOf(seed)
  for (let left = size; left > 0;) {
    const length = Math.min(left, most, period - at)
    yield block.slice(at, at + length)
    left -= length
    at = (at + length) % period
  }
}

/** All bytes of a body. */
export function content(seed, size) {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const piece of pieces(seed, size)) {
    bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** Compares a body, chunk by chunk, with the bytes that it must have. */
export class Comparison {
  received = 0
  /** The offset of the first byte that is not as it must be. */
  wrongAt = -1
  #size
  #start

  constructor(seed, size) {
    this.#start = startOf(seed)
    this.#size = size
  }

  get isComplete() {
    return this.received === this.#size
  }

  get isWrong() {
    return this.wrongAt >= 0
  }

  /** `chunk`: a Buffer, whose comparison is fast. */
  add(chunk) {
    for (let done = 0; done < chunk.length;) {
      const at = (this.#start + this.received) % period
      const length = Math.min(chunk.length - done, period - at)
      const isSame = chunk.compare(block, at, at + length, done, done + length) === 0
      if (!isSame && !this.isWrong) this.wrongAt = this.#firstDifference(chunk, at, done)
      done += length
      this.received += length
    }
    if (this.received > this.#size && !this.isWrong) this.wrongAt = this.#size
  }

  #firstDifference(chunk, at, done) {
    let i = 0
    while (chunk[done + i] === block[at + i]) i++
    return this.received + i
  }
}
