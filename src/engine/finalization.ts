import type { Handle } from './abi.ts'
import type { Engine } from './engine.ts'

/** A handle in linear memory, and the export that frees it. */
interface Holding {
  readonly engine: Engine
  readonly free: 'h2_session_del' | 'h2_hpack_del' | 'h1_session_del'
  readonly handle: Handle
}

/** Created at the first use: some platforms restrict what a module may do while it is loaded. */
let registry: FinalizationRegistry<Holding> | undefined

/**
 * Frees the handle of an object that is garbage-collected before `dispose()` was called. On a platform without
 * FinalizationRegistry only `dispose()` frees it.
 */
export function freeWhenForgotten(owner: object, holding: Holding): void {
  if (typeof FinalizationRegistry === 'undefined') return
  registry ??= new FinalizationRegistry(({ engine, free, handle }) => engine.release(free, handle))
  registry.register(owner, holding, owner)
}

/** The owner was disposed of: its handle is not freed again. */
export function forgetNoMore(owner: object): void {
  registry?.unregister(owner)
}
