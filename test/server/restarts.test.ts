/**
 * Processes that take turns on a port by `reusePort`. The system moves connections that were not accepted yet to the process
 * that has taken over where net.ipv4.tcp_migrate_req says so (Linux 5.14): a network namespace of the test's own has it.
 */
import { expect, it } from 'vitest'
import { bundleProgram } from '../support/program-server.ts'
import { run, type RuntimeName, runtimeCommand } from '../support/processes.ts'

const setUp =
  '(ip link set lo up || ifconfig lo up) 2>/dev/null && echo 1 > /proc/sys/net/ipv4/tcp_migrate_req && exec "$@"'

function inNamespace(...command: string[]): Parameters<typeof run> {
  return ['unshare', ['-n', 'sh', '-c', setUp, 'sh', ...command], { timeout: 60_000 }]
}

const isPossible = await run(...inNamespace('true')).then(
  ({ code }) => code === 0,
  () => false,
)
// Before Node 22.12 and 23.1 there is no SO_REUSEPORT.
const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
const hasReusePort = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
const runtimes: RuntimeName[] = hasReusePort ? ['node', 'deno', 'bun'] : ['deno', 'bun']

if (!isPossible) it.skip('restarts: no network namespace can be made here (unshare -n)')
else
  it.each(runtimes)(
    '%s loses no POST',
    async (runtime) => {
      const file = await bundleProgram('test/server/fixture/restarts-server.ts')
      const { command, args } = runtimeCommand(runtime, file)
      if (runtime === 'deno') args.splice(1, 0, '--unstable-net')
      const server = JSON.stringify([command, ...args])
      const load = 'test/server/fixture/restarts.mjs'
      const exit = await run(...inNamespace(process.execPath, load, server, '6'))
      const ends = JSON.parse(exit.stdout) as { answered: number }
      expect(ends).toEqual({ answered: ends.answered })
      expect(ends.answered).toBeGreaterThan(300)
    },
    60_000,
  )
