import type { ByteOutput } from '../../common/byte-output.ts'
import type { ConnectionCounts } from '../stats/connection-counts.ts'
import type { Transport } from '../../transport/transport.ts'
import { Pace } from '../times/pace.ts'
import { WriteSize } from './write-size.ts'

/**
 * Bytes that a connection writes before others have their turn. The system may take all that is written to a client
 * that reads quickly, however much it is.
 */
const share = 2 * 1024 * 1024

/**
 * Writes a session's bytes to a transport. Knows whether the transport has room, how much to write at once, and when
 * the transport last took bytes.
 */
export class TransportOutput implements ByteOutput {
  readonly #transport: Transport
  readonly #counts: ConnectionCounts
  readonly #clock: { readonly now: number }
  readonly #writeSize: WriteSize = new WriteSize()
  #hasRoom = true
  /** Bytes written in this turn. */
  #written = 0
  /** When the transport, or the system behind it, last took bytes. */
  #movedAt: number
  /** Bytes that the system had not taken at the last look. */
  #unsent = 0
  /** How fast the peer takes bytes, while bytes wait. */
  #pace: Pace | undefined

  /** `clock.now`: the time of the turn, in milliseconds. */
  constructor(transport: Transport, counts: ConnectionCounts, clock: { readonly now: number }) {
    this.#transport = transport
    this.#counts = counts
    this.#clock = clock
    this.#movedAt = clock.now
  }

  /** The transport takes more bytes. */
  get hasRoom(): boolean {
    return this.#hasRoom
  }

  /** The connection has written its share: the rest waits for the next turn. */
  get isTurnOver(): boolean {
    return this.#written >= share
  }

  /** Other connections have had their turn. */
  nextTurn(): void {
    this.#written = 0
  }

  /** Bytes to gather for one write. */
  get writeSize(): number {
    return this.#writeSize.bytes
  }

  get movedAt(): number {
    return this.#movedAt
  }

  /** Compares the bytes that the system has not taken with those of the last look, and returns their number. */
  look(now: number): number {
    const { unsent = 0 } = this.#transport
    if (unsent !== this.#unsent) this.#movedAt = now
    this.#unsent = unsent
    return unsent
  }

  /**
   * Bytes wait, and the peer has taken none of them for `longest` milliseconds, or fewer than `rate` a second. Returns
   * the timeout that is breached.
   */
  breached(now: number, longest: number, rate: number): 'stream' | 'minDataRate' | undefined {
    const taken = this.#counts.bytesSent - this.#unsent
    if (this.#hasRoom && this.#unsent === 0) this.#pace = undefined
    else if (longest > 0 && now - this.#movedAt >= longest) return 'stream'
    else if ((this.#pace ??= new Pace(now, taken)).isBelow(rate, now, taken)) return 'minDataRate'
    return undefined
  }

  /** The transport has room again. */
  drained(): void {
    this.#hasRoom = true
    this.nextTurn()
    this.#movedAt = this.#clock.now
    this.#writeSize.drained(this.#movedAt)
  }

  write(bytes: Uint8Array): boolean {
    this.#count(bytes.length)
    return this.#handedOver(this.#transport.write(bytes))
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.#count(chunk.length)
    return this.#handedOver(this.#transport.writev(chunks))
  }

  #count(bytes: number): void {
    this.#counts.bytesSent += bytes
    this.#written += bytes
  }

  #handedOver(hasRoom: boolean): boolean {
    this.#hasRoom = hasRoom
    this.#movedAt = this.#clock.now
    if (!hasRoom) this.#writeSize.filled(this.#movedAt)
    return hasRoom && !this.isTurnOver
  }
}
