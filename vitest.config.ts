import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // nghttp2's own tests are C: `npm run test:upstream`.
    exclude: ['test/upstream/**'],
    pool: 'forks',
    // Most tests wait for programs, timeouts and windows: more files than cores run side by side.
    maxWorkers: Math.max(5, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
