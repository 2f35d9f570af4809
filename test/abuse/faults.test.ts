/** Clients that vanish, whatever they were in the middle of: nothing waits for them for long, and others are served. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Attacked, HonestClient, Target } from '../support/abuse/target.ts'
import { clientAt, moments } from '../support/abuse/moments.ts'
import { type Program, runtimeNames } from '../support/processes.ts'

const cases = runtimeNames.flatMap((runtime) =>
  (['HTTP/2', 'HTTP/1.1'] as const).flatMap((protocol) => [
    { runtime, protocol, how: 'is killed, which is a reset', signal: 'SIGKILL' } as const,
    { runtime, protocol, how: 'stops without a sign', signal: 'SIGSTOP' } as const,
  ]),
)

/** Of the servers whose clients stop. */
const timeouts = {
  // Longer than the others, whose breach is reported.
  idle: 4000,
  keepAlive: 4000,
  head: 1000,
  stream: 1000,
  settings: 1000,
  shutdown: 1000,
}

// Most of the time is waiting: all of them at once.
describe('a client that vanishes', () => {
  const certificate = { cert: '', key: '' } // cleartext has none
  const targets = runtimeNames.map((runtime) => new Target(runtime, 'cleartext', certificate))
  const servers: Attacked[] = []
  const programs: Program[] = []

  beforeAll(async () => {
    await Promise.all(targets.map((target) => target.start()))
    for (const { runtime, signal } of cases) {
      const target = targets[runtimeNames.indexOf(runtime)]!
      servers.push(await target.openFor('fetch', signal === 'SIGSTOP' ? { timeouts } : {}))
    }
  })
  afterAll(async () => {
    // What is stopped takes no other signal.
    for (const program of programs) program.kill('SIGKILL')
    await Promise.all(targets.map((target) => target.stop()))
  })

  it.concurrent.each(cases)(
    '$runtime: in the middle of anything by $protocol, and $how: its connection ends, and others are served',
    async (one) => {
      const { protocol, signal } = one
      const attacked = servers[cases.indexOf(one)]!
      const all = moments[protocol]
      const clients = await Promise.all(all.map((moment) => clientAt(moment, attacked.port)))
      programs.push(...clients)
      // A reset in the same read as the bytes before it is an end to some runtimes.
      const bytes = all.reduce((sum, { sent }) => sum + sent.length, 0)
      await attacked.until(({ stats }) => stats.bytesReceived >= bytes)
      await using honest = new HonestClient(attacked)
      for (const client of clients) client.kill(signal)
      await honest.expectServed()
      await attacked.until(({ stats }) => stats.connectionsOpen === 0)

      const { reports } = await attacked.expectUnharmed()
      const ours = reports.filter(({ port }) => port === attacked.port)
      // Handlers did nothing wrong. Each connection is told once: its reset, or the timeout.
      expect(ours.filter(({ source }) => source !== 'connection')).toEqual([])
      const code = signal === 'SIGSTOP' ? 'ERR_TIMEOUT' : 'ECONNRESET'
      // Bun does not tell of a reset that a write has met first.
      const told = one.runtime === 'bun' && ours.length === all.length - 1 ? all.slice(1) : all
      expect(ours.map((report) => report.code)).toEqual(told.map(() => code))
    },
  )
})
