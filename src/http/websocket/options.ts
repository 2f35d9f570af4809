import type { NegotiateOptions } from './negotiate.ts'

/** How a WebSocket is served. */
export interface WebSocketOptions extends NegotiateOptions {
  /** The longest message that is taken, in bytes, also when inflated; a longer one fails the socket with 1009. Default: 16 MiB. */
  readonly maxPayload?: number
  /**
   * Milliseconds of silence after which the peer counts as gone; half of that before, a ping asks for a sign
   * of life. 0: never. Default: 120 000.
   */
  readonly idleTimeout?: number
  /** Milliseconds that a peer gets to answer a Close frame and to end the stream. Default: 5000. */
  readonly closeTimeout?: number
  /** From how many bytes on a message is compressed, where that was agreed on. Default: 1024. */
  readonly compressionThreshold?: number
}

export const defaultMaxPayload: number = 16 * 1024 * 1024
export const defaultIdleTimeout = 120_000
export const defaultCloseTimeout = 5000
export const defaultCompressionThreshold = 1024
