import type { Acceptor, Transport, TransportSink } from '../server/transport.ts'
import { asError } from './errors.ts'

/** Gives a new connection to who accepts it, and drops it when that throws. */
export function handOver(
  transport: Transport & { start(sink: TransportSink): void },
  acceptor: Acceptor,
): void {
  try {
    transport.start(acceptor.onConnection(transport))
  } catch (error) {
    transport.destroy()
    acceptor.onRefused(asError(error), transport.remoteAddress)
  }
}
