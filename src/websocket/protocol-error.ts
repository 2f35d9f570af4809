import { HTTPError, nameErrors } from '../common/errors.ts'

/** What made a WebSocket fail; its `code` is `ERR_WEBSOCKET`. */
export class WebSocketProtocolError extends HTTPError {
  /** The code that the peer was told, or 1006 where it could be told nothing. */
  readonly closeCode: number

  static {
    nameErrors(this, 'WebSocketProtocolError')
  }

  constructor(closeCode: number, message: string, cause?: unknown) {
    super('ERR_WEBSOCKET', message, { cause })
    this.closeCode = closeCode
  }
}
