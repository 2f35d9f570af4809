// Where things are, and on which core what runs.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url))
export const bench = join(root, 'bench')
export const results = join(bench, 'results')
/** Files of one run, which are not kept. */
export const scratch = join(root, 'build', 'bench')
mkdirSync(scratch, { recursive: true })
mkdirSync(results, { recursive: true })

export const serverCore = 0
export const loadCore = 1

/** Runs a command on one core, with as many open files as the system lets it have. */
export function pinned(core, command) {
  const raise = 'ulimit -n "$(ulimit -Hn)"; exec "$@"'
  return ['sh', '-c', raise, 'sh', 'taskset', '-c', String(core), ...command]
}
