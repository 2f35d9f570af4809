import { expect, it } from 'vitest'

/** Deno and Bun offer `process` too: only their own global tells them from Node. */
function runtimeInFact(): string {
  if ('Deno' in globalThis) return 'deno'
  if ('Bun' in globalThis) return 'bun'
  return 'node'
}

// scripts/test.mjs names the runtime it starts vitest with; vitest could fall back to Node in its workers.
it('runs on the runtime it was started for', () => {
  expect(runtimeInFact()).toBe(process.env['TEST_RUNTIME'] ?? 'node')
})
