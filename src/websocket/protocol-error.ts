import { HTTPError, nameErrors } from '../common/errors.ts'

/** The error with which a WebSocket failed; its `code` is `ERR_WEBSOCKET`. */
export class WebSocketProtocolError extends HTTPError {
  /** The code that was sent to the peer, or 1006 where none could be sent. */
  readonly closeCode: number

  static {
    nameErrors(this, 'WebSocketProtocolError')
  }

  constructor(closeCode: number, message: string, cause?: unknown) {
    super('ERR_WEBSOCKET', message, { cause })
    this.closeCode = closeCode
  }
}
