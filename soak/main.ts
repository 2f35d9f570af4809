/** The command behind `npm run soak`. */
import process from 'node:process'
import { parseArgs } from 'node:util'
import type { RuntimeName } from '../test/support/processes.ts'
import { breachesOf } from './lib/judge.ts'
import { summaryOf, tableOf, write } from './lib/report.ts'
import { type Sample, soak, type SoakResult } from './lib/soak.ts'

const runtimes: readonly RuntimeName[] = ['node', 'deno', 'bun']
const usage = `npm run soak -- [options]

  --minutes N      how long; default 30. Memory is judged from 6 on
  --runtime NAME   ${runtimes.join(', ')}; any number of times, all at once; default: all
  --rate N         actions a second; default 100
  --json           the results as JSON, with all samples
  --write          writes docs/SOAK.md and docs/soak
  --help`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    runtime: { type: 'string', multiple: true },
    rate: { type: 'string', default: '100' },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) console.log(usage)
else await run()

async function run(): Promise<void> {
  const minutes = number('--minutes', values.minutes)
  const rate = number('--rate', values.rate)
  const chosen = (values.runtime ?? runtimes) as RuntimeName[]
  const unknown = chosen.find((name) => !runtimes.includes(name))
  if (unknown !== undefined) return fail(`--runtime ${unknown}: it can be ${runtimes.join(', ')}`)
  // Enough for a curve, also of a short one.
  const interval = Math.min(5000, (minutes * 60_000) / 10)
  const results = await Promise.all(
    chosen.map((runtime) =>
      soak({ runtime, minutes, rate, interval, onSample: (sample) => tell(runtime, sample) }),
    ),
  )
  for (const result of results) if (values.write) write(result)
  if (values.json) console.log(JSON.stringify(results))
  else console.log(tableOf(results.map(summaryOf)))
  const breaches = results.flatMap((result) => breachesOf(result).map(withName(result)))
  for (const line of breaches) console.error(`not as it must be: ${line}`)
  process.exitCode = breaches.length > 0 ? 1 : 0
}

function withName({ runtime }: SoakResult): (line: string) => string {
  return (line) => `${runtime}: ${line}`
}

function tell(runtime: RuntimeName, sample: Sample): void {
  if (values.json) return
  const { seconds, resident, heapUsed, external, linear, cpu, connectionsOpen } = sample
  const [r, h, e, l] = [resident, heapUsed, external, linear].map((bytes) =>
    (bytes / 1024 / 1024).toFixed(0),
  )
  console.error(
    `${runtime} ${seconds.toFixed(0)} s: resident ${r} MiB, heap ${h}, outside ${e}, linear ${l}; ` +
      `${(cpu * 100).toFixed(0)} % of a core; ${connectionsOpen} connections`,
  )
}

function number(option: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) fail(`${option} ${text}: it must be a positive number`)
  return value
}

function fail(message: string): never {
  console.error(message)
  return process.exit(1)
}
