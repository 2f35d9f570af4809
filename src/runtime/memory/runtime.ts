/** Connections within one program, without a network: for tests, and for browsers. */
import { invalidArgument } from '../../common/arguments.ts'
import { HTTPError } from '../../common/errors.ts'
import type {
  Acceptor,
  Address,
  Listening,
  ListenOptions,
  Runtime,
  Transport,
  TransportSink,
} from '../../transport/transport.ts'
import { tlsOptionError } from '../shared/errors.ts'
import { handOver } from '../shared/hand-over.ts'
import { MemoryTransport } from './transport.ts'

const host = 'memory'

/** A network in memory. Its listeners are reached only by its `connect`. */
export class MemoryRuntime implements Runtime {
  readonly name = 'memory'
  readonly #acceptors = new Map<number, Acceptor>()

  /**
   * Listens on a port of this network; 0 picks a free one. Bytes are delivered in microtasks. Rejects with the code
   * `EADDRINUSE`, and with `ERR_TLS_OPTION` when `tls` is given: there is no TLS.
   */
  readonly listen = async (options: ListenOptions, acceptor: Acceptor): Promise<Listening> => {
    if (options.tls) throw tlsOptionError('tls', 'memory')
    if (options.fd !== undefined) {
      throw invalidArgument('fd', 'absent: a MemoryRuntime has no sockets', options.fd)
    }
    const port = options.port === 0 ? this.#freePort() : options.port
    if (this.#acceptors.has(port)) {
      throw new HTTPError('EADDRINUSE', `Port ${port} of this MemoryRuntime is in use.`)
    }
    this.#acceptors.set(port, acceptor)
    return {
      address: { host, port },
      reusesReadBuffer: false,
      close: async () => {
        if (this.#acceptors.get(port) === acceptor) this.#acceptors.delete(port)
      },
    }
  }

  /**
   * Connects to the listener of this port; without a port, to the first listener. `onConnection` is called at once with
   * the client's end, and returns the sink for the bytes that arrive there. Throws an error with the code
   * `ECONNREFUSED` when there is no listener.
   */
  connect(onConnection: (transport: Transport) => TransportSink, port?: number): Transport {
    const [found] = port === undefined ? this.#acceptors.keys() : [port]
    const acceptor = found === undefined ? undefined : this.#acceptors.get(found)
    if (found === undefined || !acceptor) {
      const where = port === undefined ? '' : ` on port ${port}`
      throw new HTTPError('ECONNREFUSED', `Nobody listens${where} in this MemoryRuntime.`)
    }
    const client: Address = { host, port: 0 }
    const [clientEnd, serverEnd] = MemoryTransport.pair(client, { host, port: found })
    clientEnd.start(onConnection(clientEnd))
    queueMicrotask(() => handOver(serverEnd, acceptor))
    return clientEnd
  }

  #freePort(): number {
    let port = 1
    while (this.#acceptors.has(port)) port++
    return port
  }
}
