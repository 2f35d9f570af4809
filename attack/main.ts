/** The command behind `npm run attack`. */
import { writeFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { describeMachine } from '../bench/lib/machine.mjs'
import { root } from '../test/support/processes.ts'
import { attacks } from './attacks.ts'
import type { Attack } from './lib/attack.ts'
import { measure, type Measured } from './lib/measure.ts'
import { failuresOf, introductionOf, overviewOf, sectionOf } from './lib/report.ts'
import { type Target, targets } from './targets.ts'

/** Longer than a timeout of 60 s. */
const slowSeconds = 75

const usage = `npm run attack -- [options]

  --only NAME      an attack, any number of times; --list names them
  --target NAME    ${targets.map(({ name }) => name).join(', ')}; any number of times
  --seconds N      of each attack; default 3. Those that wait for timeouts of a minute take ${slowSeconds}
  --json           the results as JSON
  --write          writes docs/SECURITY-RESULTS.md
  --list, --help`

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    target: { type: 'string', multiple: true },
    seconds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) console.log(usage)
else if (values.list) for (const { name, does } of attacks) console.log(`${name.padEnd(32)}${does}`)
else await run()

async function run(): Promise<void> {
  const results: Measured[] = []
  const sections: string[] = []
  const failures: string[] = []
  const chosenTargets = chosen('--target', targets, values.target)
  const chosenAttacks = chosen('--only', attacks, values.only)
  const machine = describeMachine()
  const tell = (attack: Attack, measured: readonly Measured[]): void => {
    const ours = measured.filter(({ target }) => target.startsWith('ours'))
    results.push(...measured)
    sections.push(sectionOf(attack, measured))
    failures.push(...failuresOf(attack, ours))
    if (!values.json) console.log(`${sections.at(-1)!}\n`)
  }
  for (const group of groupsOf(chosenAttacks)) {
    const measured = await Promise.all(group.map((attack) => onAll(attack, chosenTargets)))
    group.forEach((attack, i) => tell(attack, measured[i]!))
  }
  if (values.json) console.log(JSON.stringify(results, null, 2))
  if (values.write) {
    const overview = overviewOf(chosenAttacks, results)
    const text = [introductionOf(machine), overview, ...sections].join('\n\n')
    writeFileSync(`${root}docs/SECURITY-RESULTS.md`, `${text}\n`)
  }
  for (const line of failures) console.error(`not as promised: ${line}`)
  process.exitCode = failures.length > 0 ? 1 : 0
}

function onlyWaits({ isSlow, isAlone }: Attack): boolean {
  return isSlow && !isAlone
}

/** Those that only wait are made in pairs, the others one after the other. */
function groupsOf(all: readonly Attack[]): Attack[][] {
  const slow = all.filter(onlyWaits)
  const pairs = slow.flatMap((_, i) => (i % 2 === 0 ? [slow.slice(i, i + 2)] : []))
  return [...all.filter((attack) => !onlyWaits(attack)).map((attack) => [attack]), ...pairs]
}

/** One target after the other; all at once where they only wait. */
async function onAll(attack: Attack, those: readonly Target[]): Promise<Measured[]> {
  const seconds = attack.isSlow ? slowSeconds : Number(values.seconds)
  const one = (target: Target): Promise<Measured | undefined> => {
    console.error(`${new Date().toISOString().slice(11, 19)} ${attack.name}, ${target.name}`)
    return measure(attack, target, seconds)
  }
  const results: (Measured | undefined)[] = []
  if (onlyWaits(attack)) results.push(...(await Promise.all(those.map(one))))
  else for (const target of those) results.push(await one(target))
  return results.filter((result) => result !== undefined)
}

function chosen<T extends { readonly name: string }>(
  option: string,
  all: readonly T[],
  names: readonly string[] | undefined,
): readonly T[] {
  const unknown = names?.find((name) => !all.some((one) => one.name === name))
  if (unknown === undefined) return all.filter(({ name }) => !names || names.includes(name))
  console.error(`${option} ${unknown}: it can be ${all.map(({ name }) => name).join(', ')}`)
  return process.exit(1)
}
