import type { Handle } from './abi.ts'
import type { Engine } from './engine.ts'

/** What an object holds in linear memory, and the export that frees it. */
interface Holding {
  readonly engine: Engine
  readonly free: 'h2_session_del' | 'h2_hpack_del' | 'h1_session_del'
  readonly handle: Handle
}

/** Made when it is first needed: some platforms let a module do little as it is loaded. */
let registry: FinalizationRegistry<Holding> | undefined

/**
 * Frees what an object holds once the object has been collected, if nothing disposed of it before. On a platform without
 * FinalizationRegistry only `dispose()` frees it.
 */
export function freeWhenForgotten(owner: object, holding: Holding): void {
  if (typeof FinalizationRegistry === 'undefined') return
  registry ??= new FinalizationRegistry(({ engine, free, handle }) => engine.release(free, handle))
  registry.register(owner, holding, owner)
}

/** The owner has been disposed of. */
export function forgetNoMore(owner: object): void {
  registry?.unregister(owner)
}
