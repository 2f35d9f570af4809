import type { Address, TlsInfo } from '../transport/transport.ts'
import type { ServerSession } from './server-session.ts'

/** A version of HTTP, as in `info.protocol` and in the log. */
export type ProtocolName = 'HTTP/1.1' | 'HTTP/2'

/** The connection of a stream, as exchanges see it. */
export interface ConnectionInfo {
  readonly protocol: ProtocolName
  readonly remoteAddress: Address
  readonly localAddress: Address
  /** `null` on cleartext. */
  readonly tls: TlsInfo | null
  /** PING, ALTSVC, ORIGIN, SETTINGS; `null` where the protocol has none of them. */
  readonly session: ServerSession | null
}
