import { checkObject, invalidArgument } from '../../common/arguments.ts'
import { checkNames } from '../../common/option-table.ts'
import {
  BaseRequestHandler,
  makeHandler,
  type RequestHandlerClass,
} from './base-request-handler.ts'
import { resolveAddress, resolveOptions, type ServerOptions } from '../connection/options.ts'
import { type CloseOptions, ServerCore } from '../listener/server-core.ts'
import type { ServerStats } from '../stats/server-totals.ts'
import type { Address, SecureContextOptions } from '../../transport/transport.ts'

/** The address to listen on. */
export interface ServerAddress {
  /** A name or an address; `null` or absent: all interfaces. */
  readonly host?: string | null
  /** 0 or absent: a free port, which `listen()` returns. */
  readonly port?: number
}

/**
 * A server that makes a handler for each request:
 *
 * ```ts
 * const server = new HTTP2Server({ host: '127.0.0.1', port: 8080 }, Handler, { tls: null })
 * await server.serveForever()
 * ```
 */
export class HTTP2Server {
  readonly #core: ServerCore
  readonly #address: Address

  constructor(address: ServerAddress, Handler: RequestHandlerClass, options: ServerOptions = {}) {
    const { host, port } = checkObject('address', address)
    // With a misspelt name of `host`, the server would listen on all interfaces.
    checkNames('address', address, ['host', 'port'])
    this.#address = resolveAddress(host ?? undefined, port, 0, ['address.host', 'address.port'])
    if (!isHandlerClass(Handler)) {
      throw invalidArgument('Handler', 'a class that extends BaseRequestHandler', Handler)
    }
    this.#core = new ServerCore(resolveOptions(options), (stream) => makeHandler(Handler, stream))
  }

  /** Begins to listen, and returns the address in use. Rejects with the system's error, such as `EADDRINUSE`. */
  listen(): Promise<Address> {
    return this.#core.listen(this.#address)
  }

  /** Listens if the server does not listen yet. Resolves once the server is closed. */
  async serveForever(): Promise<void> {
    await this.listen()
    await this.#core.closed
  }

  /**
   * Closes the server at once, or with `graceful` when the open streams have finished (GOAWAY, RFC 9113 §6.8), at the
   * latest after `timeouts.shutdown`. A second call without `graceful` ends a graceful shutdown at once.
   */
  close(options?: CloseOptions): Promise<void> {
    return this.#core.close(options)
  }

  /**
   * Uses other certificates in the handshakes that begin from now on: `cert` and `key`, and `ca` and `certificates` where
   * they are given. Connections stay open. Throws `ERR_TLS_CERTIFICATE` for a certificate that cannot be used,
   * `ERR_TLS_OPTION` where the runtime cannot change certificates, `ERR_INVALID_STATE` on a server without `tls`, and
   * `ERR_INVALID_ARGUMENT`; the certificates in use stay then.
   */
  setSecureContext(context: SecureContextOptions): void {
    this.#core.tls.replace(context)
  }

  /** Counts of the server since its start, and its state now. */
  stats(): ServerStats {
    return this.#core.stats()
  }
}

function isHandlerClass(Handler: unknown): boolean {
  if (typeof Handler !== 'function') return false
  return Handler === BaseRequestHandler || Handler.prototype instanceof BaseRequestHandler
}
