import { HTTPError } from '../../common/errors.ts'
import type { Session } from '../../engine/http2/session.ts'

interface Ping {
  readonly sentAt: number
  readonly resolve: (milliseconds: number) => void
  readonly reject: (error: HTTPError) => void
}

/** The PINGs of a connection that were not acknowledged yet, distinguished by their opaque data (RFC 9113 §6.7). */
export class PingTracker {
  readonly #pings: Map<number, Ping> = new Map()
  #last = 0

  /** Submits a PING. The promise resolves to the round trip in milliseconds. Throws what `submitPing` throws. */
  send(session: Session, now: number): Promise<number> {
    const id = ++this.#last
    const opaqueData = new Uint8Array(8)
    new DataView(opaqueData.buffer).setUint32(4, id)
    session.submitPing(opaqueData)
    return new Promise<number>((resolve, reject) => {
      this.#pings.set(id, { sentAt: now, resolve, reject })
    })
  }

  /** An acknowledgement was received. Returns the round trip in milliseconds if one of these PINGs was acknowledged. */
  answer(opaqueData: Uint8Array, now: number): number | undefined {
    const id = new DataView(opaqueData.buffer, opaqueData.byteOffset).getUint32(4)
    const ping = this.#pings.get(id)
    if (!ping) return undefined
    this.#pings.delete(id)
    ping.resolve(now - ping.sentAt)
    return now - ping.sentAt
  }

  /** The connection is closed. */
  fail(): void {
    for (const ping of this.#pings.values()) {
      ping.reject(new HTTPError('ERR_CONNECTION_CLOSED', 'the connection ended before the answer'))
    }
    this.#pings.clear()
  }
}
