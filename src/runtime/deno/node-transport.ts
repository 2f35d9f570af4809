import type { Socket } from 'node:net'
import type { TlsInfo } from '../../transport/transport.ts'
import { connectionResetError } from '../shared/errors.ts'
import { totalLength } from '../shared/total-length.ts'
import { NodeTransport } from '../node/transport.ts'
import { tcpHandle } from './node-socket.ts'
import { SlicedWriter, type SlicedWriterOwner } from './sliced-writer.ts'

/**
 * Transport on a socket of `node:net` or `node:tls` on Deno, which differs from Node's at its end, in a pause and in a large
 * write.
 */
export class DenoNodeTransport extends NodeTransport implements SlicedWriterOwner {
  readonly #socket: Socket
  readonly #slices: SlicedWriter
  /** `end` was called while slices waited: FIN follows the last one. */
  #endsLater = false

  constructor(socket: Socket, tls: TlsInfo | null) {
    super(socket, tls)
    this.#socket = socket
    this.#slices = new SlicedWriter(socket, this)
  }

  override get unsent(): number {
    return this.#socket.writableLength + this.#slices.length
  }

  override write(bytes: Uint8Array): boolean {
    return this.#isSliced(bytes.length) ? this.#push([bytes.slice()]) : super.write(bytes)
  }

  override writev(chunks: readonly Uint8Array[]): boolean {
    return this.#isSliced(totalLength(chunks)) ? this.#push(chunks) : super.writev(chunks)
  }

  override end(): void {
    if (this.#slices.length > 0) this.#endsLater = true
    else super.end()
  }

  override destroy(): void {
    this.#slices.clear()
    super.destroy()
  }

  /** Called by the socket and by the sliced writer. */
  override drained(): void {
    if (this.#slices.length > 0) return
    if (this.#endsLater) super.end()
    else super.drained()
  }

  /** Deno goes on reading from the system in a pause, and keeps the bytes. */
  override pause(): void {
    super.pause()
    tcpHandle(this.#socket)?.readStop()
  }

  override resume(): void {
    tcpHandle(this.#socket)?.readStart()
    super.resume()
  }

  /** A connection that is paused and goes on at once loses bytes on Deno. */
  protected override letOthers(): void {}

  /**
   * Deno reports a reset as the end of the peer's side. After a reset the system gives no address of the peer. The
   * system also gives none when both sides have ended.
   */
  protected override endError(): Error | null {
    if (this.#socket.writableEnded) return null
    const code = tcpHandle(this.#socket)?.getpeername({}) ?? 0
    return code === 0 ? null : connectionResetError()
  }

  #isSliced(length: number): boolean {
    return this.#endsLater || this.#slices.isFor(length)
  }

  #push(chunks: readonly Uint8Array[]): boolean {
    if (this.#endsLater || this.#socket.writableEnded || this.#socket.destroyed) return false
    try {
      this.#slices.push(chunks)
    } catch (error) {
      this.failed(error)
    }
    return this.hasRoom(this.#slices.length)
  }
}
