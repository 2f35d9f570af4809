/** The signals that end a server: of Ctrl-C, and of supervisors. */
export const shutdownSignals = ['SIGINT', 'SIGTERM'] as const

export type ShutdownSignal = (typeof shutdownSignals)[number]
