import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Engine, Session } from '../../src/engine/index.ts'
import { HDDeflater } from '../../src/engine/hpack/index.ts'

/** Collects garbage, where the runtime can be asked to. */
function collector(): (() => void) | undefined {
  if ('Bun' in globalThis) return () => (globalThis.Bun as { gc(force: boolean): void }).gc(true)
  try {
    setFlagsFromString('--expose-gc')
    return runInNewContext('gc') as () => void
  } catch {
    return undefined
  }
}

declare global {
  var Bun: unknown
}

const gc = collector()

describe('the collection of a session or coder', () => {
  it.skipIf(!gc)('gives its memory back without dispose()', async () => {
    const engine = new Engine()
    const abandon = (): void => {
      for (let i = 0; i < 100; i++) {
        Session.server({ engine }).submitPing()
        new HDDeflater(4096, engine).deflate([['a', 'b']])
      }
    }
    abandon()
    const { used } = engine.memoryUsage()
    // A collector may keep some alive: those whose addresses still lie about on the stack.
    for (let i = 0; i < 100 && engine.memoryUsage().used > used / 10; i++) {
      gc!()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(engine.memoryUsage().used).toBeLessThanOrEqual(used / 10)
  })

  it('does not free it again after dispose()', async () => {
    const engine = new Engine()
    for (let i = 0; i < 100; i++) Session.server({ engine }).dispose()
    const kept = Session.server({ engine })
    const { used } = engine.memoryUsage()
    for (let i = 0; i < 5; i++) {
      gc?.()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(engine.memoryUsage().used).toBe(used)
    kept.submitPing()
    expect(engine.failure).toBeUndefined()
  })
})
