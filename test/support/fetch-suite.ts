import type { Duplex } from 'node:stream'
import { describe } from 'vitest'
import { Http1Client } from './http1-client.ts'
import { describeProgram, type ProgramServer } from './program-server.ts'
import type { Client, RequestInit } from './server-client.ts'
import type { JsonOptions, Security } from './server.ts'

export type Protocol = 'HTTP/1.1' | 'HTTP/2'

/** A client of either protocol. */
export interface ProtocolClient
  extends Pick<Client, 'get' | 'request' | 'pushes'>, AsyncDisposable {
  open(
    path: string,
    init?: RequestInit,
    endStream?: boolean,
  ): Duplex & { close(code?: number): void }
}

/** A server, and the client of one protocol. */
export interface ProtocolServer {
  readonly server: ProgramServer
  readonly protocol: Protocol
  /** A client that sends requests and reads answers; `port`: of another server of the program. */
  connect(port?: number): Promise<ProtocolClient>
}

/** A suite against the program of test/server/fetch/fixture on each runtime. */
export function describeFetch(
  name: string,
  suite: (server: ProgramServer) => void,
  securities: readonly Security[] = ['cleartext'],
): void {
  describeProgram('test/server/fetch/fixture/main.ts', name, suite, securities)
}

/** The same for each of the two protocols. */
export function describeProtocols(
  name: string,
  suite: (server: ProtocolServer) => void,
  securities: readonly Security[] = ['cleartext'],
): void {
  describeFetch(
    name,
    (server) => {
      describe('HTTP/2', () => {
        const connect: ProtocolServer['connect'] = (port = server.port) => server.connect({ port })
        suite({ server, protocol: 'HTTP/2', connect })
      })
      // TLS is the transport's: one of the two protocols shows that all of it holds.
      if (server.certificate) return
      describe('HTTP/1.1', () => {
        const connect: ProtocolServer['connect'] = async (port = server.port) =>
          new Http1Client({ port, ca: server.certificate?.cert })
        suite({ server, protocol: 'HTTP/1.1', connect })
      })
    },
    securities,
  )
}

/** Another server in the same process; its port. What is not said is as in the first. */
export async function openAnother(server: ProgramServer, options: JsonOptions): Promise<number> {
  await using client = await server.connect()
  const query = encodeURIComponent(JSON.stringify(options))
  const answer = await client.get(`/control/open?options=${query}`)
  const { port } = answer.json() as { port?: number }
  if (!port) throw new Error(`no other server: ${answer.text}`)
  return port
}

export function encode(value: unknown): string {
  return encodeURIComponent(JSON.stringify(value))
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Waits until `isSo` gives something that is not false; rejects after ten seconds. */
export async function until<T>(isSo: () => T | Promise<T>): Promise<Exclude<T, false | undefined>> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const result = await isSo()
    if (result) return result as Exclude<T, false | undefined>
    if (Date.now() > deadline) throw new Error('it did not come to that in ten seconds')
    await pause(10)
  }
}
