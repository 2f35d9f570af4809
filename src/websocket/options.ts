import { checkObject } from '../common/arguments.ts'
import { mostTime, type NumberTable, type Resolved, resolveNumber } from '../common/option-table.ts'
import type { NegotiateOptions } from './negotiate.ts'

/** Options of a WebSocket. */
export interface WebSocketOptions extends NegotiateOptions {
  /**
   * The longest message that is taken, in bytes, also when inflated; a longer one fails the socket with 1009. Default:
   * 16 MiB.
   */
  readonly maxPayload?: number
  /**
   * Milliseconds without a byte of the peer after which the socket fails. After half of them a ping is sent. 0: never.
   * Default: 120 000.
   */
  readonly idleTimeout?: number
  /** Milliseconds that a peer has to answer a Close frame and to end the stream. Default: 5000. */
  readonly closeTimeout?: number
  /** The shortest message that is compressed, in bytes, where compression was negotiated. Default: 1024. */
  readonly compressionThreshold?: number
}

type Numbers = Required<
  Pick<WebSocketOptions, 'maxPayload' | 'idleTimeout' | 'closeTimeout' | 'compressionThreshold'>
>

const most = Number.MAX_SAFE_INTEGER

const numbers: NumberTable<Numbers> = {
  maxPayload: { fallback: 16 * 1024 * 1024, least: 0, most, mayBeInfinite: true },
  idleTimeout: { fallback: 120_000, least: 0, most: mostTime },
  closeTimeout: { fallback: 5000, least: 0, most: mostTime },
  compressionThreshold: { fallback: 1024, least: 0, most, mayBeInfinite: true },
}

/** The numbers among the options, with their defaults; throws `ERR_INVALID_ARGUMENT`. */
export function resolveWebSocket(options: WebSocketOptions): Resolved<Numbers> {
  checkObject('options', options)
  return {
    maxPayload: resolveNumber('maxPayload', options.maxPayload, numbers.maxPayload),
    idleTimeout: resolveNumber('idleTimeout', options.idleTimeout, numbers.idleTimeout),
    closeTimeout: resolveNumber('closeTimeout', options.closeTimeout, numbers.closeTimeout),
    compressionThreshold: resolveNumber(
      'compressionThreshold',
      options.compressionThreshold,
      numbers.compressionThreshold,
    ),
  }
}
