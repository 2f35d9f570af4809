import { describeProgram, type ProgramServer } from './program-server.ts'
import { forProtocols, type ProtocolServer } from './protocols.ts'
import type { JsonOptions, Security } from './server.ts'

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
  suite: (server: ProtocolServer<ProgramServer>) => void,
  securities: readonly Security[] = ['cleartext'],
): void {
  describeFetch(name, forProtocols(suite), securities)
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
