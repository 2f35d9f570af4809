// npm test: every check of the project. The last line it prints is `N passed, N failed, N skipped`,
// summed over all of them. The tests on Node take the longest and mostly wait: the other checks run
// beside them, two at a time, and show their output when they end.
//
//   npm test -- --only lint,engine      the parts whose names contain one of these words
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { install, isInstalled, requirePrograms } from './programs.mjs'
import { installedNode } from './nodes.mjs'
import { bin, filesUnder, root, runBeside } from './tools.mjs'

const reports = join(root, 'build', 'test')
const node = process.execPath
const engine = [
  'test/common',
  'test/engine',
  'test/conformance',
  'test/runtime',
  'test/server/times',
]

/** A process for each file takes longer than most of these files. */
const inOneProcess = ['--maxWorkers=1']

/** Tests that run on each other release of Node: the package, the command, the fetch API, the examples. */
const ofPackage = [
  'test/server/fetch',
  'test/examples',
  'test/cli',
  'test/grpc/grpc.test.ts',
  'test/package/errors.test.ts',
  'test/package/readme.test.ts',
  'test/package/serving.test.ts',
  'test/package/start.test.ts',
]

/** The parts: each runs a program and counts its outcomes. The build comes first, because the others use it. */
const build = check('build', [node, 'scripts/build.mjs'])
const elsewhere = ['test/package', ...engine].flatMap((path) => ['--exclude', `${path}/**`])
const longest = vitest('all else on Node', 'node', [node], elsewhere)
const onOthers = [
  vitest('engine on Node', 'node', [node], [...engine, ...inOneProcess]),
  vitest('engine on Deno', 'deno', [bin('deno'), 'run', '-A'], [...engine, ...inOneProcess]),
  vitest('engine on Bun', 'bun', [bin('bun'), '--bun'], [...engine, ...inOneProcess]),
  { name: 'upstream', run: upstream },
]
const others = [
  check('format', [bin('oxfmt'), '--check']),
  { name: 'format of the C', run: formatOfC },
  check('lint', [bin('oxlint'), '--deny-warnings']),
  check('types', [bin('tsc'), '-p', 'tsconfig.check.json']),
  check('types without a runtime', [bin('tsc'), '-p', 'tsconfig.portable.json']),
  check('floors', [bin('depcruise'), '--config', '.dependency-cruiser.mjs', 'src']),
  check('file budget', [node, 'scripts/budget.mjs']),
  check('comments', [node, 'scripts/comments.mjs']),
  vitest('package', 'node', [node], ['test/package']),
  ...[20, 22, 24, 26].map(onNode),
]

const { values: options } = parseArgs({ options: { only: { type: 'string' } } })
const words = options.only?.split(',')
const isChosen = ({ name }) => !words || words.some((word) => name.includes(word))

rmSync(reports, { recursive: true, force: true })
mkdirSync(reports, { recursive: true })
requirePrograms()
const started = performance.now()
const results = await inTurn([build])
const beside = [inTurn([longest], { show: true }), inTurn(onOthers), inTurn(others)]
results.push(...(await Promise.all(beside)).flat())
report(results)

/** Runs the chosen parts one after the other. */
async function inTurn(parts, { show = false } = {}) {
  const outcomes = []
  for (const part of parts.filter(isChosen)) {
    const begun = performance.now()
    if (show) console.log(`\n== ${part.name}`)
    const { output, ...counts } = await part.run(show).catch(asFailure)
    if (!show) console.log(`\n== ${part.name}${output ? `\n${output.trimEnd()}` : ''}`)
    outcomes.push({ name: part.name, seconds: (performance.now() - begun) / 1000, ...counts })
  }
  return outcomes
}

/** The outcome of a part that could not be run. */
function asFailure(error) {
  return { passed: 0, failed: 1, skipped: [], output: String(error.stack) }
}

/** A program that passes or fails as a whole. Its output matters when it failed. */
function check(name, [command, ...args]) {
  return {
    name,
    run: async () => {
      const { code, output } = await runBeside(command, args, { timeout: 600_000 })
      const hasPassed = code === 0
      return {
        passed: hasPassed ? 1 : 0,
        failed: hasPassed ? 0 : 1,
        skipped: [],
        output: hasPassed ? '' : output,
      }
    },
  }
}

/**
 * The format of the C, by wasm/.clang-format. Other versions of clang-format, as of newer Debians, give other results.
 */
async function formatOfC() {
  const formatter = 'clang-format-14'
  if (!isInstalled(formatter) && !install([formatter])) {
    return { passed: 0, failed: 0, skipped: [`${formatter} cannot be installed here`], output: '' }
  }
  const files = ['wasm', 'fuzz'].flatMap((folder) => filesUnder(folder, /\.[ch]$/))
  const style = '--style=file:wasm/.clang-format'
  return check('', [formatter, style, '--dry-run', '--Werror', ...files]).run()
}

/** vitest run by the runtime itself; test/runtime.test.ts fails if its workers were not. */
function vitest(name, runtime, [command, ...args], which, env = {}) {
  return {
    name,
    run: async (show) => {
      const file = join(reports, `${name.replaceAll(' ', '-')}.json`)
      const { code, output } = await runBeside(
        command,
        [
          ...args,
          'node_modules/vitest/vitest.mjs',
          'run',
          ...which,
          '--reporter=default',
          '--reporter=json',
          `--outputFile.json=${file}`,
        ],
        { show, env: { TEST_RUNTIME: runtime, ...env }, timeout: 1_800_000 },
      )
      return { ...countsOfVitest(file, code), output }
    },
  }
}

/** The tests of the installed package, on another release of Node. */
function onNode(version) {
  const name = `package on Node ${version}`
  return {
    name,
    run: async () => {
      if (Number.parseInt(process.versions.node, 10) === version) {
        return { passed: 0, failed: 0, skipped: [], output: 'It is the Node that runs all tests.' }
      }
      const program = installedNode(version)
      if (program === undefined) {
        const skipped = [`npm has no Node ${version} for ${process.platform} ${process.arch}`]
        return { passed: 0, failed: 0, skipped, output: '' }
      }
      // Two at once, beside what else runs.
      return vitest(
        name,
        'node',
        [program],
        [...ofPackage, '--exclude', 'test/examples/chromium.test.ts', '--maxWorkers=2'],
        {
          TEST_RUNTIMES: 'node',
          PATH: `${dirname(program)}${delimiter}${process.env.PATH}`,
        },
      ).run(false)
    },
  }
}

/** A file that could not be loaded has no tests in the report, and counts as a failure. */
function countsOfVitest(file, code) {
  let files
  try {
    files = JSON.parse(readFileSync(file, 'utf8')).testResults
  } catch {
    return { passed: 0, failed: 1, skipped: [] }
  }
  const tests = files.flatMap((result) => result.assertionResults)
  const those = (...statuses) => tests.filter(({ status }) => statuses.includes(status))
  const passed = those('passed').length
  const unloaded = files.filter((f) => f.status === 'failed' && !f.assertionResults.some(isFailed))
  const failed = those('failed').length + unloaded.length
  return {
    passed,
    // An error outside of any test, or no test at all.
    failed: failed === 0 && (code !== 0 || passed === 0) ? 1 : failed,
    failures: [...tests.filter(isFailed).map(failureOf), ...unloaded.map(({ name }) => name)],
    skipped: those('pending', 'skipped', 'todo', 'disabled').map((test) => test.fullName),
  }
}

function isFailed({ status }) {
  return status === 'failed'
}

/** The name of a failed test and the first line of its error. */
function failureOf({ fullName, failureMessages }) {
  return `${fullName}: ${(failureMessages[0] ?? '').split('\n', 1)[0]}`
}

async function upstream() {
  const args = ['test/upstream/run.mjs']
  const { code, stdout, output } = await runBeside(node, args, { timeout: 1_800_000 })
  const totals = [...stdout.matchAll(/^(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1)
  const [passed, failed, skipped] = totals ? totals.slice(1).map(Number) : [0, 1, 0]
  return {
    passed,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: Array.from({ length: skipped }, () => "a test of nghttp2's own, see above"),
    output,
  }
}

function report(outcomes) {
  console.log('')
  for (const { name, passed, failed, skipped, seconds } of outcomes) {
    const columns = [passed, failed, skipped.length].map((count) => String(count).padStart(5))
    const [p, f, s] = columns
    console.log(
      `${failed ? 'FAIL' : 'ok  '} ${name.padEnd(25)} ${p} passed ${f} failed ${s} skipped  ${seconds.toFixed(1)} s`,
    )
  }
  for (const { name, skipped } of outcomes) {
    for (const test of skipped) console.log(`skipped (${name}): ${test}`)
  }
  for (const { name, failures = [] } of outcomes) {
    for (const test of failures) console.log(`failed (${name}): ${test}`)
  }
  const sum = (count) => outcomes.reduce((total, part) => total + count(part), 0)
  const failed = sum((part) => part.failed)
  const line = `${sum((part) => part.passed)} passed, ${failed} failed, ${sum((part) => part.skipped.length)} skipped`
  console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`)
  writeFileSync(join(reports, 'summary'), `${line}\n`)
  console.log(line)
  process.exitCode = failed > 0 || outcomes.length === 0 ? 1 : 0
}
