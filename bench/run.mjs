// npm run bench: measures our server beside the runtimes' own. docs/PERFORMANCE.md describes each part.
import { parseArgs } from 'node:util'
import { prepare } from './lib/prepare.mjs'
import { Report } from './lib/report.mjs'
import * as abuse from './sections/abuse.mjs'
import * as events from './sections/events.mjs'
import * as growth from './sections/growth.mjs'
import * as http1 from './sections/http1.mjs'
import * as memory from './sections/memory.mjs'
import * as micro from './sections/micro.mjs'
import * as native from './sections/native.mjs'
import * as profile from './sections/profile.mjs'
import * as sizes from './sections/sizes.mjs'
import * as startup from './sections/startup.mjs'
import * as tail from './sections/tail.mjs'
import * as throughput from './sections/throughput.mjs'

const usage = `npm run bench -- [options]

  --quick            under two minutes; fewer peers, short rounds; of the sections only hello … upload, events,
                     startup and sizes
  --only NAME        a scenario or a section, any number of times; --list names them
  --runtime NAME     node, deno or bun, any number of times
  --rounds N         default 5
  --seconds S        of load in each round
  --json             the JSON on standard output instead of the tables
  --profile          CPU profiles of our server under the scenarios instead of figures
  --list, --help`

/** `isQuick`: part of a quick run. */
const sections = [
  { ...throughput, isQuick: true },
  { ...http1, isQuick: false },
  { ...native, isQuick: false },
  { ...events, isQuick: true },
  { ...tail, isQuick: false },
  { ...growth, isQuick: false },
  { ...memory, isQuick: false },
  { ...abuse, isQuick: false },
  { ...startup, isQuick: true },
  { ...sizes, isQuick: true },
  { ...micro, isQuick: false },
]
const names = sections.flatMap((section) => section.names)

const values = parse({
  quick: { type: 'boolean', default: false },
  only: { type: 'string', multiple: true, default: [] },
  runtime: { type: 'string', multiple: true, default: ['node', 'deno', 'bun'] },
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string' },
  json: { type: 'boolean', default: false },
  profile: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
})
if (values.list || values.help) {
  console.log(values.help ? usage : names.join('\n'))
  process.exit(0)
}
check('--only', values.only, names)
check('--runtime', values.runtime, ['node', 'deno', 'bun'])

const options = {
  quick: values.quick,
  runtimes: values.runtime,
  rounds: positive('--rounds', values.rounds),
  seconds: positive('--seconds', values.seconds ?? (values.quick ? '0.12' : '2')),
  warmUp: values.quick ? 0.2 : 2,
}

const started = performance.now()
progress('preparing')
await prepare()
const report = new Report(options)
const isNamed = (name) => values.only.length === 0 || values.only.includes(name)
for (const section of values.profile ? [profile] : sections) {
  const isLeftOut = values.quick && values.only.length === 0 && section.isQuick === false
  if (isLeftOut || !section.names.some(isNamed)) continue
  await section.run({ report, options, progress, isWanted: isNamed })
}
const file = report.write()
console.log(values.json ? JSON.stringify(report, null, 2) : report.toMarkdown())
progress(`written to ${file}`)
if (report.hasFailed) process.exitCode = 1

/** Prints a line on standard error, with the seconds since the start. */
function progress(text) {
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  console.error(`${seconds.padStart(4)} s  ${text}`)
}

function parse(known) {
  try {
    return parseArgs({ options: known }).values
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(1)
  }
}

function check(option, given, known) {
  const unknown = given.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  console.error(`${option} ${unknown[0]}: it can be ${known.join(', ')}`)
  process.exit(1)
}

function positive(option, text) {
  const value = Number(text)
  if (value > 0) return value
  console.error(`${option} ${text}: a number above 0`)
  process.exit(1)
}
