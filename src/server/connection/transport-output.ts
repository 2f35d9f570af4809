import type { ByteOutput } from '../../common/byte-output.ts'
import type { ConnectionCounts } from '../stats/connection-counts.ts'
import type { Transport } from '../../transport/transport.ts'
import { WriteSize } from './write-size.ts'

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
  /** When the transport last took bytes. */
  #movedAt: number

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

  /** Bytes to gather for one write. */
  get writeSize(): number {
    return this.#writeSize.bytes
  }

  /** The peer has taken no bytes for `milliseconds`, though bytes wait. */
  isStuck(milliseconds: number, now: number): boolean {
    return !this.#hasRoom && now - this.#movedAt >= milliseconds
  }

  /** The transport has room again. */
  drained(): void {
    this.#hasRoom = true
    this.#movedAt = this.#clock.now
    this.#writeSize.drained(this.#movedAt)
  }

  write(bytes: Uint8Array): boolean {
    this.#counts.bytesSent += bytes.length
    return this.#handedOver(this.#transport.write(bytes))
  }

  writev(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) this.#counts.bytesSent += chunk.length
    return this.#handedOver(this.#transport.writev(chunks))
  }

  #handedOver(hasRoom: boolean): boolean {
    this.#hasRoom = hasRoom
    this.#movedAt = this.#clock.now
    if (!hasRoom) this.#writeSize.filled(this.#movedAt)
    return hasRoom
  }
}
