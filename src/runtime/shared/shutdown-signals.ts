/** What ends a server: Ctrl-C, and what supervisors send. */
export const shutdownSignals = ['SIGINT', 'SIGTERM'] as const

export type ShutdownSignal = (typeof shutdownSignals)[number]
