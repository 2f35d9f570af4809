/** A connection that many actions share, and a WebSocket beside it; both are renewed now and then. */
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { Http1Client } from '../../test/support/http1-client.ts'
import { Client, type ClientStream } from '../../test/support/server-client.ts'
import { ClientSocket } from '../../test/support/websocket/client.ts'

export interface Place {
  readonly port: number
  /** The certificate, in PEM: TLS. */
  readonly ca: string | undefined
  readonly protocol: 'HTTP/1.1' | 'HTTP/2'
}

/** A WebSocket that sends each message back. */
export interface EchoSocket {
  echo(message: Uint8Array): Promise<Uint8Array>
  close(): Promise<void>
  /** Leaves without a word. */
  drop(): void
}

type AnyClient = Client | Http1Client

export class Connection {
  readonly #client: AnyClient

  private constructor(client: AnyClient) {
    this.#client = client
  }

  static async open({ port, ca, protocol }: Place): Promise<Connection> {
    if (protocol === 'HTTP/1.1') return new Connection(new Http1Client({ port, ca }))
    const url = `${ca === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
    return new Connection(await Client.connect(url, ca === undefined ? {} : { ca }))
  }

  get isUsable(): boolean {
    return this.#client instanceof Http1Client || !this.#client.session.closed
  }

  request(path: string): ClientStream {
    return this.#client.open(path, {}, true)
  }

  /** A request whose body is to be written. */
  upload(path: string): ClientStream {
    return this.#client.open(path, { method: 'POST' })
  }

  /** The client wants no more of it. */
  reset(stream: ClientStream): void {
    // A socket of HTTP/1.1 over TLS cannot be reset by Node.
    if (this.#client instanceof Http1Client && this.#client.isSecure) stream.destroy()
    else stream.close(8)
  }

  async socket({ port, ca }: Place): Promise<EchoSocket> {
    if (this.#client instanceof Client) {
      return overHttp2(await ClientSocket.open(this.#client.session, '/websocket'))
    }
    const url = `${ca === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}/websocket`
    const socket = new WebSocket(url, { ca })
    await once(socket, 'open')
    return overHttp1(socket)
  }

  /** Closes it in order; all that was asked has been answered. */
  async close(): Promise<void> {
    if (this.#client instanceof Client && !this.#client.session.destroyed) {
      const closed = once(this.#client.session, 'close')
      this.#client.session.close()
      await closed
    }
    await this.drop()
  }

  /** Leaves, whatever is under way. */
  async drop(): Promise<void> {
    await this.#client[Symbol.asyncDispose]()
  }
}

function overHttp2(socket: ClientSocket): EchoSocket {
  return {
    async echo(message) {
      await socket.send(message)
      return (await socket.next()) as Buffer
    },
    async close() {
      socket.sayClose(1000)
      await socket.closed()
      await socket.finish()
    },
    drop: () => socket.stream.destroy(),
  }
}

function overHttp1(socket: WebSocket): EchoSocket {
  return {
    async echo(message) {
      socket.send(message)
      const [data] = (await once(socket, 'message')) as [Buffer]
      return data
    },
    async close() {
      socket.close(1000)
      await once(socket, 'close')
    },
    drop: () => socket.terminate(),
  }
}

/** Actions on one connection until it is renewed. */
class Generation {
  readonly connection: Promise<Connection>
  readonly #place: Place
  #socket: Promise<EchoSocket> | undefined
  /** Messages go one after the other. */
  #lastEcho: Promise<unknown> = Promise.resolve()
  readonly #busy = new Set<Promise<unknown>>()

  constructor(place: Place) {
    this.#place = place
    this.connection = Connection.open(place)
    this.connection.catch(() => {})
  }

  during<T>(action: Promise<T>): Promise<T> {
    const forget = (): void => void this.#busy.delete(action)
    this.#busy.add(action)
    action.then(forget, forget)
    return action
  }

  echo(message: Uint8Array): Promise<Uint8Array> {
    this.#socket ??= this.connection.then((connection) => connection.socket(this.#place))
    const socket = this.#socket
    const echoed = this.#lastEcho.then(async () => (await socket).echo(message))
    this.#lastEcho = echoed.catch(() => {})
    return echoed
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#busy)
    if (this.#socket) await (await this.#socket).close()
    await (await this.connection).close()
  }
}

export class Lane {
  readonly place: Place
  readonly #uses: number
  #left = 0
  #generation: Generation | undefined
  readonly #ending = new Set<Promise<void>>()

  /** `uses`: actions until the connection is renewed. */
  constructor(place: Place, uses: number) {
    this.place = place
    this.#uses = uses
  }

  /** Runs an action on the connection. */
  use<T>(action: (connection: Connection) => Promise<T>): Promise<T> {
    const generation = this.#current()
    return generation.during(generation.connection.then(action))
  }

  /** Sends a message on the WebSocket of the connection. */
  echo(message: Uint8Array): Promise<Uint8Array> {
    const generation = this.#current()
    return generation.during(generation.echo(message))
  }

  /** Waits for all actions, and closes the connections. Rejects when one could not be closed in order. */
  async close(): Promise<void> {
    this.#renew()
    await Promise.all(this.#ending)
  }

  #current(): Generation {
    if (!this.#generation || this.#left === 0) {
      this.#renew()
      this.#generation = new Generation(this.place)
      this.#left = this.#uses
    }
    this.#left -= 1
    return this.#generation
  }

  #renew(): void {
    const old = this.#generation
    this.#generation = undefined
    if (!old) return
    const ending = old.end()
    this.#ending.add(ending)
    ending.then(
      () => this.#ending.delete(ending),
      () => {}, // `close` rejects
    )
  }
}
