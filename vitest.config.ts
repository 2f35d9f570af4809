import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Attacks take the longest: they begin first, so that none of them is left alone at the end. */
class AttacksFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isAttack = ({ moduleId }: TestSpecification): boolean => moduleId.includes('/test/abuse/')
    return [...sorted.filter(isAttack), ...sorted.filter((file) => !isAttack(file))]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // nghttp2's own tests are C: `npm run test:upstream`.
    exclude: ['test/upstream/**'],
    pool: 'forks',
    // What a test needs of a fresh process, it starts: a process for each file takes longer than most files.
    isolate: false,
    // Most tests wait for programs, timeouts and windows: more files than cores run side by side.
    maxWorkers: Math.max(5, availableParallelism()),
    sequence: { sequencer: AttacksFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
