import {
  createServer,
  type ListenOptions as NodeListenOptions,
  type Server,
  type Socket,
} from 'node:net'
import type { Acceptor, Listening, ListenOptions } from '../../transport/transport.ts'
import { AcceptQueue, inTwoTurns } from '../shared/accept-queue.ts'
import { makeAddress } from '../shared/address.ts'
import { descriptorError } from '../shared/errors.ts'
import { handOver, refuse } from '../shared/hand-over.ts'
import { NodeTransport } from './transport.ts'

/** Hands over connections in cleartext. */
export function plainServer(
  { keepAliveDelay }: ListenOptions,
  acceptor: Acceptor,
  Transport: typeof NodeTransport = NodeTransport,
): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    keepAlive(socket, keepAliveDelay)
    handOver(new Transport(socket, null), acceptor)
  })
}

/** Deno ignores the option of `createServer` of this name. */
export function keepAlive(socket: Socket, delay: number | undefined): void {
  if (delay) socket.setKeepAlive(true, delay)
}

/** Binds a server of `node:net` or `node:tls`. Rejects with the system's error. */
export async function listenOn(
  server: Server,
  options: ListenOptions,
  acceptor: Acceptor,
): Promise<Listening> {
  // Newer versions of Node accept one connection in a turn of the loop.
  const queue = new AcceptQueue(inTwoTurns)
  server.on('connection', queue.accepted)
  try {
    await begin(server, options)
  } catch (error) {
    throw options.fd === undefined ? error : descriptorError(options.fd, error)
  }
  // The system could not accept a connection, for example because no file descriptor is left.
  server.on('error', (error) => refuse(acceptor, error, null))
  const bound = server.address()
  return {
    address: makeAddress(...hostAndPort(bound)),
    reusesReadBuffer: false,
    close: async () => {
      await queue.isEmpty()
      // `close` calls back only when the last connection has ended.
      server.close()
      // The handle is closed in this turn of the loop; its port is free in the next.
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

function begin(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(listenArguments(options), () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function listenArguments(options: ListenOptions): NodeListenOptions & { fd?: number } {
  const backlog = options.backlog === undefined ? {} : { backlog: options.backlog }
  if (options.fd !== undefined) return { fd: options.fd, ...backlog }
  return {
    port: options.port,
    ...backlog,
    ...(options.host === null ? {} : { host: options.host }),
    // Node knows this option from 22.12 and 23.1 on, and ignores it before.
    ...(options.reusePort ? { reusePort: true } : {}),
  }
}

function hostAndPort(bound: ReturnType<Server['address']>): [string, number] {
  return typeof bound === 'object' && bound ? [bound.address, bound.port] : ['', 0]
}
