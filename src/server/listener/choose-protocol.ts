import { ErrorCode } from '../../common/errors.ts'
import { ByteQueue } from '../../http/byte-queue.ts'
import type { ChosenProtocol, ProtocolChooser, ProtocolHost } from '../connection/protocol.ts'
import { Http1Protocol } from '../http1/http1-protocol.ts'
import type { Http2Upgrade } from '../http1/upgrade-to-http2.ts'
import { Http2Protocol } from '../http2/http2-protocol.ts'
import { http1Refusal } from './http1-refusal.ts'
import { isInadequate } from './inadequate-security.ts'

/** The first line of HTTP/2 (RFC 9113 §3.4). */
const preface = Uint8Array.from('PRI * HTTP/2.0\r\n', (character) => character.charCodeAt(0))

/** A first line that is longer is one of HTTP/1.1, which has the limits and the status for it. */
const longestLine = 8192

/** Chooses the protocol of a connection: by ALPN, else by its first line. */
export class FirstBytes implements ProtocolChooser {
  readonly #host: ProtocolHost
  /** The bytes so far, while they are a part of the first line. */
  #partial: ByteQueue | undefined

  constructor(host: ProtocolHost) {
    this.#host = host
  }

  choose(chunk: Uint8Array, isLast: boolean): ChosenProtocol | undefined {
    const { tls } = this.#host.transport
    if (tls) return tls.alpnProtocol === 'h2' ? this.#http2(chunk) : this.#http1(chunk)
    let bytes = chunk
    if (this.#partial) {
      this.#partial.push(chunk)
      bytes = this.#partial.takeAll()
    }
    const protocol = protocolOf(bytes, isLast)
    if (protocol) return protocol === 'h2' ? this.#http2(bytes) : this.#http1(bytes)
    this.#partial ??= new ByteQueue()
    this.#partial.push(bytes, this.#host.reusesReadBuffer)
    return undefined
  }

  #http2(rest: Uint8Array): ChosenProtocol {
    const protocol = new Http2Protocol(this.#host)
    const { tls } = this.#host.transport
    if (tls && isInadequate(tls)) protocol.refuse(ErrorCode.INADEQUATE_SECURITY)
    return { protocol, rest }
  }

  #http1(rest: Uint8Array): ChosenProtocol {
    const host = this.#host
    if (host.options.http1) {
      // Upgrades are for cleartext; with TLS, ALPN has decided (RFC 7540 §3.3).
      const upgrade = host.transport.tls ? undefined : this.#upgrade
      return { protocol: new Http1Protocol(host, upgrade), rest }
    }
    host.transport.writev([http1Refusal(rest)])
    return { protocol: undefined, rest }
  }

  readonly #upgrade: Http2Upgrade = ({ settings, fields }, answer, rest) => {
    const host = this.#host
    const protocol = new Http2Protocol(host)
    try {
      protocol.upgrade(settings, fields)
    } catch {
      protocol.dispose()
      return false
    }
    host.switchTo(protocol, answer, rest)
    return true
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
