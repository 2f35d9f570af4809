import { bodyChangedError } from '../../common/body-changed.ts'
import type { ByteOutput } from '../../common/byte-output.ts'

/** Shorter chunks are copied after the text before them. Longer chunks are kept by reference. */
const copiedLength = 4 * 1024
const leastCapacity = 4 * 1024
/** Up to this length a loop is faster than the encoder. */
const loopLength = 48
/** A larger buffer is not kept for the next session. */
const mostKept = 64 * 1024
const encoder = new TextEncoder()

/** A buffer that no session uses. Most sessions have bytes to send only for a part of a turn. */
let spare: Uint8Array<ArrayBuffer> | undefined

/** Bytes that wait to be sent: texts and short chunks in one piece, long chunks by reference. */
export class OutputBuffer {
  readonly #view: (bytes: Uint8Array) => Uint8Array
  #buffer: Uint8Array<ArrayBuffer> | undefined
  /** Bytes of `#buffer` in use. */
  #used = 0
  #pieces: Uint8Array[] = []
  #length = 0

  /** `view`: as `view` of `Transport`. */
  constructor(view: (bytes: Uint8Array) => Uint8Array) {
    this.#view = view
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#length
  }

  /** Appends a text whose characters are below U+0100, a byte each. */
  text(text: string): void {
    const { length } = text
    const buffer = this.#room(length * 2)
    if (length <= loopLength) {
      for (let i = 0; i < length; i++) buffer[this.#used + i] = text.charCodeAt(i)
      this.#used += length
      this.#length += length
      return
    }
    const { written } = encoder.encodeInto(text, buffer.subarray(this.#used))
    if (written !== length) {
      for (let i = 0; i < length; i++) buffer[this.#used + i] = text.charCodeAt(i)
    }
    this.#used += length
    this.#length += length
  }

  /** Appends bytes, which must not be changed before they are sent. */
  bytes(chunk: Uint8Array): void {
    const { length } = chunk
    if (length === 0) return
    this.#length += length
    if (length <= copiedLength) {
      this.#room(length).set(chunk, this.#used)
      this.#used += length
      return
    }
    this.#seal()
    this.#pieces.push(this.#view(chunk))
  }

  /**
   * Writes all bytes that wait to `output`. False: `output` takes no more for now. Throws `ERR_BODY_CHANGED` for a
   * chunk that was transferred or made smaller meanwhile.
   */
  drain(output: ByteOutput): boolean {
    if (this.#length === 0) return true
    const buffer = this.#buffer
    const length = this.#length
    this.#length = 0
    let hasRoom: boolean
    if (this.#pieces.length === 0) {
      hasRoom = output.write(buffer!.subarray(0, this.#used))
    } else {
      this.#seal()
      const pieces = this.#pieces
      this.#pieces = []
      const left = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
      if (left !== length) throw bodyChangedError()
      hasRoom = output.writev(pieces)
    }
    this.#release()
    return hasRoom
  }

  /** Drops all bytes that wait. */
  clear(): void {
    this.#pieces = []
    this.#length = 0
    this.#release()
  }

  /** A buffer with room for `length` bytes after the bytes in use. */
  #room(length: number): Uint8Array<ArrayBuffer> {
    const needed = this.#used + length
    let buffer = this.#buffer
    if (!buffer) {
      buffer = spare ?? new Uint8Array(leastCapacity)
      spare = undefined
      this.#buffer = buffer
    }
    if (needed <= buffer.length) return buffer
    const larger = new Uint8Array(Math.max(needed, 2 * buffer.length))
    larger.set(buffer.subarray(0, this.#used))
    this.#buffer = larger
    return larger
  }

  /** Makes a piece of the bytes in the buffer, which are copied because the buffer is used again. */
  #seal(): void {
    if (this.#used > 0) this.#pieces.push(this.#view(this.#buffer!.slice(0, this.#used)))
    this.#used = 0
  }

  #release(): void {
    const buffer = this.#buffer
    this.#buffer = undefined
    this.#used = 0
    if (buffer && buffer.length <= mostKept && buffer.length >= (spare?.length ?? 0)) spare = buffer
  }
}
