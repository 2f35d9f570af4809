import process from 'node:process'
import { shutdownSignals } from './shutdown-signals.ts'

/** `Runtime.onShutdownSignal` of Node and Bun. */
export function onShutdownSignal(listener: () => void): () => void {
  for (const signal of shutdownSignals) process.on(signal, listener)
  return () => {
    for (const signal of shutdownSignals) process.off(signal, listener)
  }
}
