import type { Server } from 'node:net'
import type { Acceptor, Listening, ListenOptions } from '../server/transport.ts'
import { AcceptQueue, inTwoTurns } from './accept-queue.ts'
import { makeAddress } from './address.ts'
import { refuse } from './hand-over.ts'

/** Binds a server of `node:net` or `node:tls`. Rejects with the system's error. */
export async function listenOn(
  server: Server,
  options: ListenOptions,
  acceptor: Acceptor,
): Promise<Listening> {
  // From some version on Node accepts one in a turn of the loop.
  const queue = new AcceptQueue(inTwoTurns)
  server.on('connection', queue.accepted)
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
    close: async () => {
      await queue.isEmpty()
      // It calls back only when the last connection has ended.
      server.close()
      // The handle is closed in this turn of the loop; its port is free in the next.
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
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
