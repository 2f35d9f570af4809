/** What the tests of clients and proxies have in common: the server program, its counts, what it sends. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { until } from './fetch-suite.ts'
import { Http1Client } from './http1-client.ts'
import type { ProgramServer } from './program-server.ts'
import type { Line } from './server.ts'

/** The server program; its routes are what clients ask for. */
export const program = 'test/interop/fixture/main.ts'

export interface Stats {
  readonly connectionsOpen: number
  readonly connectionsTotal: number
  readonly streamsOpen: number
  readonly streamsTotal: number
}

/** The counts of the server, the connection and the request that ask for them left out of what is open. */
export async function statsOf(server: ProgramServer): Promise<Stats> {
  await using client = new Http1Client({ port: server.port, ca: server.certificate?.cert })
  const stats = (await client.get('/stats')).json() as Stats
  const { connectionsOpen, streamsOpen } = stats
  return { ...stats, connectionsOpen: connectionsOpen - 1, streamsOpen: streamsOpen - 1 }
}

/** What the server counts while `work` runs, its own asking left out. */
export async function countsDuring(
  server: ProgramServer,
  work: () => Promise<unknown>,
): Promise<{ connections: number; requests: number }> {
  const before = await statsOf(server)
  await work()
  const after = await statsOf(server)
  return {
    connections: after.connectionsTotal - before.connectionsTotal - 1,
    requests: after.streamsTotal - before.streamsTotal - 1,
  }
}

/**
 * The errors that `onError` was told. `mayLeave`: without those of connections that clients reset, or closed before they had
 * read all.
 */
export function errorsOf(server: ProgramServer, mayLeave = false): Line[] {
  const left = new Set<unknown>(['ECONNRESET', 'EPIPE'])
  return server
    .lines()
    .filter(({ event }) => event === 'error')
    .filter(({ source, code }) => !mayLeave || source !== 'connection' || !left.has(code))
}

/** Waits until no connection is open; no error was reported on the way, see `errorsOf`. */
export async function expectQuiet(server: ProgramServer, mayLeave = false): Promise<void> {
  await until(async () => (await statsOf(server)).connectionsOpen === 0)
  expect(await statsOf(server)).toMatchObject({ connectionsOpen: 0, streamsOpen: 0 })
  expect(errorsOf(server, mayLeave)).toEqual([])
}

/** The first bytes of what `/download` sends. */
export function downloaded(length: number): Buffer {
  return Buffer.from(new Uint8Array(length).map((_, i) => i * 31))
}

/** What `/hash` answers to these bytes. */
export function hashOf(bytes: Uint8Array): { received: number; sha256: string } {
  return { received: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}
