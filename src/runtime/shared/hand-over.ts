import type { Acceptor, Address, Transport, TransportSink } from '../../transport/transport.ts'
import { asError } from './errors.ts'

/** Gives a new connection to the acceptor, and drops it when the acceptor throws. */
export function handOver(
  transport: Transport & { start(sink: TransportSink): void },
  acceptor: Acceptor,
): void {
  try {
    transport.start(acceptor.onConnection(transport))
  } catch (error) {
    transport.destroy()
    refuse(acceptor, error, transport.remoteAddress)
  }
}

/** Reports a failed connection to the acceptor. An acceptor that throws does not stop the listener. */
export function refuse(acceptor: Acceptor, error: unknown, remoteAddress: Address | null): void {
  try {
    acceptor.onRefused(asError(error), remoteAddress)
  } catch (second) {
    console.error(second)
  }
}

/** Calls `onClose` of a sink. An error that the sink throws is only printed: the transport is closed already. */
export function tellClosed(sink: TransportSink | null, error: Error | null): void {
  try {
    sink?.onClose(error)
  } catch (second) {
    console.error(second)
  }
}
