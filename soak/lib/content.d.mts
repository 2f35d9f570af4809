/** The bytes that server and clients expect of each other: a seed and a size say which. */
export declare function pieces(seed: number, size: number, most?: number): Generator<Uint8Array>
export declare function content(seed: number, size: number): Uint8Array
/** Compares a body, chunk by chunk, with the bytes that it must have. */
export declare class Comparison {
  constructor(seed: number, size: number)
  readonly received: number
  /** The offset of the first byte that is not as it must be; -1 without one. */
  readonly wrongAt: number
  readonly isComplete: boolean
  readonly isWrong: boolean
  add(chunk: Buffer): void
}
