import type { Settings } from '../../common/settings.ts'
import type { ServerSession } from '../../exchange/server-session.ts'
import type { SessionStats } from '../../exchange/session-stats.ts'
import type { Address, TlsInfo } from '../../transport/transport.ts'
import { readStats } from '../stats/session-stats.ts'
import type { Http2Core } from './http2-core.ts'
import type { PingTracker } from './ping-tracker.ts'

/** An HTTP/2 connection, as applications see it. */
export class Http2ServerSession implements ServerSession {
  readonly #core: Http2Core
  readonly #pings: PingTracker

  constructor(core: Http2Core, pings: PingTracker) {
    this.#core = core
    this.#pings = pings
  }

  get remoteAddress(): Address {
    return this.#core.host.transport.remoteAddress
  }

  get localAddress(): Address {
    return this.#core.host.transport.localAddress
  }

  get tls(): TlsInfo | null {
    return this.#core.host.transport.tls
  }

  ping(): Promise<number> {
    const answer = this.#pings.send(this.#core.session, this.#core.host.clock())
    this.#core.host.flushSoon()
    return answer
  }

  altSvc(origin: string, value: string): void {
    this.#core.session.submitAltsvc(0, origin, value)
    this.#core.host.flushSoon()
  }

  origin(origins: readonly string[]): void {
    this.#core.session.submitOrigin(origins)
    this.#core.host.flushSoon()
  }

  settings(settings: Settings): void {
    this.#core.session.submitSettings(settings)
    this.#core.host.flushSoon()
  }

  remoteSetting(name: Exclude<keyof Settings, 'other'>): number {
    return this.#core.session.setting('remote', name)
  }

  close(): void {
    this.#core.finish()
  }

  stats(): SessionStats {
    const { host, session, streams } = this.#core
    return readStats(host.counts, session, streams.size)
  }
}
