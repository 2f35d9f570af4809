import type { ConnectionInfo, ProtocolName } from '../../exchange/connection-info.ts'
import type { ServerSession } from '../../exchange/server-session.ts'
import type { Address, TlsInfo, Transport } from '../../transport/transport.ts'

/** A connection as exchanges see it: its transport, and the name of its protocol. */
export class TransportInfo implements ConnectionInfo {
  readonly protocol: ProtocolName
  readonly #transport: Transport
  readonly #makeSession: (() => ServerSession) | undefined
  #session: ServerSession | undefined

  /** `makeSession`: makes the session, for a protocol that has one; called at the first use of `session`. */
  constructor(protocol: ProtocolName, transport: Transport, makeSession?: () => ServerSession) {
    this.protocol = protocol
    this.#transport = transport
    this.#makeSession = makeSession
  }

  get remoteAddress(): Address {
    return this.#transport.remoteAddress
  }

  get localAddress(): Address {
    return this.#transport.localAddress
  }

  get tls(): TlsInfo | null {
    return this.#transport.tls
  }

  get session(): ServerSession | null {
    this.#session ??= this.#makeSession?.()
    return this.#session ?? null
  }
}
