/** Bun: `Bun.listen`, which sets TCP_NODELAY by itself. */
import type {
  Acceptor,
  Address,
  Listening,
  ListenOptions,
  Runtime,
  TlsInfo,
  TlsOptions,
} from '../server/transport.ts'
import { makeAddress } from './address.ts'
import { onAllInterfaces } from './all-interfaces.ts'
import { BunHandshake } from './bun-handshake.ts'
import { BunTransport } from './bun-transport.ts'
import type {
  BunGlobal,
  BunListener,
  BunListenOptions,
  BunSocket,
  BunSocketHandler,
  BunTlsOptions,
} from './bun-types.ts'
import { certificateError, codeOf, listenError } from './errors.ts'
import { handOver } from './hand-over.ts'
import { defaultHandshakeTimeout } from './limits.ts'
import { onShutdownSignal } from './signals.ts'

export const bunRuntime: Runtime = {
  name: 'bun',
  listen,
  onShutdownSignal,
  atEndOfTurn: setImmediate,
}

/** What a socket is: still in its handshake, a connection, or turned away. */
type State = BunHandshake | BunTransport<State> | null

async function listen(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  const { Bun } = globalThis as unknown as { Bun: BunGlobal }
  const listenOn = (hostname: string): BunListener => {
    const all: BunListenOptions<State> = {
      hostname,
      port: options.port,
      allowHalfOpen: true,
      reusePort: options.reusePort ?? false,
      socket: handlers(options, acceptor),
    }
    return Bun.listen(options.tls ? { ...all, tls: tlsOptions(options.tls) } : all)
  }
  let listener: BunListener
  try {
    listener = options.host === null ? onAllInterfaces(listenOn) : listenOn(options.host)
  } catch (error) {
    throw codeOf(error).startsWith('ERR_OSSL') || codeOf(error).startsWith('ERR_SSL')
      ? certificateError(error)
      : listenError(error, options.host, /^Failed to listen/)
  }
  return {
    address: boundAddress(listener),
    reusesReadBuffer: false,
    close: async () => listener.stop(false),
  }
}

/** One set for all sockets of a listener. */
function handlers(options: ListenOptions, acceptor: Acceptor): BunSocketHandler<State> {
  const common = {
    binaryType: 'uint8array',
    data: (socket, chunk) => socket.data?.received(chunk),
    drain: (socket) => socket.data?.drained(),
    end: (socket) => socket.data?.peerEnded(),
    close: (socket, error) => socket.data?.closed(error ?? null),
    error: (socket, error) => socket.data?.failed(error),
  } satisfies Omit<BunSocketHandler<State>, 'open'>
  const { tls, handshakeTimeout = defaultHandshakeTimeout } = options
  if (!tls) return { ...common, open: (socket) => accept(socket, acceptor) }

  const { requestCert = false, rejectUnauthorized = requestCert } = tls
  return {
    ...common,
    open: (socket) => {
      socket.data = new BunHandshake(socket, handshakeTimeout, acceptor)
    },
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

function tlsOptions(tls: TlsOptions): BunTlsOptions {
  const { requestCert = false, rejectUnauthorized = requestCert, ...secrets } = tls
  return {
    ...secrets,
    requestCert,
    rejectUnauthorized,
    // RFC 7301 §3.1: each name after its length.
    ALPNProtocols: Uint8Array.of(2, 0x68, 0x32),
  }
}

function boundAddress(listener: BunListener): Address {
  const bound: { address?: string } = {}
  listener.getsockname(bound)
  return makeAddress(bound.address ?? listener.hostname, listener.port)
}
