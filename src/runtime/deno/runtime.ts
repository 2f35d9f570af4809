/** Deno: `Deno.listen`, and TLS in a separate file. */
import type { Acceptor, Listening, ListenOptions, Runtime } from '../../transport/transport.ts'
import { AcceptQueue } from '../shared/accept-queue.ts'
import { makeAddress } from '../shared/address.ts'
import { onAllInterfaces } from '../shared/all-interfaces.ts'
import { onShutdownSignal } from './signals.ts'
import { DenoTransport } from './transport.ts'
import { afterOthers, atEndOfTurn } from './turn.ts'
import type { DenoConn, DenoGlobal, DenoListener, DenoListenOptions } from './types.ts'
import { codeOf, listenError } from '../shared/errors.ts'
import { handOver, refuse } from '../shared/hand-over.ts'

export const denoRuntime: Runtime = {
  name: 'deno',
  listen,
  onShutdownSignal,
  atEndOfTurn,
  afterOthers,
}

/** Milliseconds to wait when the system cannot accept, for example because no file descriptor is left. */
const acceptPause = 100

async function listen(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  const { Deno } = globalThis as unknown as { Deno: DenoGlobal }
  // node:tls takes Deno longer to load than all other modules together.
  if (options.tls) return (await import('./tls.ts')).listenTls(options, acceptor)
  // `Deno.listen` takes no file descriptor.
  if (options.fd !== undefined)
    return (await import('./descriptor.ts')).listenOnDescriptor(options, acceptor)
  const listenOn = (hostname: string): DenoListener => {
    const all: DenoListenOptions = {
      hostname,
      port: options.port,
      ...(options.backlog === undefined ? {} : { tcpBacklog: options.backlog }),
      // Without --unstable-net Deno ends the process when this option is used.
      ...(options.reusePort && Deno.listenDatagram ? { reusePort: true } : {}),
    }
    return Deno.listen(all)
  }
  let listener: DenoListener
  try {
    listener = options.host === null ? onAllInterfaces(listenOn) : listenOn(options.host)
  } catch (error) {
    throw listenError(error, options.host, /lookup/)
  }
  const queue = new AcceptQueue(inMicrotasks)
  const accepting = acceptAll(listener, acceptor, queue, options.keepAliveDelay)
  return {
    address: makeAddress(listener.addr.hostname, listener.addr.port),
    reusesReadBuffer: true,
    close: async () => {
      await queue.isEmpty()
      closeQuietly(listener)
      await accepting
    },
  }
}

/** `accept` resolves within a few microtasks where the system has a connection. */
function inMicrotasks(action: (gap: number) => void, left = 16): void {
  queueMicrotask(() => (left > 0 ? inMicrotasks(action, left - 1) : action(0)))
}

/** Accepts connections until the listener is closed. */
async function acceptAll(
  listener: DenoListener,
  acceptor: Acceptor,
  queue: AcceptQueue,
  keepAliveDelay: number | undefined,
): Promise<void> {
  for (;;) {
    let conn: DenoConn
    try {
      conn = await listener.accept()
      queue.accepted()
    } catch (error) {
      if (isClosed(error)) return
      refuse(acceptor, error, null)
      if (!hasLeft(error)) await new Promise((resolve) => setTimeout(resolve, acceptPause))
      continue
    }
    try {
      conn.setNoDelay(true)
      if (keepAliveDelay) conn.setKeepAlive(true)
      handOver(new DenoTransport(conn), acceptor)
    } catch (error) {
      // The client left before it was accepted.
      refuse(acceptor, error, null)
      closeQuietly(conn)
    }
  }
}

/** The client reset its connection before it was accepted. The next connection need not wait. */
function hasLeft(error: unknown): boolean {
  return ['ENOTCONN', 'ECONNABORTED', 'ECONNRESET'].includes(codeOf(error))
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && (error.name === 'BadResource' || error.name === 'Interrupted')
}

function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close()
  } catch {
    // The connection is closed already.
  }
}
