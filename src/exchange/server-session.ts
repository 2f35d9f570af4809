import type { Settings } from '../common/settings.ts'
import type { Address, TlsInfo } from '../transport/transport.ts'
import type { SessionStats } from './session-stats.ts'

/** An HTTP/2 connection, as applications see it. */
export interface ServerSession {
  readonly remoteAddress: Address
  readonly localAddress: Address
  /** `null` on cleartext. */
  readonly tls: TlsInfo | null
  /**
   * Sends PING, and resolves to the milliseconds of the round trip (RFC 9113 §6.7). Rejects when the connection ends
   * first.
   */
  ping(): Promise<number>
  /** Sends ALTSVC: where else an origin is served (RFC 7838 §4). */
  altSvc(origin: string, value: string): void
  /** Sends ORIGIN: the origins that this server answers for on this connection (RFC 8336 §2). */
  origin(origins: readonly string[]): void
  /** Changes the server's settings. They are in force once the client has acknowledged them (RFC 9113 §6.5.3). */
  settings(settings: Settings): void
  /** The value of one of the client's settings. */
  remoteSetting(name: Exclude<keyof Settings, 'other'>): number
  /** Takes no more requests; the connection ends with its last stream. */
  close(): void
  stats(): SessionStats
}
