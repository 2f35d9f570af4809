/**
 * Processes that take turns. On a socket that they share by `fd`, connections that were not accepted yet wait for the next one.
 * On a port that they share by `reusePort`, the system moves them to the process that has taken over where
 * net.ipv4.tcp_migrate_req says so (Linux 5.14): a network namespace of the test's own has it.
 */
import { expect, it } from 'vitest'
import { bundleProgram } from '../../support/program-server.ts'
import {
  type Exit,
  run,
  type RuntimeName,
  runtimeCommand,
  runtimeNames,
  withListeningSocket,
} from '../../support/processes.ts'

const setUp =
  '(ip link set lo up || ifconfig lo up) 2>/dev/null && echo 1 > /proc/sys/net/ipv4/tcp_migrate_req && exec "$@"'

function inNamespace(...command: string[]): Parameters<typeof run> {
  return ['unshare', ['-n', 'sh', '-c', setUp, 'sh', ...command], { timeout: 60_000 }]
}

function expectNoLoss({ stdout }: Exit): void {
  const ends = JSON.parse(stdout) as { answered: number }
  expect(ends).toEqual({ answered: ends.answered })
  expect(ends.answered).toBeGreaterThan(300)
}

const isPossible = await run(...inNamespace('true')).then(
  ({ code }) => code === 0,
  () => false,
)
// Before Node 22.12 and 23.1 there is no SO_REUSEPORT.
const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
const hasReusePort = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
const runtimes: RuntimeName[] = hasReusePort ? ['node', 'deno', 'bun'] : ['deno', 'bun']

const load = 'test/server/listener/fixture/restarts.mjs'

it.each(runtimeNames)(
  '%s loses no POST on a socket that is handed over',
  async (runtime) => {
    const file = await bundleProgram('test/server/listener/fixture/restarts-server.ts')
    const { command, args } = runtimeCommand(runtime, file)
    const server = JSON.stringify([command, ...args])
    expectNoLoss(await run(...withListeningSocket(process.execPath, [load, server, '6', 'fd'])))
  },
  60_000,
)

if (!isPossible) it.skip('restarts: no network namespace can be made here (unshare -n)')
else
  it.each(runtimes)(
    '%s loses no POST on a port that is shared',
    async (runtime) => {
      const file = await bundleProgram('test/server/listener/fixture/restarts-server.ts')
      const { command, args } = runtimeCommand(runtime, file)
      if (runtime === 'deno') args.splice(1, 0, '--unstable-net')
      const server = JSON.stringify([command, ...args])
      expectNoLoss(await run(...inNamespace(process.execPath, load, server, '6', 'port')))
    },
    60_000,
  )
