import { ByteQueue } from '../../http/byte-queue.ts'
import type { TlsInfo } from '../../transport/transport.ts'

/** The first line of HTTP/2 (RFC 9113 §3.4). */
const preface = Uint8Array.from('PRI * HTTP/2.0\r\n', (character) => character.charCodeAt(0))

/** A first line that is longer is one of HTTP/1.1, which has the limits and the status for it. */
const longestLine = 8192

/** A protocol that a client speaks, by its name in ALPN, and the bytes so far. */
export interface FirstBytesRead {
  readonly protocol: 'h2' | 'http/1.1'
  readonly bytes: Uint8Array
}

/** The beginning of a connection, which tells its protocol: by ALPN, else by the first line. */
export class FirstLine {
  readonly #tls: TlsInfo | null
  readonly #isBorrowed: boolean
  /** The bytes so far, while they are a part of the line. */
  #partial: ByteQueue | undefined

  /** `isBorrowed`: the memory of a chunk is overwritten after the call that passes it. */
  constructor(tls: TlsInfo | null, isBorrowed: boolean) {
    this.#tls = tls
    this.#isBorrowed = isBorrowed
  }

  /** `undefined`: the line has not ended. After the last chunk, what has come is enough. */
  read(chunk: Uint8Array, isLast: boolean): FirstBytesRead | undefined {
    if (this.#tls) {
      return { protocol: this.#tls.alpnProtocol === 'h2' ? 'h2' : 'http/1.1', bytes: chunk }
    }
    let bytes = chunk
    if (this.#partial) {
      this.#partial.push(chunk)
      bytes = this.#partial.takeAll()
    }
    const protocol = protocolOf(bytes, isLast)
    if (protocol) return { protocol, bytes }
    this.#partial ??= new ByteQueue()
    this.#partial.push(bytes, this.#isBorrowed)
    return undefined
  }
}

/**
 * The protocol whose first line this is; `undefined` while the line has not ended and more bytes may come. A line of
 * HTTP/1.x is text and ends in the version. Other lines are an invalid preface, which is a connection error of HTTP/2
 * (RFC 9113 §3.4). A line that never ends is one of HTTP/1.1. Empty lines before it are skipped (RFC 9112 §2.2).
 */
function protocolOf(bytes: Uint8Array, isLast: boolean): 'h2' | 'http/1.1' | undefined {
  if (startsLikePreface(bytes)) return bytes.length < preface.length && !isLast ? undefined : 'h2'
  const last = Math.min(bytes.length, longestLine)
  let start = 0
  while (start < last && isLineEnd(bytes[start]!)) start++
  const isText = bytes[start]! > 0x20 && bytes[start]! < 0x7f
  if (start < last && !isText) return 'h2'
  let end = start
  while (end < last && !isLineEnd(bytes[end]!)) end++
  if (end === last) return last < longestLine && !isLast ? undefined : 'http/1.1'
  const version = bytes.subarray(Math.max(start, end - 9), end)
  return /^ HTTP\/1\.\d$/.test(String.fromCharCode(...version)) ? 'http/1.1' : 'h2'
}

/** Whether each byte is that of the preface at the same position, as far as both go. */
function startsLikePreface(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, preface.length)
  for (let i = 0; i < length; i++) if (bytes[i] !== preface[i]) return false
  return true
}

function isLineEnd(byte: number): boolean {
  return byte === 0x0d || byte === 0x0a
}
