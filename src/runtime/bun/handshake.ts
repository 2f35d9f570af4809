import type { Acceptor, Address, TlsInfo } from '../../transport/transport.ts'
import { makeAddress } from '../shared/address.ts'
import { isOffered } from '../shared/alpn.ts'
import type { BunSocket } from './types.ts'
import { alpnError, handshakeError, handshakeTimeoutError } from '../shared/errors.ts'
import { refuse } from '../shared/hand-over.ts'
import type { Handshakes } from '../shared/handshakes.ts'

/** Milliseconds that a refused client has to read the alert and to close its side. */
const closePeriod = 200

/** A TLS socket until its handshake has succeeded, failed or taken too long. */
export class BunHandshake {
  readonly #socket: BunSocket<unknown>
  readonly #acceptor: Acceptor
  readonly #handshakes: Handshakes
  readonly #offered: readonly string[]
  readonly #remoteAddress: Address
  #timer: ReturnType<typeof setTimeout>
  #settled = false
  #isAuthorized = false

  constructor(
    socket: BunSocket<unknown>,
    timeout: number,
    acceptor: Acceptor,
    handshakes: Handshakes,
    offered: readonly string[],
  ) {
    this.#offered = offered
    this.#handshakes = handshakes
    this.#socket = socket
    this.#acceptor = acceptor
    this.#remoteAddress = makeAddress(socket.remoteAddress, socket.remotePort)
    this.#timer = setTimeout(() => this.#refuse(handshakeTimeoutError(timeout)), timeout)
    if (!handshakes.begin()) this.#refuse(handshakeError('too many are under way'))
  }

  /** Whether the handshake gave a connection. If not, the client is refused. */
  done(success: boolean, error: Error | null, rejectUnauthorized: boolean): boolean {
    if (this.#settled) return false
    const protocol = this.#socket.alpnProtocol || null
    if (!success) {
      const alpn = error?.message.includes('NO_APPLICATION_PROTOCOL')
      this.#refuse(alpn ? alpnError(null, error) : handshakeError(error ?? 'no reason is known'))
    } else if (rejectUnauthorized && error) {
      this.#refuse(handshakeError(error))
    } else if (!isOffered(protocol, this.#offered)) {
      this.#refuse(alpnError(protocol))
    } else {
      this.#isAuthorized = error === null
      this.#settle()
      return true
    }
    return false
  }

  info(asksForCertificate: boolean): TlsInfo {
    const socket = this.#socket
    const certificate = asksForCertificate ? socket.getPeerCertificate() : null
    return {
      alpnProtocol: socket.alpnProtocol || null,
      version: socket.getTLSVersion(),
      cipher: socket.getCipher().name,
      serverName: socket.getServername() || null,
      clientCertificate: certificate && Object.keys(certificate).length > 0 ? certificate : null,
      authorized: asksForCertificate && this.#isAuthorized,
    }
  }

  /** The events of a socket before its handshake is done, or after the client was refused. */
  received(): void {}

  drained(): void {}

  peerEnded(): void {
    this.#refuse(handshakeError('the client left before its end'))
  }

  failed(error: Error): void {
    this.#refuse(handshakeError(error))
  }

  closed(error: Error | null): void {
    this.#refuse(handshakeError(error ?? 'the client left before its end'))
    clearTimeout(this.#timer)
  }

  #settle(): void {
    this.#settled = true
    this.#handshakes.end()
    clearTimeout(this.#timer)
  }

  #refuse(error: Error): void {
    if (this.#settled) return
    this.#settle()
    // After a finished handshake this sends close_notify and FIN; after a failed one the alert was sent already. Bun
    // may keep the connection open after `end`, and `terminate` then has no effect.
    this.#socket.shutdown()
    this.#timer = setTimeout(() => this.#socket.terminate(), closePeriod)
    refuse(this.#acceptor, error, this.#remoteAddress)
  }
}
