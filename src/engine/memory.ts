import { type Exports, NEW_STRING, NO_SLOT, type Pointer } from './abi.ts'

const decoder = new TextDecoder()
const encoder = new TextEncoder()
/** Up to this length a loop is faster than the runtime's encoder. */
const loopLength = 48

/**
 * Linear memory as JavaScript sees it. Growth of memory detaches the views, so `Engine` calls `refresh()` after every
 * call into the module. A variable that holds `bytes` or `words` is valid until the next call.
 */
export class Memory {
  bytes: Uint8Array<ArrayBuffer>
  words: Uint32Array<ArrayBuffer>
  readonly #memory: WebAssembly.Memory
  /** Index of the first word of `nw_io`. */
  readonly #io: number
  /** The word after the string that `readString` has read last. */
  afterString = 0
  /** The strings of the bridge's cache, by slot. */
  readonly strings: string[] = []

  constructor(exports: Exports, io: Pointer) {
    this.#memory = exports.memory
    this.#io = io >>> 2
    this.bytes = new Uint8Array(this.#memory.buffer)
    this.words = new Uint32Array(this.#memory.buffer)
  }

  /**
   * Makes new views where growth has detached the old buffer. Then a view's length is 0, which is cheaper to read than
   * `memory.buffer`.
   */
  refresh(): void {
    if (this.bytes.length > 0) return
    this.bytes = new Uint8Array(this.#memory.buffer)
    this.words = new Uint32Array(this.#memory.buffer)
  }

  /** A word of `nw_io`: `io(Io.output)`. */
  io(field: number): number {
    return this.words[this.#io + field]!
  }

  /** Size of linear memory in bytes. */
  get size(): number {
    return this.#memory.buffer.byteLength
  }

  /** A NUL-terminated string. */
  readCString(pointer: Pointer): string {
    return this.readLatin1(pointer, this.bytes.indexOf(0, pointer) - pointer)
  }

  /**
   * Converts bytes to characters, one to one. A TextDecoder is used only for long texts of ASCII, because its latin1 is
   * windows-1252. The loop converts eight bytes at a time, because each call and each concatenation costs.
   */
  readLatin1(pointer: Pointer, length: number): string {
    const { bytes } = this
    if (length > 64 && this.#isAscii(pointer, length)) {
      return decoder.decode(bytes.subarray(pointer, pointer + length))
    }
    const end = pointer + length
    let text = ''
    let at = pointer
    for (; at + 8 <= end; at += 8) {
      text += String.fromCharCode(
        bytes[at]!,
        bytes[at + 1]!,
        bytes[at + 2]!,
        bytes[at + 3]!,
        bytes[at + 4]!,
        bytes[at + 5]!,
        bytes[at + 6]!,
        bytes[at + 7]!,
      )
    }
    for (; at < end; at++) text += String.fromCharCode(bytes[at]!)
    return text
  }

  #isAscii(pointer: Pointer, length: number): boolean {
    const { bytes } = this
    for (let at = pointer; at < pointer + length; at++) if (bytes[at]! > 127) return false
    return true
  }

  /** Converts characters to bytes, one to one. The caller has checked that no character is above U+00FF. */
  writeLatin1(text: string, pointer: Pointer): void {
    const { bytes } = this
    for (let i = 0; i < text.length; i++) bytes[pointer + i] = text.charCodeAt(i)
  }

  /** Writes a text as UTF-8. There must be room for three bytes a character. Returns the number of bytes. */
  writeUtf8(text: string, pointer: Pointer): number {
    const { bytes } = this
    const { length } = text
    if (length <= loopLength) {
      let at = 0
      for (; at < length; at++) {
        const code = text.charCodeAt(at)
        if (code > 0x7f) break
        bytes[pointer + at] = code
      }
      if (at === length) return length
    }
    return encoder.encodeInto(text, bytes.subarray(pointer, pointer + 3 * length)).written
  }

  /**
   * Reads the "string" of a record at word `at`: a string from the cache, or a new string, which is put into its slot.
   * Sets `afterString` to the word after it.
   */
  readString(at: number): string {
    const reference = this.words[at]!
    if (reference < NEW_STRING) {
      this.afterString = at + 1
      return this.strings[reference]!
    }
    const length = this.words[at + 1]!
    this.afterString = at + 2 + ((length + 3) >>> 2)
    const text = this.readLatin1((at + 2) << 2, length)
    const slot = reference - NEW_STRING
    if (slot !== NO_SLOT) this.strings[slot] = text
    return text
  }

  /** A copy of the "bytes" of a record at word `at`. */
  copyBytes(at: number): Uint8Array<ArrayBuffer> {
    const start = (at + 1) << 2
    return this.bytes.slice(start, start + this.words[at]!)
  }

  /** The "bytes" of a record at word `at`, as text. */
  readBytesAsLatin1(at: number): string {
    return this.readLatin1((at + 1) << 2, this.words[at]!)
  }

  /** The number of words that the "bytes" at word `at` take. */
  bytesWords(at: number): number {
    return 1 + ((this.words[at]! + 3) >>> 2)
  }
}
