import { ErrorCode } from '../../common/errors.ts'
import { ByteQueue } from '../../http/byte-queue.ts'
import type { ChosenProtocol, ProtocolChooser, ProtocolHost } from '../connection/protocol.ts'
import { Http1Protocol } from '../http1/http1-protocol.ts'
import type { Http2Upgrade } from '../http1/upgrade-to-http2.ts'
import { Http2Protocol } from '../http2/http2-protocol.ts'
import { http1Refusal } from './http1-refusal.ts'
import { isInadequate } from './inadequate-security.ts'

/** The first bytes of HTTP/2 (RFC 9113 §3.4), enough to distinguish it from HTTP/1.1. */
const preface = Uint8Array.from('PRI * HTTP/2.0\r\n', (character) => character.charCodeAt(0))

/** Chooses the protocol of a connection: by ALPN, else by its first bytes. */
export class FirstBytes implements ProtocolChooser {
  readonly #host: ProtocolHost
  /** The bytes so far, while they are a part of the preface. */
  #partial: ByteQueue | undefined

  constructor(host: ProtocolHost) {
    this.#host = host
  }

  choose(chunk: Uint8Array): ChosenProtocol | undefined {
    const { tls } = this.#host.transport
    if (tls) return tls.alpnProtocol === 'h2' ? this.#http2(chunk) : this.#http1(chunk)
    let bytes = chunk
    if (this.#partial) {
      this.#partial.push(chunk)
      bytes = this.#partial.takeAll()
    }
    const length = Math.min(bytes.length, preface.length)
    for (let i = 0; i < length; i++) {
      if (bytes[i] === preface[i]) continue
      return isHttp1(bytes) ? this.#http1(bytes) : this.#http2(bytes)
    }
    if (length === preface.length) return this.#http2(bytes)
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
 * Whether these bytes begin a request of HTTP/1.x: the first line is text and ends in the version. Others are an
 * invalid preface, which is a connection error of HTTP/2 (RFC 9113 §3.4). A line that has not ended yet is left to
 * HTTP/1.1, which has the limits and the times for it. Empty lines before it are skipped (RFC 9112 §2.2).
 */
function isHttp1(bytes: Uint8Array): boolean {
  let start = 0
  while (isLineEnd(bytes[start])) start++
  if (start === bytes.length) return true
  let end = start
  while (end < bytes.length && !isLineEnd(bytes[end])) end++
  const isText = bytes[start]! > 0x20 && bytes[start]! < 0x7f
  if (!isText || end === bytes.length) return isText
  const version = bytes.subarray(Math.max(start, end - 9), end)
  return /^ HTTP\/1\.\d$/.test(String.fromCharCode(...version))
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === 0x0d || byte === 0x0a
}
