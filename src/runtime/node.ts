/** Node: `node:net`, and `node:tls` in a file of its own. */
import { createServer, type Server } from 'node:net'
import type { Acceptor, Listening, ListenOptions, Runtime } from '../server/transport.ts'
import { makeAddress } from './address.ts'
import { handOver, refuse } from './hand-over.ts'
import { NodeTransport } from './node-transport.ts'
import { onShutdownSignal } from './signals.ts'

export const nodeRuntime: Runtime = {
  name: 'node',
  listen,
  onShutdownSignal,
  atEndOfTurn: setImmediate,
}

async function listen(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  // node:tls takes as long to load as all the rest.
  const server = options.tls
    ? (await import('./node-tls.ts')).tlsServer(options, acceptor)
    : plainServer(acceptor)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(listenArguments(options), () => {
      server.off('error', reject)
      resolve()
    })
  })
  // The system could not accept one, for example because no file descriptor is left.
  server.on('error', (error) => refuse(acceptor, error, null))
  const bound = server.address()
  return {
    address: makeAddress(...hostAndPort(bound)),
    reusesReadBuffer: false,
    // `net.Server.close` calls back only when the last connection has ended; the port is free at once.
    close: () => new Promise((resolve) => afterClosing(server, resolve)),
  }
}

function plainServer(acceptor: Acceptor): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    handOver(new NodeTransport(socket, null), acceptor),
  )
}

function listenArguments(options: ListenOptions): {
  port: number
  host?: string
  backlog?: number
  reusePort?: boolean
} {
  return {
    port: options.port,
    ...(options.host === null ? {} : { host: options.host }),
    ...(options.backlog === undefined ? {} : { backlog: options.backlog }),
    // Known to Node from 22.12 and 23.1 on; before, it is ignored.
    ...(options.reusePort ? { reusePort: true } : {}),
  }
}

function hostAndPort(bound: ReturnType<Server['address']>): [string, number] {
  return typeof bound === 'object' && bound ? [bound.address, bound.port] : ['', 0]
}

function afterClosing(server: Server, done: () => void): void {
  server.close()
  // The handle is closed in this turn of the loop; its port is free in the next.
  setImmediate(done)
}
