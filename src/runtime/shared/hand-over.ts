import type { Acceptor, Address, Transport, TransportSink } from '../../transport/transport.ts'
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
    refuse(acceptor, error, transport.remoteAddress)
  }
}

/** Tells that there is no connection. An acceptor that throws does not stop the listener. */
export function refuse(acceptor: Acceptor, error: unknown, remoteAddress: Address | null): void {
  try {
    acceptor.onRefused(asError(error), remoteAddress)
  } catch (second) {
    console.error(second)
  }
}

/** Tells a sink that its transport is gone. It is the last call: a sink that throws here has nothing left to lose. */
export function tellClosed(sink: TransportSink | null, error: Error | null): void {
  try {
    sink?.onClose(error)
  } catch (second) {
    console.error(second)
  }
}
