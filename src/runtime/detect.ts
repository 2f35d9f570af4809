import { HTTPError } from '../common/errors.ts'
import type { Runtime } from '../transport/transport.ts'

/** Globals by which the runtimes are distinguished. */
export interface RuntimeGlobals {
  readonly Deno?: { readonly listen?: unknown }
  readonly Bun?: { readonly listen?: unknown }
  readonly process?: { readonly versions?: { readonly node?: unknown } }
}

/**
 * The runtime that this program runs on. Only its file is loaded, so a browser's bundle has none of the runtimes.
 * Rejects with the code `ERR_RUNTIME_UNKNOWN` where there is no way to listen.
 */
export async function detectRuntime(
  globals: RuntimeGlobals = globalThis as RuntimeGlobals,
): Promise<Runtime> {
  const { Deno, Bun } = globals
  // Deno and Bun have a `process` as well. The first use of it makes Deno load it, in 30 ms.
  if (typeof Deno?.listen === 'function') return (await import('./deno/runtime.ts')).denoRuntime
  if (typeof Bun?.listen === 'function') return (await import('./bun/runtime.ts')).bunRuntime
  if (typeof globals.process?.versions?.node === 'string')
    return (await import('./node/runtime.ts')).nodeRuntime
  throw new HTTPError(
    'ERR_RUNTIME_UNKNOWN',
    'Nothing can listen here: this is not Node, Deno or Bun. ' +
      'Pass a `runtime` of your own, or a MemoryRuntime to connect without a network.',
  )
}
