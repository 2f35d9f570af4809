import { ErrorCode } from '../../common/errors.ts'
import type { ChosenProtocol, ProtocolChooser, ProtocolHost } from '../connection/protocol.ts'
import { Http1Protocol } from '../http1/http1-protocol.ts'
import type { Http2Upgrade } from '../http1/upgrade-to-http2.ts'
import { Http2Protocol } from '../http2/http2-protocol.ts'
import { FirstLine } from './first-line.ts'
import { http1Refusal } from './http1-refusal.ts'
import { isInadequate } from './inadequate-security.ts'

/** Chooses the protocol of a connection: by ALPN, else by its first line. */
export class FirstBytes implements ProtocolChooser {
  readonly #host: ProtocolHost
  readonly #firstLine: FirstLine

  constructor(host: ProtocolHost) {
    this.#host = host
    this.#firstLine = new FirstLine(host.transport.tls, host.reusesReadBuffer)
  }

  choose(chunk: Uint8Array, isLast: boolean): ChosenProtocol | undefined {
    const read = this.#firstLine.read(chunk, isLast)
    if (!read) return undefined
    return read.protocol === 'h2' ? this.#http2(read.bytes) : this.#http1(read.bytes)
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
