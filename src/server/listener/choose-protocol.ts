import { ByteQueue } from '../../http/byte-queue.ts'
import type { ChosenProtocol, ProtocolChooser, ProtocolHost } from '../connection/protocol.ts'
import {
  type Greeting,
  maxHead,
  partial,
  readGreeting,
  refusal,
  type UpgradeGreeting,
} from '../http1/greeting.ts'
import { Http2Protocol } from '../http2/http2-protocol.ts'

const CR = 0x0d
const LF = 0x0a
/** CR LF CR LF, which ends a head of HTTP/1.1 (RFC 9112 §2.1). */
const endLength = 4

/** Reads the first bytes of a connection, until they tell the protocol of the client, and an upgrade that it asks for. */
export class FirstBytes implements ProtocolChooser {
  readonly #host: ProtocolHost
  #head: ByteQueue | undefined
  /** So many bytes of the end of a head were seen last. */
  #matched = 0

  constructor(host: ProtocolHost) {
    this.#host = host
  }

  choose(chunk: Uint8Array): ChosenProtocol | undefined {
    const greeting = this.#greeting(chunk)
    const { transport } = this.#host
    switch (greeting.kind) {
      case 'http2':
        return { protocol: new Http2Protocol(this.#host), rest: chunk }
      case 'upgrade':
        // Upgrades are for cleartext; with TLS, ALPN has decided (RFC 7540 §3.3).
        return transport.tls ? { protocol: undefined, rest: chunk } : this.#upgrade(greeting)
      case 'refused':
        transport.writev([greeting.answer])
        return { protocol: undefined, rest: chunk }
      default:
        return undefined
    }
  }

  #greeting(chunk: Uint8Array): Greeting {
    const { reusesReadBuffer } = this.#host
    if (!this.#head) {
      const greeting = readGreeting(chunk)
      if (greeting.kind !== 'partial') return greeting
      this.#head = new ByteQueue()
    }
    this.#head.push(chunk, reusesReadBuffer)
    // Each byte is looked at once, in whatever pieces a head comes.
    const isWhole = this.#hasEnd(chunk) || this.#head.length >= maxHead
    return isWhole ? readGreeting(this.#head.takeAll()) : partial
  }

  #hasEnd(chunk: Uint8Array): boolean {
    for (const byte of chunk) {
      const isNext = byte === (this.#matched % 2 === 0 ? CR : LF)
      this.#matched = isNext ? this.#matched + 1 : byte === CR ? 1 : 0
      if (this.#matched === endLength) return true
    }
    return false
  }

  /** Takes the request over, if the settings that came with it can be read. */
  #upgrade({ settings, fields, answer, rest }: UpgradeGreeting): ChosenProtocol {
    const { transport, reporter } = this.#host
    const protocol = new Http2Protocol(this.#host)
    try {
      protocol.upgrade(settings, fields)
    } catch (error) {
      protocol.dispose()
      reporter.connectionError(error)
      transport.writev([refusal])
      return { protocol: undefined, rest }
    }
    transport.writev([answer])
    return { protocol, rest }
  }
}
