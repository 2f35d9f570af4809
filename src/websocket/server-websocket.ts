import { noBytes } from '../common/bytes.ts'
import { asBytes } from '../common/bytes.ts'
import { isThenable } from '../common/thenable.ts'
import { encodeText } from './frame-writer.ts'
import type { SocketCloseEvent, SocketErrorEvent } from './events.ts'

/** CONNECTING, OPEN, CLOSING, CLOSED. */
export type SocketReadyState = 0 | 1 | 2 | 3

/** The connection behind a socket. */
export interface SocketLink {
  readonly readyState: SocketReadyState
  readonly bufferedAmount: number
  readonly drained: Promise<void>
  sendText(text: string): void
  sendBytes(bytes: Uint8Array): void
  sendBlob(blob: Blob): void
  ping(payload: Uint8Array): void
  /** Closes; without `code` the Close frame has none. */
  close(code: number | undefined, reason: Uint8Array): void
  /** A listener threw, or its promise was rejected. */
  listenerFailed(error: unknown): void
}

/** The events of a `ServerWebSocket`. */
export interface ServerWebSocketEventMap {
  readonly open: Event
  readonly message: MessageEvent
  readonly error: SocketErrorEvent
  readonly close: SocketCloseEvent
  readonly pong: MessageEvent
}

type Handler<E extends Event> = ((event: E) => unknown) | null
type EventName = keyof ServerWebSocketEventMap
type AnyHandler = (this: ServerWebSocket, event: Event) => unknown

/** The value of a member such as `onmessage`, and the listener that calls it. */
interface HandlerEntry {
  handler: AnyHandler
  readonly listener: (event: Event) => void
}

const maxReason = 123
const maxPing = 125

/** Data of a message. */
export type SocketData = string | ArrayBuffer | ArrayBufferView | Blob

/**
 * The server's end of a WebSocket, with the interface of the standard's `WebSocket`. In addition it has `ping()`, the
 * `pong` event and `drained`, and an `error` event has the error as `error`.
 */
export class ServerWebSocket extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3

  /** The URL of the request, with the scheme `ws` or `wss`. */
  readonly url: string
  /** The subprotocol agreed on; `''`: none. */
  readonly protocol: string
  /** The extensions agreed on, as the response names them; `''`: none. */
  readonly extensions: string

  readonly #link: SocketLink
  #binaryType: 'blob' | 'arraybuffer' = 'blob'
  readonly #handlers = new Map<EventName, HandlerEntry>()
  /** Callers of the listeners. They catch errors: a listener that throws would end the process. */
  readonly #guards = new WeakMap<object, (event: Event) => void>()

  /** Called by `WebSocketConnection`. */
  constructor(url: string, protocol: string, extensions: string, link: SocketLink) {
    super()
    this.url = url
    this.protocol = protocol
    this.extensions = extensions
    this.#link = link
  }

  get CONNECTING(): 0 {
    return 0
  }

  get OPEN(): 1 {
    return 1
  }

  get CLOSING(): 2 {
    return 2
  }

  get CLOSED(): 3 {
    return 3
  }

  /** `CONNECTING` (0) until the response is submitted, then `OPEN` (1), `CLOSING` (2), `CLOSED` (3). */
  get readyState(): SocketReadyState {
    return this.#link.readyState
  }

  /**
   * Sent bytes that wait for the peer, framing included. Messages sent after the close stay counted. While more than 1
   * MiB waits, no messages of the peer are read.
   */
  get bufferedAmount(): number {
    return this.#link.bufferedAmount
  }

  /** Resolves when few sent bytes wait for the peer; at once when few wait already, or the socket is closed. */
  get drained(): Promise<void> {
    return this.#link.drained
  }

  /** The type of `data` of a binary message. Default: `'blob'`. */
  get binaryType(): 'blob' | 'arraybuffer' {
    return this.#binaryType
  }

  set binaryType(type: 'blob' | 'arraybuffer') {
    if (type === 'blob' || type === 'arraybuffer') this.#binaryType = type
  }

  /**
   * Sends a message. A value that is neither bytes nor a Blob is sent as a string. The bytes may be changed afterwards.
   * Throws an `InvalidStateError` before the socket is open; does nothing once it closes.
   */
  send(data: SocketData): void {
    this.#checkConnected()
    const bytes = typeof data === 'string' ? undefined : asBytes(data)
    if (bytes !== undefined) this.#link.sendBytes(bytes)
    else if (data instanceof Blob) this.#link.sendBlob(data)
    else this.#link.sendText(`${data as string}`)
  }

  /**
   * Sends Close after all sent messages. Throws an `InvalidAccessError` for a code other than 1000 and 3000
   * to 4999, and a `SyntaxError` for a reason longer than 123 bytes in UTF-8.
   */
  close(code?: number, reason?: string): void {
    const status = code === undefined ? undefined : clamped(code)
    if (status !== undefined && status !== 1000 && (status < 3000 || status > 4999)) {
      throw new DOMException(
        `the close code is ${status}; it has to be 1000, or 3000 to 4999`,
        'InvalidAccessError',
      )
    }
    const bytes = reason === undefined ? noBytes : encodeText(String(reason))
    if (bytes.length > maxReason) {
      throw new DOMException(
        `the reason has ${bytes.length} bytes; ${maxReason} are allowed`,
        'SyntaxError',
      )
    }
    // A reason needs a code before it.
    this.#link.close(status ?? (bytes.length > 0 ? 1000 : undefined), bytes)
  }

  /**
   * Not in the standard: sends a ping, which a `pong` event answers; its `data` is an `ArrayBuffer` of the same
   * bytes. Throws a `RangeError` for more than 125 bytes, an `InvalidStateError` before the socket is open.
   */
  ping(data: string | ArrayBuffer | ArrayBufferView = ''): void {
    this.#checkConnected()
    const payload = typeof data === 'string' ? encodeText(data) : (asBytes(data) ?? noBytes)
    if (payload.length > maxPing) {
      throw new RangeError(`a ping has at most ${maxPing} bytes, not ${payload.length}`)
    }
    this.#link.ping(payload)
  }

  get onopen(): Handler<Event> {
    return this.#handler('open')
  }

  set onopen(handler: Handler<Event>) {
    this.#handle('open', handler)
  }

  get onmessage(): Handler<MessageEvent> {
    return this.#handler('message')
  }

  set onmessage(handler: Handler<MessageEvent>) {
    this.#handle('message', handler)
  }

  // The DOM's declaration is used, so that a `ServerWebSocket` is assignable to `WebSocket`.
  get onerror(): Handler<Event> {
    return this.#handler('error') as Handler<Event>
  }

  set onerror(handler: Handler<SocketErrorEvent>) {
    this.#handle('error', handler)
  }

  get onclose(): Handler<SocketCloseEvent> {
    return this.#handler('close')
  }

  set onclose(handler: Handler<SocketCloseEvent>) {
    this.#handle('close', handler)
  }

  override addEventListener<K extends EventName>(
    type: K,
    listener: ((event: ServerWebSocketEventMap[K]) => unknown) | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  override addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void {
    // The wrapper is found by the listener, so that a listener is added once, and can be removed, as in the standard.
    super.addEventListener(type, this.#guard(listener), options)
  }

  override removeEventListener<K extends EventName>(
    type: K,
    listener: ((event: ServerWebSocketEventMap[K]) => unknown) | null,
    options?: boolean | EventListenerOptions,
  ): void
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void
  override removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void {
    super.removeEventListener(type, this.#guard(listener), options)
  }

  #guard(
    listener: EventListenerOrEventListenerObject | null,
  ): EventListenerOrEventListenerObject | null {
    // The runtime checks other values.
    if (typeof listener !== 'function' && (typeof listener !== 'object' || listener === null)) {
      return listener
    }
    let guard = this.#guards.get(listener)
    if (!guard) {
      guard = (event) =>
        this.#call(() =>
          typeof listener === 'function' ? listener.call(this, event) : listener.handleEvent(event),
        )
      this.#guards.set(listener, guard)
      // Node and Deno remove a listener whose signal aborts by the method that is overridden here.
      this.#guards.set(guard, guard)
    }
    return guard
  }

  /** Calls a listener. An error that it throws fails this socket, and no other. */
  #call(listener: () => unknown): void {
    const failed = (error: unknown): void => this.#link.listenerFailed(error)
    try {
      const result = listener()
      if (isThenable(result)) Promise.resolve(result).catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  #checkConnected(): void {
    if (this.#link.readyState === ServerWebSocket.CONNECTING) {
      throw new DOMException(
        'the socket is not open yet: wait for its open event',
        'InvalidStateError',
      )
    }
  }

  #handler<K extends EventName>(type: K): Handler<ServerWebSocketEventMap[K]> {
    const handler = this.#handlers.get(type)?.handler
    return (handler as Handler<ServerWebSocketEventMap[K]> | undefined) ?? null
  }

  /** A new handler takes the place of the old one among the listeners, as in the standard. */
  #handle<K extends EventName>(type: K, handler: Handler<ServerWebSocketEventMap[K]>): void {
    const current = this.#handlers.get(type)
    if (typeof handler !== 'function') {
      if (current === undefined) return
      super.removeEventListener(type, current.listener)
      this.#handlers.delete(type)
    } else if (current === undefined) {
      const entry: HandlerEntry = {
        handler: handler as AnyHandler,
        listener: (event) => this.#call(() => entry.handler.call(this, event)),
      }
      this.#handlers.set(type, entry)
      super.addEventListener(type, entry.listener)
    } else {
      current.handler = handler as AnyHandler
    }
  }
}

/** Converts a value to an `unsigned short` of Web IDL. */
function clamped(code: number): number {
  const number = Number(code)
  return Number.isNaN(number) ? 0 : Math.min(Math.max(Math.round(number), 0), 0xffff)
}
