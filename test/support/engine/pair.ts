import { Session, type SessionEvent, type SessionOptions } from '../../../src/engine/index.ts'

type EventOf<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>

/** A client, which takes pushes, and a server, connected in memory. */
export class Pair {
  readonly client: Session
  readonly server: Session

  constructor(options: { client?: SessionOptions; server?: SessionOptions } = {}) {
    const settings = { enablePush: true, ...options.client?.settings }
    this.client = Session.client({ ...options.client, settings })
    this.server = Session.server(options.server)
  }

  /** A pair that has exchanged SETTINGS. */
  static open(options: { client?: SessionOptions; server?: SessionOptions } = {}): Pair {
    const pair = new Pair(options)
    pair.flow()
    return pair
  }

  /** Carries bytes both ways until neither side has any; the events of each side on the way. */
  flow(): { client: SessionEvent[]; server: SessionEvent[] } {
    const seen = { client: this.client.events(), server: this.server.events() }
    for (;;) {
      const up = this.client.bytesToSend()
      const down = this.server.bytesToSend()
      if (up.length === 0 && down.length === 0) break
      seen.server.push(...this.server.receive(up))
      seen.client.push(...this.client.receive(down))
    }
    seen.client.push(...this.client.events())
    seen.server.push(...this.server.events())
    return seen
  }

  dispose(): void {
    this.client.dispose()
    this.server.dispose()
  }
}

/** The events of one type. */
export function only<T extends SessionEvent['type']>(
  events: readonly SessionEvent[],
  type: T,
): EventOf<T>[] {
  return events.filter((event): event is EventOf<T> => event.type === type)
}

/** The one event of a type; throws when there are none or several. */
export function one<T extends SessionEvent['type']>(
  events: readonly SessionEvent[],
  type: T,
): EventOf<T> {
  const found = only(events, type)
  if (found.length !== 1) {
    const types = events.map((event) => event.type).join(', ')
    throw new Error(`expected one ${type}, got ${found.length} in [${types}]`)
  }
  return found[0]!
}

export const request = { ':method': 'GET', ':scheme': 'http', ':authority': 'x', ':path': '/' }
export const post = { ...request, ':method': 'POST' }

/** Opens a stream with `headers` and brings it to the server; its id. */
export function openStream(pair: Pair, headers: Record<string, string> = request): number {
  const id = pair.client.submitRequest(headers, { endStream: headers[':method'] === 'GET' })
  pair.flow()
  return id
}
