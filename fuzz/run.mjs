// npm run fuzz: tries the C under libFuzzer with AddressSanitizer and UndefinedBehaviorSanitizer, and the TypeScript by
// fast-check. Prints what was tried and what was found. What was found is written to build/fuzz, each with the command
// that repeats it.
//
//   npm run fuzz -- --seconds 600          each fuzzer for ten minutes, as many at once as there are cores
//   npm run fuzz -- --only http2,server    those whose names contain one of these words
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { root, run, runBeside } from '../scripts/tools.mjs'
import { buildHarnesses, harnesses } from './native.mjs'

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, only: { type: 'string' } },
})
const seconds = Number(options.seconds)
if (!Number.isInteger(seconds) || seconds < 1) throw new Error('--seconds is a number of seconds')
const words = options.only?.split(',')
const isChosen = (name) => !words || words.some((word) => name.includes(word))

const folder = join(root, 'build', 'fuzz')
/** The longest input in bytes: beyond, a run takes long and tells little more. */
const mostBytes = 4096

/** Files of tests with properties, and how many properties each has, which share the time. */
const properties = { sessions: 6, server: 7 }

const environment = {
  ASAN_OPTIONS: 'quarantine_size_mb=16:detect_stack_use_after_return=0',
  UBSAN_OPTIONS: 'print_stacktrace=1',
  ASAN_SYMBOLIZER_PATH: '/usr/lib/llvm-14/bin/llvm-symbolizer',
}

/** One line of the report. `growth`: what was seen for the first time, in all and in the second half. */
async function runNative(name, program) {
  const corpus = join(folder, 'corpus', name)
  mkdirSync(corpus, { recursive: true })
  const dictionary = `fuzz/dictionaries/${name.startsWith('http1') ? 'http1' : 'http2'}.dict`
  const prefix = join(folder, `${name}-`)
  const args = [
    `-max_total_time=${seconds}`,
    `-max_len=${mostBytes}`,
    '-timeout=20',
    '-rss_limit_mb=1500',
    '-print_final_stats=1',
    `-artifact_prefix=${prefix}`,
    `-dict=${dictionary}`,
    corpus,
    join(root, 'fuzz', 'corpus', name),
  ]
  const before = new Set(readdirSync(folder))
  const { code, output } = await runBeside(program, args, { env: environment })
  const coverage = [...output.matchAll(/\bcov: (\d+) ft: (\d+)/g)]
  const findings = readdirSync(folder).filter(
    (file) => !before.has(file) && file.startsWith(`${name}-`),
  )
  for (const finding of findings) tellNative(program, join(folder, finding), output)
  if (code !== 0 && findings.length === 0) console.error(output.slice(-3000))
  return {
    name,
    executions: Number(
      /stat::number_of_executed_units:\s*(\d+)/.exec(output)?.[1] ??
        /#(\d+)\s+\S+\s+cov/.exec(output)?.[1] ??
        0,
    ),
    growth: `${coverage[0]?.[1] ?? '?'} to ${coverage.at(-1)?.[1] ?? '?'} edges`,
    findings: code === 0 ? 0 : Math.max(findings.length, 1),
  }
}

function tellNative(program, finding, output) {
  const command = `${relative(root, program)} ${relative(root, finding)}`
  writeFileSync(`${finding}.txt`, `${command}\n\n${output.slice(-20_000)}`)
  console.error(`found: ${command}`)
  const lines = output.split('\n')
  const at = lines.findIndex((line) => /\bERROR:|runtime error:/.test(line))
  console.error(lines.slice(Math.max(at - 3, 0), at + 1).join('\n'))
}

async function runProperties(name) {
  for (const file of filesOf(name)) rmSync(join(folder, file))
  const each = Math.max(1, Math.round(seconds / properties[name]))
  const args = ['node_modules/vitest/vitest.mjs', 'run', `test/fuzz/${name}.test.ts`]
  const { code, output } = await runBeside(process.execPath, args, {
    env: { FUZZ_SECONDS: String(each) },
  })
  const results = filesOf(name, '.json').map((file) =>
    JSON.parse(readFileSync(join(folder, file), 'utf8')),
  )
  const sum = (key) => results.reduce((total, result) => total + result[key], 0)
  if (code !== 0) console.error(output)
  for (const file of filesOf(name, '.txt')) {
    console.error(`found: ${readFileSync(join(folder, file), 'utf8').split('\n')[0]}`)
  }
  return {
    name,
    executions: sum('runs'),
    growth: `${sum('atHalf')} to ${sum('outcomes')} outcomes`,
    findings: code === 0 ? 0 : Math.max(filesOf(name, '.txt').length, 1),
  }
}

function filesOf(name, end = '') {
  return readdirSync(folder).filter((file) => file.startsWith(`${name}-`) && file.endsWith(end))
}

mkdirSync(folder, { recursive: true })
const native = harnesses.filter(isChosen)
const programs = native.length > 0 ? await buildHarnesses(native) : {}
const chosen = Object.keys(properties).filter(isChosen)
if (
  chosen.length > 0 &&
  run(process.execPath, ['scripts/build.mjs', '--wasm'], { show: true }).code
) {
  process.exit(1)
}
const jobs = [
  ...native.map((name) => () => runNative(name, programs[name])),
  ...chosen.map((name) => () => runProperties(name)),
]
const results = []
async function work() {
  for (let job = jobs.shift(); job; job = jobs.shift()) results.push(await job())
}
await Promise.all(Array.from({ length: availableParallelism() }, work))

console.log('')
for (const { name, executions, growth, findings } of results) {
  const columns = [name.padEnd(14), String(executions).padStart(10), 'runs ', growth.padEnd(24)]
  console.log(`${columns.join(' ')} ${findings} found`)
}
const found = results.reduce((total, { findings }) => total + findings, 0)
if (found > 0) process.exitCode = 1
