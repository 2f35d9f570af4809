import { describe } from 'vitest'
import type { Client } from '../server-client.ts'
import { describeProgram, type ProgramServer } from '../program-server.ts'
import type { Security } from '../server.ts'

export const program = 'test/server/websocket/fixture/main.ts'

export type Api = 'upgradeWebSocket' | 'acceptWebSocket'

export const apis: readonly Api[] = ['upgradeWebSocket', 'acceptWebSocket']

/** The port of the server with the fetch handler, or of that with the handler class, of the same process. */
export async function portOf(server: ProgramServer, api: Api): Promise<number> {
  const { port, handlerPort } = await server.line('listening')
  return Number(api === 'upgradeWebSocket' ? port : handlerPort)
}

export async function connectTo(server: ProgramServer, api: Api): Promise<Client> {
  return server.connect({ port: await portOf(server, api) })
}

/** A suite against both APIs on each runtime, cleartext and TLS. */
export function describeSockets(
  name: string,
  suite: (server: ProgramServer, connect: () => Promise<Client>, api: Api) => void,
  securities: readonly Security[] = ['cleartext', 'TLS'],
): void {
  describeProgram(
    program,
    name,
    (server) => {
      describe.each(apis)('%s', (api) => suite(server, () => connectTo(server, api), api))
    },
    securities,
  )
}
