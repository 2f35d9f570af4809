import { noBytes } from '../common/bytes.ts'
import { ErrorCode, errorCodeName } from '../common/errors.ts'
import type { Tunnel, TunnelReader } from '../http/tunnel.ts'
import { CloseCode, isWireCloseCode, Opcode } from './codes.ts'
import { closeEvent, errorEvent } from './events.ts'
import { FrameParser, type FrameSink } from './frame-parser.ts'
import { encodeText } from './frame-writer.ts'
import { type IdleOwner, IdleWatch } from './idle-watch.ts'
import { MessageSender } from './message-sender.ts'
import type { WebSocketAgreement } from './negotiate.ts'
import { resolveWebSocket, type WebSocketOptions } from './options.ts'
import { decompress } from './permessage-deflate.ts'
import { WebSocketProtocolError } from './protocol-error.ts'
import { ServerWebSocket, type SocketLink, type SocketReadyState } from './server-websocket.ts'

type Timer = ReturnType<typeof setTimeout>

/** While more bytes than this wait for a peer, no frames are read from it, because they would cause more output. */
const highWater = 1024 * 1024
// A byte order mark belongs to the message.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text in `bytes`; throws a `WebSocketProtocolError` (1007) when they are not UTF-8. */
function decodeText(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw new WebSocketProtocolError(CloseCode.INVALID_PAYLOAD, 'a text is not UTF-8', error)
  }
}

/** Code and reason of a Close frame. */
interface ReceivedClose {
  readonly code: number
  readonly reason: string
}

function parseClose(payload: Uint8Array): ReceivedClose {
  if (payload.length === 0) return { code: CloseCode.NO_STATUS, reason: '' }
  const code = payload.length === 1 ? 0 : (payload[0]! << 8) | payload[1]!
  if (!isWireCloseCode(code)) {
    throw new WebSocketProtocolError(
      CloseCode.PROTOCOL_ERROR,
      'a Close frame has a code that must not be sent',
    )
  }
  return { code, reason: decodeText(payload.subarray(2)) }
}

function closePayload(code: number, reason: Uint8Array): Uint8Array {
  const payload = new Uint8Array(2 + reason.length)
  payload[0] = code >> 8
  payload[1] = code
  payload.set(reason, 2)
  return payload
}

/**
 * The server's end of the protocol (RFC 6455) on a tunnel: an HTTP/2 stream (RFC 8441), or a connection after an
 * upgrade. An application gets its `socket`; a server calls `open`, `abort` and `goAway`.
 */
export class WebSocketConnection implements TunnelReader, FrameSink, SocketLink, IdleOwner {
  readonly socket: ServerWebSocket

  readonly #report: (error: unknown) => void
  readonly #maxPayload: number
  readonly #closeTimeout: number
  readonly #parser: FrameParser
  readonly #sender: MessageSender

  #readyState: SocketReadyState = ServerWebSocket.CONNECTING
  #tunnel: Tunnel | undefined
  /** Code and reason of the Close frame, where `close` was called before `open`. */
  #earlyClose: Uint8Array | undefined
  #hasSentClose = false
  #received: ReceivedClose | undefined
  #failure: Error | undefined
  /** Nothing more is read. */
  #isDeaf = false

  #closeTimer: Timer | undefined
  readonly #idleWatch: IdleWatch

  /**
   * `url`: the URL of the request, with the scheme `ws` or `wss`. `agreement`: the result of `negotiate`. `report` is
   * called with errors that are no fault of the peer, such as those of listeners. Throws `ERR_INVALID_ARGUMENT` for
   * options out of range.
   */
  constructor(
    url: string,
    agreement: WebSocketAgreement,
    options: WebSocketOptions = {},
    report: (error: unknown) => void = (error) => console.error(error),
  ) {
    const { maxPayload, idleTimeout, closeTimeout, compressionThreshold } =
      resolveWebSocket(options)
    this.#report = report
    this.#maxPayload = maxPayload
    this.#idleWatch = new IdleWatch(this, idleTimeout)
    this.#closeTimeout = closeTimeout
    const compressFrom = agreement.isCompressed ? compressionThreshold : Infinity
    this.#parser = new FrameParser(this, this.#maxPayload, agreement.isCompressed)
    this.#sender = new MessageSender(compressFrom, (error) => {
      this.#failed(
        new WebSocketProtocolError(CloseCode.INTERNAL_ERROR, 'a Blob cannot be read', error),
      )
    })
    this.socket = new ServerWebSocket(url, agreement.protocol, agreement.extensions, this)
  }

  // ---- called by a server ---------------------------------------------------------------------

  /** The response is submitted: the socket is open. Call it in the turn in which the tunnel was accepted. */
  open(tunnel: Tunnel): void {
    if (this.#readyState === ServerWebSocket.CLOSED) {
      tunnel.reset()
      return
    }
    this.#tunnel = tunnel
    this.#sender.begin(tunnel)
    tunnel.read(this)
    if (this.#earlyClose !== undefined) {
      this.#sendClose(this.#earlyClose)
      return
    }
    this.#readyState = ServerWebSocket.OPEN
    this.#idleWatch.begin()
    this.socket.dispatchEvent(new Event('open'))
  }

  /** Drops the socket now: the request has ended, another response was sent, or the server stops. */
  abort(error?: Error): void {
    if (this.#readyState === ServerWebSocket.CLOSED) return
    this.#failure ??= error
    this.#tunnel?.reset()
    this.#finish()
  }

  /** Sends Close with 1001 (going away): the server shuts down. */
  goAway(reason = ''): void {
    this.close(CloseCode.GOING_AWAY, encodeText(reason))
  }

  // ---- called by the socket (SocketLink) ------------------------------------------------------

  get readyState(): SocketReadyState {
    return this.#readyState
  }

  get bufferedAmount(): number {
    return this.#sender.bufferedAmount
  }

  get drained(): Promise<void> {
    return this.#sender.drained
  }

  sendText(text: string): void {
    if (this.#isOpen) this.#sender.text(text)
    else this.#sender.discard(encodeText(text).length)
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.#isOpen) this.#sender.bytes(bytes)
    else this.#sender.discard(bytes.length)
  }

  sendBlob(blob: Blob): void {
    if (this.#isOpen) this.#sender.blob(blob)
    else this.#sender.discard(blob.size)
  }

  ping(payload: Uint8Array): void {
    if (this.#isOpen) this.#sender.control(Opcode.PING, payload)
  }

  close(code: number | undefined, reason: Uint8Array): void {
    if (this.#readyState >= ServerWebSocket.CLOSING) return
    const payload = code === undefined ? noBytes : closePayload(code, reason)
    if (this.#readyState === ServerWebSocket.CONNECTING) this.#earlyClose = payload
    else this.#sender.afterMessages(() => this.#sendClose(payload))
    this.#readyState = ServerWebSocket.CLOSING
  }

  /** Reports an error once. The socket fails with 1011, unless it is closing already. */
  listenerFailed(error: unknown): void {
    this.#report(error)
    if (this.#hasSentClose) return
    if (this.#readyState === ServerWebSocket.CONNECTING) {
      this.close(CloseCode.INTERNAL_ERROR, noBytes)
    } else {
      this.#fail(error)
    }
  }

  get #isOpen(): boolean {
    return this.#readyState === ServerWebSocket.OPEN
  }

  // ---- called by the tunnel (TunnelReader) ----------------------------------------------------

  onData(chunk: Uint8Array): void | Promise<void> {
    if (this.#isDeaf) return undefined
    this.#idleWatch.heard()
    try {
      this.#parser.push(chunk)
    } catch (error) {
      this.#failed(error)
    }
    const waiting = this.#tunnel?.bufferedAmount ?? 0
    return waiting > highWater ? this.#sender.drained : undefined
  }

  onEnd(): void {
    // The end is clean after a Close frame, and abnormal without one (RFC 6455 §7.1.5).
    if (this.#received !== undefined || this.#isDeaf) return
    this.#shut()
  }

  onDrain(): void {
    this.#sender.onDrain()
  }

  onClose(errorCode: number): void {
    // A browser cancels the stream when its tab is closed, which is no error.
    const isOrderly = errorCode === ErrorCode.NO_ERROR || errorCode === ErrorCode.CANCEL
    if (!isOrderly && this.#received === undefined) {
      this.#failure ??= new WebSocketProtocolError(
        CloseCode.ABNORMAL,
        `the peer reset the stream: ${errorCodeName(errorCode)}`,
      )
    }
    this.#finish()
  }

  // ---- called by the parser (FrameSink) -------------------------------------------------------

  onMessage(isText: boolean, payload: Uint8Array, isCompressed: boolean): void {
    // While the socket is closing, messages are dropped, as the standard requires.
    if (!this.#isOpen) return
    const bytes = isCompressed ? decompress(payload, this.#maxPayload) : payload
    if (isText) {
      this.#dispatch('message', decodeText(bytes))
    } else if (this.socket.binaryType === 'blob') {
      this.#dispatch('message', new Blob([bytes as Uint8Array<ArrayBuffer>]))
    } else {
      this.#dispatch('message', isCompressed ? bytes.slice().buffer : bytes.buffer)
    }
  }

  onControl(opcode: number, payload: Uint8Array): void {
    if (opcode === Opcode.PING) {
      if (!this.#hasSentClose) this.#sender.pong(payload)
    } else if (opcode === Opcode.PONG) {
      if (this.#isOpen) this.#dispatch('pong', payload.buffer)
    } else {
      this.#onCloseFrame(payload)
    }
  }

  #dispatch(type: 'message' | 'pong', data: unknown): void {
    this.socket.dispatchEvent(new MessageEvent(type, { data }))
  }

  #onCloseFrame(payload: Uint8Array): void {
    this.#received = parseClose(payload)
    this.#parser.stop()
    this.#isDeaf = true
    if (this.#isOpen) {
      this.#readyState = ServerWebSocket.CLOSING
      this.#sender.afterMessages(() => this.#sendClose(payload.subarray(0, 2)))
    } else if (this.#hasSentClose) {
      this.#endHandshake()
    }
  }

  // ---- the end --------------------------------------------------------------------------------

  #sendClose(payload: Uint8Array): void {
    if (this.#hasSentClose || this.#readyState === ServerWebSocket.CLOSED) return
    this.#hasSentClose = true
    this.#sender.control(Opcode.CLOSE, payload)
    if (this.#received !== undefined) this.#endHandshake()
    else this.#expectClose()
  }

  /** Both sides have sent Close: the server ends the connection first (RFC 6455 §7.1.1). */
  #endHandshake(): void {
    this.#sender.stop()
    this.#tunnel?.end()
    this.#expectClose()
  }

  /** Fails the socket, and reports an error that is no fault of the peer. */
  #failed(error: unknown): void {
    const isOfPeer =
      error instanceof WebSocketProtocolError && error.closeCode !== CloseCode.INTERNAL_ERROR
    if (!isOfPeer) this.#report(error)
    this.#fail(error)
  }

  /** Fails the connection (RFC 6455 §7.1.7): sends Close and ends the stream without waiting for an answer. */
  #fail(error: unknown): void {
    if (this.#failure !== undefined || this.#readyState === ServerWebSocket.CLOSED) return
    const isProtocol = error instanceof WebSocketProtocolError
    this.#failure = error instanceof Error ? error : new Error(String(error))
    if (!this.#hasSentClose) {
      this.#hasSentClose = true
      const code = isProtocol ? error.closeCode : CloseCode.INTERNAL_ERROR
      const reason = isProtocol ? encodeText(error.message) : noBytes
      this.#sender.control(Opcode.CLOSE, closePayload(code, reason))
    }
    this.#shut()
  }

  /** Neither reads nor sends any more, without the closing handshake. */
  #shut(): void {
    this.#isDeaf = true
    this.#parser.stop()
    this.#readyState = ServerWebSocket.CLOSING
    this.#sender.stop()
    this.#tunnel?.end()
    this.#expectClose()
  }

  /** Gives the peer time to close, and more time while the peer takes bytes. */
  #expectClose(): void {
    this.#idleWatch.end()
    clearTimeout(this.#closeTimer)
    this.#sender.hasProgressed()
    this.#closeTimer = setTimeout(() => {
      if (this.#sender.hasProgressed()) this.#expectClose()
      else this.abort()
    }, this.#closeTimeout)
  }

  // ---- called by the watch (IdleOwner) --------------------------------------------------------

  hasProgressed(): boolean {
    return this.#sender.hasProgressed()
  }

  ask(): void {
    if (!this.#hasSentClose) this.#sender.control(Opcode.PING, noBytes)
  }

  isLost(silence: number): void {
    const message = `nothing was heard of the peer for ${silence} ms`
    this.abort(new WebSocketProtocolError(CloseCode.ABNORMAL, message))
  }

  #finish(): void {
    if (this.#readyState === ServerWebSocket.CLOSED) return
    const received = this.#failure === undefined ? this.#received : undefined
    this.#readyState = ServerWebSocket.CLOSED
    this.#isDeaf = true
    this.#parser.stop()
    clearTimeout(this.#closeTimer)
    this.#idleWatch.end()
    this.#sender.stop()
    if (this.#failure !== undefined) this.socket.dispatchEvent(errorEvent(this.#failure))
    this.socket.dispatchEvent(
      closeEvent({
        code: received?.code ?? CloseCode.ABNORMAL,
        reason: received?.reason ?? '',
        wasClean: received !== undefined && this.#hasSentClose,
      }),
    )
  }
}
