import { noBytes } from '../../common/bytes.ts'
import type { FlatFields } from '../../common/fields.ts'
import type { ConnectionInfo } from '../../exchange/connection-info.ts'
import type { ReadAhead } from '../../exchange/read-ahead.ts'
import type { StreamCarrier } from '../../exchange/stream-carrier.ts'
import { type BodyChunk, toBytes } from '../../http/body.ts'
import { declaredLength } from '../../http/content-length.ts'
import { upgradeOf426 } from '../../http/prepared-response.ts'
import type { Reporter } from '../connection/reporter.ts'
import type { Http1Core } from './http1-core.ts'

/**
 * The longest rest of a request's body, in bytes, that is discarded after an early response; for a longer one the
 * connection ends.
 */
const mostDiscarded = 1024 * 1024
const contentTooLarge = '413'
const notImplemented: FlatFields = [':status', '501', 'content-length', '0']

/** Carries streams over HTTP/1.1, one at a time. */
export class Http1Carrier implements StreamCarrier {
  readonly info: ConnectionInfo
  readonly reporter: Reporter
  readonly readAhead: ReadAhead
  readonly sendsDate: boolean
  readonly maxRequestBodySize: number
  readonly #core: Http1Core
  /** The active stream was answered with 501, and the connection ends. */
  #isRefused = false

  constructor(core: Http1Core, info: ConnectionInfo) {
    const { host } = core
    this.#core = core
    this.info = info
    this.reporter = host.reporter
    this.readAhead = host.readAhead
    this.sendsDate = host.options.date
    this.maxRequestBodySize = host.options.maxRequestBodySize
  }

  get now(): number {
    return this.#core.host.now
  }

  get hasFailed(): boolean {
    return this.#core.host.life === 'failed'
  }

  sendInformational(_id: number, fields: FlatFields): void {
    this.#core.session.submitInformational(fields)
  }

  sendHead(
    _id: number,
    fields: FlatFields,
    body: Uint8Array | string,
    isEnd: boolean,
    isTunnel: boolean,
  ): number {
    const { session } = this.#core
    if (isTunnel) {
      this.#openTunnel(fields)
      return 0
    }
    if (this.#isConnect && fields[1]!.startsWith('2')) {
      // A 2xx response would open a tunnel (RFC 9110 §9.3.6). The body of the given response is discarded.
      session.respond(notImplemented, noBytes, true, true)
      this.#isRefused = true
      return 0
    }
    if (upgradeOf426(fields) >= 0) fields.push('connection', 'upgrade')
    session.respond(fields, body, isEnd, this.#closesWith(fields[1]!))
    return isEnd ? body.length : 0
  }

  sendData(_id: number, chunk: BodyChunk, isEnd: boolean): void {
    if (this.#isRefused) return
    const bytes = toBytes(chunk)
    this.#core.session.sendData(bytes, isEnd)
    this.#core.written += bytes.length
  }

  sendTrailers(_id: number, fields: FlatFields): void {
    if (!this.#isRefused) this.#core.session.submitTrailers(fields)
  }

  bufferedAmount(id: number): number {
    const { active, session } = this.#core
    return active?.id === id ? session.bufferedAmount : 0
  }

  consumed(id: number, length: number): void {
    if (this.#core.active?.id === id) this.#core.consumed(length)
  }

  discarded(id: number, length: number): void {
    this.consumed(id, length)
  }

  reset(id: number, errorCode: number): void {
    if (this.#core.active?.id !== id) return
    this.#core.resetCode = errorCode
    this.flushSoon()
  }

  flushSoon(): void {
    this.#core.host.flushSoon()
  }

  get #isConnect(): boolean {
    return this.#core.active?.request.method === 'CONNECT'
  }

  /** Answers 101 with the protocol that the client has asked for (RFC 9110 §7.8), or 200 to CONNECT. */
  #openTunnel(fields: FlatFields): void {
    const { active } = this.#core
    // The request was complete; the bytes after it belong to the tunnel.
    active?.requestBody.reopen()
    const upgrade = active?.request.upgrade
    if (upgrade !== undefined) {
      fields[1] = '101'
      fields.push('connection', 'upgrade', 'upgrade', upgrade)
    }
    this.#core.session.submitTunnel(fields)
  }

  /** The connection ends with this response: the server shuts down, or the rest of the request is not read. */
  #closesWith(status: string): boolean {
    const { active, isLeaving } = this.#core
    if (isLeaving) return true
    if (!active || active.requestBody.isComplete) return false
    if (status === contentTooLarge || active.awaitsContinue) return true
    return (declaredLength(active.request.fields) ?? 0) > mostDiscarded
  }
}
