import { Category, Flag } from '../../engine/abi.ts'
import { ByteQueue } from '../../http/byte-queue.ts'
import type { Connection } from '../connection/connection.ts'
import {
  type Greeting,
  maxHead,
  partial,
  readGreeting,
  refusal,
  type UpgradeGreeting,
} from './greeting.ts'
import type { Inbox } from '../http2/stream-event-queue.ts'

const CR = 0x0d
const LF = 0x0a
/** CR LF CR LF, which ends a head of HTTP/1.1 (RFC 9112 §2.1). */
const endLength = 4

/** Reads the first bytes of a connection, until they tell which protocol the client speaks, and what it asks for. */
export class FirstBytes {
  readonly #connection: Connection
  readonly #inbox: Inbox
  #head: ByteQueue | undefined
  /** So many bytes of the end of a head were seen last. */
  #matched = 0

  /** `inbox` is told of a request that came with an upgrade. */
  constructor(connection: Connection, inbox: Inbox) {
    this.#connection = connection
    this.#inbox = inbox
  }

  /** Gives the bytes that are HTTP/2. `partial`: more have to come; `refused`: the client was turned away. */
  read(chunk: Uint8Array): Uint8Array | 'partial' | 'refused' {
    const greeting = this.#greeting(chunk)
    const { transport } = this.#connection
    switch (greeting.kind) {
      case 'http2':
        return chunk
      case 'upgrade':
        // Upgrades are for cleartext; with TLS, ALPN has spoken (RFC 7540 §3.3).
        return !transport.tls && this.#upgrade(greeting) ? greeting.rest : 'refused'
      case 'refused':
        transport.writev([greeting.answer])
        return 'refused'
      default:
        return 'partial'
    }
  }

  #greeting(chunk: Uint8Array): Greeting {
    const { reusesReadBuffer } = this.#connection
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
  #upgrade({ settings, fields, answer }: UpgradeGreeting): boolean {
    const { session, transport } = this.#connection
    try {
      session.upgrade(settings, fields[1] === 'HEAD')
    } catch (error) {
      this.#connection.journal.connectionError(error)
      transport.writev([refusal])
      return false
    }
    transport.writev([answer])
    this.#inbox.headers(1, Category.request, Flag.endStream, fields)
    return true
  }
}
