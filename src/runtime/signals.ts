import process from 'node:process'

/** What ends a server: Ctrl-C, and what supervisors send. */
const signals = ['SIGINT', 'SIGTERM'] as const

/** `Runtime.onShutdownSignal` of Node and Bun. */
export function onShutdownSignal(listener: () => void): () => void {
  for (const signal of signals) process.on(signal, listener)
  return () => {
    for (const signal of signals) process.off(signal, listener)
  }
}
