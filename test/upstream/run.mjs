// nghttp2's own unit tests on Node, Deno and Bun. The last line reads `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** How many tests each program of nghttp2 1.70.0 has: fewer would be a test lost. */
const programs = { main: 194, failmalloc: 5 }

const runtimes = {
  node: [process.execPath],
  // Deno 2.9's code cache takes a rebuilt CommonJS file of the same length for the one it knows.
  deno: [installed('deno'), 'run', '--allow-all', '--no-config', '--no-code-cache'],
  bun: [installed('bun')],
}

const build = spawnSync(join(root, 'test/upstream/build.sh'), { stdio: ['ignore', 2, 2] })
if (build.status !== 0) {
  console.error(`test/upstream/build.sh: ${build.error?.message ?? `code ${build.status}`}`)
}

const total = { passed: 0, failed: 0, skipped: 0 }
for (const [runtime, command] of Object.entries(runtimes)) {
  for (const [program, expected] of Object.entries(programs)) {
    const counts = build.status === 0 ? run(command, program, expected) : nonePassed(expected)
    console.log(
      `${runtime} ${program}: ${counts.passed} of ${expected} passed, ${counts.skipped} skipped`,
    )
    for (const key in total) total[key] += counts[key]
  }
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 && total.skipped === 0 ? 0 : 1

/** Counts of munit's summary; a program without one, or with an exit code, has failed. */
function run([command, ...args], program, expected) {
  const file = join(root, 'build/upstream', `${program}.cjs`)
  const result = spawnSync(command, [...args, file], { encoding: 'utf8', timeout: 300_000 })
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`
  const summary = /^(\d+) of (\d+) \(\d+%\) tests successful, (\d+) \(\d+%\) test skipped\.$/m
  const [passed, ran, skipped] = (summary.exec(output)?.slice(1) ?? [0, 0, 0]).map(Number)
  const complete = passed + skipped === expected && ran === passed
  if (complete && skipped === 0 && result.status === 0) return { passed, failed: 0, skipped }
  console.log(output.trimEnd())
  const failed = expected - passed - skipped
  return { passed, failed: failed > 0 || skipped > 0 ? failed : 1, skipped }
}

function nonePassed(expected) {
  return { passed: 0, failed: expected, skipped: 0 }
}

/** A program that npm installed, or one on the PATH. */
function installed(name) {
  const path = join(root, 'node_modules/.bin', name)
  return existsSync(path) ? path : name
}
