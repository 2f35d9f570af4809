/** Bun: `Bun.listen`, which sets TCP_NODELAY by itself. */
import type {
  Acceptor,
  Address,
  Listening,
  ListenOptions,
  Runtime,
  TlsInfo,
} from '../../transport/transport.ts'
import { AcceptQueue, inThisTurn } from '../shared/accept-queue.ts'
import { makeAddress } from '../shared/address.ts'
import { offeredProtocols } from '../shared/alpn.ts'
import { onAllInterfaces } from '../shared/all-interfaces.ts'
import { BunHandshake } from './handshake.ts'
import { BunSecureContexts } from './secure-contexts.ts'
import { contextError, listenerOptions } from './tls-options.ts'
import { BunTransport } from './transport.ts'
import type {
  BunGlobal,
  BunListener,
  BunListenOptions,
  BunPlace,
  BunSocket,
  BunSocketHandler,
} from './types.ts'
import { descriptorError, listenError } from '../shared/errors.ts'
import { handOver } from '../shared/hand-over.ts'
import { Handshakes } from '../shared/handshakes.ts'
import { defaultHandshakeTimeout } from '../shared/limits.ts'
import { onShutdownSignal } from '../shared/signals.ts'

export const bunRuntime: Runtime = {
  name: 'bun',
  listen,
  onShutdownSignal,
  atEndOfTurn: setImmediate,
}

/** The state of a socket: in its handshake, a connection, or refused. */
type State = BunHandshake | BunTransport<State> | null

async function listen(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  const { Bun } = globalThis as unknown as { Bun: BunGlobal }
  const queue = new AcceptQueue(inThisTurn)
  const handshakes = new Handshakes(options.maxHandshakes)
  const { host, port, reusePort = false, fd, tls } = options
  const contexts = tls ? new BunSecureContexts(Bun, tls) : null
  const listenOn = (place: BunPlace): BunListener => {
    const all: BunPlace & BunListenOptions<State> = {
      ...place,
      allowHalfOpen: true,
      socket: handlers(options, acceptor, queue, handshakes, contexts),
    }
    return Bun.listen(tls ? { ...all, tls: listenerOptions(tls, offeredProtocols(options)) } : all)
  }
  const listenAt = (hostname: string): BunListener => listenOn({ hostname, port, reusePort })
  let listener: BunListener
  try {
    if (fd !== undefined) listener = listenOn({ fd })
    else listener = host === null ? onAllInterfaces(listenAt) : listenAt(host)
  } catch (error) {
    const ofTls = tls && contextError(error, tls)
    if (ofTls) throw ofTls
    throw fd === undefined
      ? listenError(error, host, /^Failed to listen/)
      : descriptorError(fd, error)
  }
  return {
    address: boundAddress(listener),
    reusesReadBuffer: false,
    close: async () => {
      await queue.isEmpty()
      listener.stop(false)
    },
    ...(contexts ? { setSecureContext: (to) => contexts.replace(listener, to) } : {}),
    settled: handshakes.settled,
  }
}

/** The events of all sockets of a listener. */
function handlers(
  options: ListenOptions,
  acceptor: Acceptor,
  queue: AcceptQueue,
  handshakes: Handshakes,
  contexts: BunSecureContexts | null,
): BunSocketHandler<State> {
  const common = {
    binaryType: 'uint8array',
    data: (socket, chunk) => socket.data?.received(chunk),
    drain: (socket) => socket.data?.drained(),
    end: (socket) => socket.data?.peerEnded(),
    close: (socket, error) => socket.data?.closed(error ?? null),
    error: (socket, error) => socket.data?.failed(error),
  } satisfies Omit<BunSocketHandler<State>, 'open'>
  const { tls, handshakeTimeout = defaultHandshakeTimeout, keepAliveDelay } = options
  if (!tls || !contexts) {
    return {
      ...common,
      open: (socket) => {
        queue.accepted()
        if (keepAliveDelay) socket.setKeepAlive(true, keepAliveDelay)
        accept(socket, acceptor)
      },
    }
  }

  const { requestCert = false, rejectUnauthorized = requestCert } = tls
  const offered = offeredProtocols(options)
  return {
    ...common,
    open: (socket) => {
      queue.accepted()
      if (keepAliveDelay) socket.setKeepAlive(true, keepAliveDelay)
      socket.data = new BunHandshake(socket, handshakeTimeout, acceptor, handshakes, offered)
    },
    serverName: (_, name) => contexts.find(name),
    handshake: (socket, success, error) => {
      const handshake = socket.data
      if (!(handshake instanceof BunHandshake)) return
      if (handshake.done(success, error, rejectUnauthorized)) {
        accept(socket, acceptor, handshake.info(requestCert))
      }
    },
  }
}

function accept(socket: BunSocket<State>, acceptor: Acceptor, tls: TlsInfo | null = null): void {
  const transport = new BunTransport(socket, tls)
  socket.data = transport
  handOver(transport, acceptor)
}

function boundAddress(listener: BunListener): Address {
  const bound: { address?: string; port?: number } = {}
  listener.getsockname(bound)
  return makeAddress(bound.address, bound.port)
}
