import { isThenable } from '../../common/thenable.ts'
import { tellError } from '../connection/reporter.ts'
import type { ServeOptions } from './serve-options.ts'
import type { CloseOptions, ServerCore } from '../listener/server-core.ts'
import type { ServerStats } from '../stats/server-totals.ts'
import type { Address, SecureContextOptions } from '../../transport/transport.ts'

/** A server that listens, or is about to. */
export class Server {
  readonly #core: ServerCore
  readonly #scheme: 'http' | 'https'
  readonly #ready: Promise<this>
  #address: Address | undefined

  constructor(core: ServerCore, address: Address, options: Omit<ServeOptions, 'fetch'>) {
    this.#core = core
    this.#scheme = options.tls ? 'https' : 'http'
    this.#ready = this.#begin(address, options)
  }

  /** Resolves once the server listens; rejects with the system's error, such as `EADDRINUSE`. */
  ready(): Promise<this> {
    return this.#ready
  }

  /** Resolves once the server is closed. */
  get closed(): Promise<void> {
    return this.#core.closed
  }

  /** Such as `http://127.0.0.1:8080/`; empty before `ready()`. */
  get url(): string {
    if (!this.#address) return ''
    const { host, port } = this.#address
    const name = host === '' || host === '::' || host === '0.0.0.0' ? 'localhost' : host
    return `${this.#scheme}://${name.includes(':') ? `[${name}]` : name}:${port}/`
  }

  /** 0 before `ready()`. */
  get port(): number {
    return this.#address?.port ?? 0
  }

  get hostname(): string {
    return this.#address?.host ?? ''
  }

  /** `node`, `deno`, `bun` or `memory`; empty before `ready()`. */
  get runtime(): string {
    return this.#core.runtimeName
  }

  /**
   * Closes the server. With `graceful`, it closes when the open streams have finished (GOAWAY, RFC 9113 §6.8), at the
   * latest after `timeouts.shutdown`; else at once. A second call without `graceful` ends a graceful shutdown at once.
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

  /** Counts of the server and of each open connection. */
  stats(): ServerStats {
    return this.#core.stats()
  }

  async #begin(address: Address, { signal, onListen }: Omit<ServeOptions, 'fetch'>): Promise<this> {
    try {
      this.#address = await this.#core.listen(address)
      if (signal) this.#closeOn(signal)
      const told: unknown = onListen?.({ hostname: this.hostname, port: this.port })
      // `onListen` may wait for `ready()`, so `ready()` does not wait for the promise of `onListen`.
      if (isThenable(told)) Promise.resolve(told).catch((error) => this.#report(error))
      return this
    } catch (error) {
      // A caller whose `ready()` is rejected does not close the server.
      await this.#core.close()
      throw error
    }
  }

  #closeOn(signal: AbortSignal): void {
    const close = (): void => void this.close({ graceful: true })
    if (signal.aborted) {
      close()
      return
    }
    signal.addEventListener('abort', close, { once: true })
    // A signal that lives longer than the server would keep the server in memory.
    void this.closed.then(() => signal.removeEventListener('abort', close))
  }

  #report(error: unknown): void {
    tellError(this.#core.options.onError, error, { source: 'server', remoteAddress: null })
  }
}
