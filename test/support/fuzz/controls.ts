import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Numbers that choose what happens next, as in the native fuzzers (fuzz/harness/host.h). */
export class Controls {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isEmpty(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** The next byte; 0 where there is none. */
  next(): number {
    return this.isEmpty ? 0 : this.#bytes[this.#at++]!
  }

  below(limit: number): number {
    return (limit > 256 ? this.next() * 256 + this.next() : this.next()) % limit
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  /** The length of the next chunk of `most` bytes. */
  chunk(most: number): number {
    const sizes = [1, 2, 3, 8, 9, 10, 17, 24, 64, 100, 255, 1000]
    const choice = this.below(16)
    const size = sizes[choice] ?? (choice < 15 ? this.below(300) : most)
    return Math.min(Math.max(size, 1), most)
  }
}

/** An input of the corpus: the bytes of a peer, and controls. */
export interface CorpusInput {
  readonly name: string
  readonly wire: Uint8Array
  readonly controls: Uint8Array
}

const corpus = new URL('../../../fuzz/corpus/', import.meta.url)

/** The inputs of one native fuzzer. */
export function corpusOf(harness: string): CorpusInput[] {
  const folder = fileURLToPath(new URL(`${harness}/`, corpus))
  return readdirSync(folder).map((name) => {
    const bytes = Uint8Array.from(readFileSync(folder + name))
    const length = bytes[0]! | (bytes[1]! << 8)
    const wire = bytes.slice(2, 2 + length)
    return { name, wire, controls: bytes.slice(2 + length).toReversed() }
  })
}
