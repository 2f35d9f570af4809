import { beforeAll, describe, expect, it } from 'vitest'
import { debugModule } from '../support/debug-engine.ts'
import { root, runtimeNames, startOn } from '../support/processes.ts'
import { bundleProgram } from '../support/program-server.ts'
import { apis } from '../support/abuse/target.ts'

const cases = runtimeNames.flatMap((runtime) => apis.map((api) => ({ runtime, api })))

describe('an allocation of a server that fails', () => {
  beforeAll(() => debugModule(), 300_000)

  it.each(cases)(
    'ends at most its connection, with one report, whichever it is: $runtime, $api',
    async ({ runtime, api }) => {
      const file = await bundleProgram('test/abuse/fixture/allocations/main.ts')
      const wasm = `${root}dist/nghttp2.debug.wasm`
      const args = [JSON.stringify({ wasm, api })]
      await using program = await startOn(runtime, file, args, { timeout: 280_000 })
      const [line] = await program.waitFor(/^\{"event":"done".*\}$/m, 270_000)
      const { allocations, count, problems } = JSON.parse(line) as {
        allocations: number
        count: number
        problems: string[]
      }
      expect(problems).toEqual([])
      expect(allocations).toBeGreaterThan(100)
      expect(count).toBe(2 * allocations)
    },
    300_000,
  )
})
