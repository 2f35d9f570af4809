/** One attack on one target: processes for the target, the attacker and an honest client, and what they tell. */
import { root, start } from '../../test/support/processes.ts'
import type { Target } from '../targets.ts'
import type { Attack, Spoils } from './attack.ts'
import type { Honest } from './honest-process.ts'
import { TargetProcess } from './target-process.ts'

export interface Measured {
  readonly attack: string
  readonly target: string
  readonly spoils: Spoils
  /** Requests that reached a handler, those of the honest client with them; `null` for a target that does not count. */
  readonly handled: number | null
  readonly hasCrashed: boolean
  readonly memory: { readonly before: number; readonly peak: number }
  /** Of the target, in the seconds of the attack. */
  readonly cpuSeconds: number
  readonly seconds: number
  readonly honest: Honest
}

const clientCore = 1
/** Milliseconds a process may take beside the attack itself. */
const allowance = 60_000

/** `undefined` where the target does not speak the protocol. */
export async function measure(
  attack: Attack,
  target: Target,
  seconds: number,
): Promise<Measured | undefined> {
  const server = await TargetProcess.start(target, attack.protocol)
  if (!server) return undefined
  const timeout = seconds * 1000 + allowance
  const { usage, port } = server
  await using honest = await client('honest', [port, attack.protocol], timeout)
  await honest.waitFor(/^warm$/m)
  const before = usage.residentSize()
  usage.forgetPeak()
  const cpuBefore = usage.cpuTime()
  const begun = performance.now()
  await using attacker = await client('attacker', [attack.name, port, seconds * 1000], timeout)
  const { stdout, stderr } = await attacker.exited
  const taken = (performance.now() - begun) / 1000
  const cpuSeconds = (usage.cpuTime() - cpuBefore) / 1000
  const peak = server.isAlive ? usage.peakSize() : 0
  const told = await honest.stop()
  const { handled = null, hasCrashed } = await server.stop()
  if (stdout === '') throw new Error(`${attack.name}: the attacker failed\n${stderr}`)
  return {
    attack: attack.name,
    target: target.name,
    spoils: JSON.parse(stdout) as Spoils,
    handled,
    hasCrashed,
    memory: { before, peak },
    cpuSeconds,
    seconds: taken,
    honest: JSON.parse(told.stdout.split('\n')[1] ?? '') as Honest,
  }
}

function client(
  name: string,
  args: readonly (string | number)[],
  timeout: number,
): ReturnType<typeof start> {
  const file = `${root}build/attack/${name}.mjs`
  const command = ['-c', String(clientCore), process.execPath, file, ...args.map(String)]
  return start('taskset', command, { timeout })
}
