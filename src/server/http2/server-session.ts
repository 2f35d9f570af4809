import type { Settings } from '../../engine/http2/settings.ts'
import type { Connection } from '../connection/connection.ts'
import type { SessionStats } from '../stats/session-stats.ts'
import type { Address, TlsInfo } from '../../transport/transport.ts'

/** What an application may do with, and know of, a connection. */
export class ServerSession {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  get remoteAddress(): Address {
    return this.#connection.transport.remoteAddress
  }

  get localAddress(): Address {
    return this.#connection.transport.localAddress
  }

  /** `null` on cleartext. */
  get tls(): TlsInfo | null {
    return this.#connection.transport.tls
  }

  /** Milliseconds of one round trip (RFC 9113 §6.7). Rejects when the connection ends first. */
  ping(): Promise<number> {
    return this.#connection.ping()
  }

  /** Says where else an origin is served (RFC 7838 §4). */
  altSvc(origin: string, value: string): void {
    this.#connection.session.submitAltsvc(0, origin, value)
    this.#connection.flushSoon()
  }

  /** The origins this server answers for on this connection (RFC 8336 §2). */
  origin(origins: readonly string[]): void {
    this.#connection.session.submitOrigin(origins)
    this.#connection.flushSoon()
  }

  /** Changes our settings; they hold once the client has acknowledged them (RFC 9113 §6.5.3). */
  settings(settings: Settings): void {
    this.#connection.session.submitSettings(settings)
    this.#connection.flushSoon()
  }

  /** What the client's settings say. */
  remoteSetting(name: Exclude<keyof Settings, 'other'>): number {
    return this.#connection.session.setting('remote', name)
  }

  /** Takes no more requests; the connection ends with its last stream. */
  close(): void {
    this.#connection.finish()
  }

  stats(): SessionStats {
    return this.#connection.stats()
  }
}
