import type { ByteOutput } from '../../common/byte-output.ts'

/** Joins bytes that are written to it. */
export class OutputCollector implements ByteOutput {
  readonly #pieces: Uint8Array[] = []

  write(bytes: Uint8Array): boolean {
    this.#pieces.push(bytes.slice())
    return true
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    this.#pieces.push(...chunks)
    return true
  }

  /** All bytes in one piece. */
  take(): Uint8Array {
    const length = this.#pieces.reduce((sum, piece) => sum + piece.length, 0)
    const all = new Uint8Array(length)
    let at = 0
    for (const piece of this.#pieces) {
      all.set(piece, at)
      at += piece.length
    }
    return all
  }
}
