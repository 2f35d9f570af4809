import { afterAll, beforeAll, expect, it } from 'vitest'
import { attacks } from '../../attack/attacks.ts'
import { Attacker } from '../../attack/lib/attacker.ts'
import { type Attack, breachesOf } from '../../attack/lib/attack.ts'
import { ProcessUsage } from '../../bench/lib/process-usage.mjs'
import { type Attacked, describeTargets, HonestClient } from '../support/abuse/target.ts'

const mebibyte = 1024 * 1024
/** Milliseconds of an attack that no rule ends. */
const lawful = 250
/** Milliseconds in which an attack must have been ended. */
const patience = 15_000
/** What the process may grow by, with all attacks at a time: 1,500 responses that wait, what runtimes do not collect. */
const mostGrowth = 480 * mebibyte

const timeouts = { stream: 500, head: 500, shutdown: 500 }

/** Each with its server: those that wait for a timeout have one whose timeouts are short. */
const quick = attacks.filter(({ name, isSlow }) => !isSlow && !name.startsWith('quiet'))
const slow = attacks.filter(({ isSlow }) => isSlow)

/** What it got, of one connection or of as many as the attack opens at a time. */
async function run(attack: Attack, { port }: Attacked): Promise<string[]> {
  const milliseconds = attack.gets ? patience : lawful
  const enough = attack.isSlow ? attack.gets : undefined
  const attacker = new Attacker({ port, milliseconds, repeats: false, enough })
  await attack.run(attacker)
  return breachesOf(attack, attacker.spoils())
}

describeTargets('attacks', (target) => {
  let attacked: Attacked
  let hurried: Attacked
  let honest: HonestClient
  let usage: ProcessUsage
  let before = 0

  beforeAll(async () => {
    attacked = await target.openFor('fetch')
    hurried = await target.openFor('fetch', { timeouts })
    usage = new ProcessUsage(target.program.pid)
    honest = new HonestClient(attacked)
    before = usage.residentSize()
    usage.forgetPeak()
  })
  afterAll(async () => {
    await honest[Symbol.asyncDispose]()
    await attacked[Symbol.asyncDispose]()
    await hurried[Symbol.asyncDispose]()
  })

  it.concurrent.each(slow)('$name: the attacker gets $promised', async (attack) => {
    expect(await run(attack, hurried)).toEqual([])
  })

  it.concurrent.each(quick)('$name: the attacker gets $promised', async (attack) => {
    expect(await run(attack, attacked)).toEqual([])
  })

  it('all of them leave an honest client served, and the process at a bounded size', async () => {
    const growth = usage.peakSize() - before
    await honest.expectServed()
    await attacked.expectUnharmed()
    expect(growth).toBeLessThan(mostGrowth)
  })
})
