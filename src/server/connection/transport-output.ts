import type { ByteOutput } from '../../common/byte-output.ts'
import type { ConnectionCounts } from '../stats/connection-counts.ts'
import type { Transport } from '../../transport/transport.ts'
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

  /** The peer has taken no bytes for `milliseconds`, though bytes wait. */
  isStuck(milliseconds: number, now: number): boolean {
    const isWaiting = !this.#hasRoom || this.#unsent > 0
    return isWaiting && now - this.#movedAt >= milliseconds
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
