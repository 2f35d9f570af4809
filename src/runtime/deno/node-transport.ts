import type { Socket } from 'node:net'
import type { TlsInfo } from '../../transport/transport.ts'
import { connectionResetError } from '../shared/errors.ts'
import { NodeTransport } from '../node/transport.ts'
import { tcpHandle } from './node-socket.ts'

/** Transport on a socket of `node:net` or `node:tls` on Deno, which differs from Node's at its end and in a pause. */
export class DenoNodeTransport extends NodeTransport {
  readonly #socket: Socket

  constructor(socket: Socket, tls: TlsInfo | null) {
    super(socket, tls)
    this.#socket = socket
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

  /**
   * Deno reports a reset as the end of the peer's side. After a reset the system gives no address of the peer. The
   * system also gives none when both sides have ended.
   */
  protected override endError(): Error | null {
    if (this.#socket.writableEnded) return null
    const code = tcpHandle(this.#socket)?.getpeername({}) ?? 0
    return code === 0 ? null : connectionResetError()
  }
}
