import type { DenoGlobal } from './types.ts'
import { shutdownSignals } from '../shared/shutdown-signals.ts'

/** `Runtime.onShutdownSignal` without Node's `process`, which takes Deno 30 ms to load. */
export function onShutdownSignal(listener: () => void): () => void {
  const { Deno } = globalThis as unknown as { Deno: DenoGlobal }
  const signals = shutdownSignals.filter((signal) => {
    try {
      Deno.addSignalListener(signal, listener)
      return true
    } catch {
      // On Windows there was no SIGTERM before Deno 2.7.
      return false
    }
  })
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, listener)
  }
}
