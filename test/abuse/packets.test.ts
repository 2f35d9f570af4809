/** The network loses every packet, in a network namespace of the test's own: nothing tells the server that its clients are gone. */
import { expect, it } from 'vitest'
import { FaultsServer } from '../support/abuse/faults-server.ts'
import { clientAt, moments } from '../support/abuse/moments.ts'
import { type Program, run, runtimeNames } from '../support/processes.ts'
import { get } from '../support/raw-http1.ts'

const inNamespace = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']
const isPossible = await run(inNamespace[0]!, [...inNamespace.slice(1), 'true']).then(
  ({ code }) => code === 0,
  () => false,
)
const timeouts = {
  idle: 1000,
  keepAlive: 1000,
  head: 1000,
  stream: 1000,
  settings: 1000,
  shutdown: 1000,
}
/** A request whose answer comes. */
const asking = { name: 'a request', sent: Buffer.from(get('/', 'Connection: close')), reads: 15 }

if (!isPossible) it.skip('lost packets: no network namespace can be made here (unshare -n)')
else
  it.concurrent.each(runtimeNames)(
    '%s: connections whose packets are all lost end, and the next one is served',
    async (runtime) => {
      await using server = await FaultsServer.start(runtime, { timeouts }, inNamespace)
      const { port, program } = server
      const inside = ['nsenter', '-t', String(program.pid), '-n']
      const network = (state: string) =>
        run(inside[0]!, [...inside.slice(1), 'ip', 'link', 'set', 'lo', state])
      const clients: Program[] = []
      try {
        const all = [...moments['HTTP/2'], ...moments['HTTP/1.1']]
        clients.push(...(await Promise.all(all.map((moment) => clientAt(moment, port, inside)))))
        expect(await network('down')).toMatchObject({ code: 0 })
        await expect
          .poll(() => server.lines('connections').at(-1)?.['open'], { timeout: 20_000 })
          .toBe(0)
        expect(await network('up')).toMatchObject({ code: 0 })
        await using _ = await clientAt(asking, port, inside)
        expect(server.lines('report').length).toBeLessThanOrEqual(all.length)
        expect(server.lines('uncaught')).toEqual([])
      } finally {
        for (const client of clients) client.kill('SIGKILL')
      }
      server.program.kill('SIGTERM')
      expect(await server.program.exited).toMatchObject({ code: 0, stderr: '' })
    },
  )
