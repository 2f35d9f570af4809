import { type FlatFields, removeField, toHeaderFields } from '../../common/fields.ts'
import type { Priority } from '../../common/priority.ts'
import { heldBody } from '../../engine/http2/session.ts'
import type { ConnectionInfo } from '../../exchange/connection-info.ts'
import type { ReadAhead } from '../../exchange/read-ahead.ts'
import type {
  StreamCarrier,
  StreamPriorities,
  StreamWindows,
} from '../../exchange/stream-carrier.ts'
import { type BodyChunk, toBytes } from '../../http/body.ts'
import { upgradeOf426 } from '../../http/prepared-response.ts'
import type { Reporter } from '../connection/reporter.ts'
import type { Http2Core } from './http2-core.ts'
import type { PushPromises } from './push-promises.ts'
import { ReceiveWindow } from './receive-window.ts'

/** Carries streams over HTTP/2. */
export class Http2Carrier implements StreamCarrier, StreamWindows, StreamPriorities {
  readonly info: ConnectionInfo
  readonly reporter: Reporter
  readonly readAhead: ReadAhead
  readonly sendsDate: boolean
  readonly maxRequestBodySize: number
  readonly windows: StreamWindows = this
  readonly priorities: StreamPriorities = this
  readonly pushes: PushPromises
  readonly #core: Http2Core
  readonly #receiveWindow: ReceiveWindow

  constructor(core: Http2Core, info: ConnectionInfo, pushes: PushPromises) {
    const { host, session } = core
    const { date, maxRequestBodySize, connectionWindowSize } = host.options
    this.#core = core
    this.info = info
    this.reporter = host.reporter
    this.readAhead = host.readAhead
    this.sendsDate = date
    this.maxRequestBodySize = maxRequestBodySize
    this.pushes = pushes
    this.#receiveWindow = new ReceiveWindow(session, host.unread, connectionWindowSize)
  }

  get now(): number {
    return this.#core.host.now
  }

  get hasFailed(): boolean {
    return this.#core.host.life === 'failed'
  }

  // ---- the response ---------------------------------------------------------------------------

  sendInformational(id: number, fields: FlatFields): void {
    this.#core.session.submitInformational(id, toHeaderFields(fields))
  }

  sendHead(
    id: number,
    fields: FlatFields,
    body: Uint8Array | string,
    isEnd: boolean,
    isTunnel: boolean,
  ): number {
    const { session } = this.#core
    const upgrade = upgradeOf426(fields)
    // HTTP/2 has no Upgrade (RFC 9113 §8.6).
    if (upgrade >= 0) removeField(fields, upgrade)
    if (isEnd && body.length <= heldBody) {
      session.submitShortResponse(id, fields, body)
      return body.length
    }
    const options = { body: toBytes(body), endStream: isEnd, halfClose: isTunnel }
    session.submitResponseFields(id, fields, options)
    return 0
  }

  sendData(id: number, chunk: BodyChunk, isEnd: boolean): void {
    this.#core.session.sendData(id, chunk, isEnd)
  }

  sendTrailers(id: number, fields: FlatFields): void {
    this.#core.session.submitTrailers(id, toHeaderFields(fields))
  }

  bufferedAmount(id: number): number {
    return this.#core.session.bufferedAmount(id)
  }

  reset(id: number, errorCode: number): void {
    this.#core.say(() => this.#core.session.submitRstStream(id, errorCode))
  }

  flushSoon(): void {
    this.#core.host.flushSoon()
  }

  // ---- the request's body ---------------------------------------------------------------------

  bodyBegins(): void {
    this.#core.say(() => this.#receiveWindow.grow())
  }

  /** Gives bytes of a body back to the windows of the stream and of the connection. */
  consumed(id: number, length: number): void {
    const core = this.#core
    if (!core.canSpeak) return
    try {
      core.session.consume(id, length)
      this.#receiveWindow.consumed(length)
      core.host.flushSoon()
    } catch (error) {
      core.host.fail(error)
    }
  }

  /** Gives bytes of a body back to the connection's window, and not to the stream's window. */
  discarded(id: number, length: number): void {
    this.#core.say(() => this.#core.session.discard(id, length))
  }

  // ---- windows and priorities -----------------------------------------------------------------

  remote(id: number): number {
    return this.#core.session.remoteWindowSize(id)
  }

  local(id: number): number {
    return this.#core.session.localWindowSize(id)
  }

  isShut(id: number): boolean {
    const { session } = this.#core
    return session.localWindowSize() <= 0 || session.localWindowSize(id) <= 0
  }

  read(id: number): Priority {
    return this.#core.session.priority(id)
  }

  change(id: number, priority: Priority): void {
    this.#core.session.changePriority(id, priority)
  }

  /** The connection is closed. */
  dispose(): void {
    this.#receiveWindow.release()
  }
}
