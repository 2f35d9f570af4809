import type { RuntimeName } from './arguments.ts'

/** The runtime of this program; Deno and Bun have a `process` as well. */
export function currentRuntime(): RuntimeName {
  if ('Deno' in globalThis) return 'deno'
  return 'Bun' in globalThis ? 'bun' : 'node'
}
