import { expect, it } from 'vitest'
import { detectRuntime } from '../../src/runtime/detect.ts'

const listen = (): void => {}
const process = { versions: { node: '20.0.0' } }

it('finds the runtime this test was started on', async () => {
  const { env } = globalThis.process
  expect((await detectRuntime()).name).toBe(env['TEST_RUNTIME'] ?? 'node')
})

it('asks Deno and Bun before Node, since they have a `process` too', async () => {
  expect((await detectRuntime({ Deno: { listen }, process })).name).toBe('deno')
  expect((await detectRuntime({ Bun: { listen }, process })).name).toBe('bun')
  expect((await detectRuntime({ process })).name).toBe('node')
})

it('does not look at `process` on Deno, which would load it', async () => {
  const globals = {
    Deno: { listen },
    get process(): never {
      throw new Error('looked at')
    },
  }
  expect((await detectRuntime(globals)).name).toBe('deno')
})

it('says so where nothing can listen', async () => {
  const unknown = { name: 'HTTPError', code: 'ERR_RUNTIME_UNKNOWN' }
  // A bundler may put a `process` into a browser.
  await expect(detectRuntime({ process: {} })).rejects.toMatchObject(unknown)
  await expect(detectRuntime({})).rejects.toMatchObject(unknown)
})
