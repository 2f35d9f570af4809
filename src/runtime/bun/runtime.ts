/** Bun: `Bun.listen`, which sets TCP_NODELAY by itself. */
import type {
  Acceptor,
  Address,
  Listening,
  ListenOptions,
  Runtime,
  TlsInfo,
  TlsOptions,
} from '../../transport/transport.ts'
import { AcceptQueue, inThisTurn } from '../shared/accept-queue.ts'
import { makeAddress } from '../shared/address.ts'
import { alpnBytes, offeredProtocols } from '../shared/alpn.ts'
import { onAllInterfaces } from '../shared/all-interfaces.ts'
import { BunHandshake } from './handshake.ts'
import { BunTransport } from './transport.ts'
import type {
  BunGlobal,
  BunListener,
  BunListenOptions,
  BunPlace,
  BunSocket,
  BunSocketHandler,
  BunTlsOptions,
} from './types.ts'
import { tls13Suites, defaultCiphers } from '../shared/ciphers.ts'
import {
  asError,
  certificateError,
  ciphersError,
  codeOf,
  descriptorError,
  listenError,
} from '../shared/errors.ts'
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

const versionNumbers = { 'TLSv1.2': 0x0303, 'TLSv1.3': 0x0304 }

/** The state of a socket: in its handshake, a connection, or refused. */
type State = BunHandshake | BunTransport<State> | null

async function listen(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  const { Bun } = globalThis as unknown as { Bun: BunGlobal }
  const queue = new AcceptQueue(inThisTurn)
  const handshakes = new Handshakes()
  const { host, port, reusePort = false, fd, tls } = options
  const listenOn = (place: BunPlace): BunListener => {
    const all: BunPlace & BunListenOptions<State> = {
      ...place,
      allowHalfOpen: true,
      socket: handlers(options, acceptor, queue, handshakes),
    }
    return Bun.listen(tls ? { ...all, tls: tlsOptions(tls, offeredProtocols(options)) } : all)
  }
  const listenAt = (hostname: string): BunListener => listenOn({ hostname, port, reusePort })
  let listener: BunListener
  try {
    if (fd !== undefined) listener = listenOn({ fd })
    else listener = host === null ? onAllInterfaces(listenAt) : listenAt(host)
  } catch (error) {
    if (asError(error).message.startsWith('Invalid ciphers')) {
      throw ciphersError(tls!.ciphers!, 'BoringSSL knows none of them', error)
    }
    if (/^ERR_(OSSL|SSL)/.test(codeOf(error))) throw certificateError(error)
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
    settled: handshakes.settled,
  }
}

/** The events of all sockets of a listener. */
function handlers(
  options: ListenOptions,
  acceptor: Acceptor,
  queue: AcceptQueue,
  handshakes: Handshakes,
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
  if (!tls) {
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

function tlsOptions(tls: TlsOptions, offered: readonly string[]): BunTlsOptions {
  const { requestCert = false, rejectUnauthorized = requestCert, ...others } = tls
  const { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' } = tls
  const ciphers = tls12Ciphers(tls.ciphers ?? defaultCiphers)
  // The list has suites of TLS 1.3 only.
  const leastVersion = ciphers === '' ? 'TLSv1.3' : minVersion
  return {
    ...others,
    requestCert,
    rejectUnauthorized,
    ciphers: ciphers || tls12Ciphers(defaultCiphers),
    minVersion: versionNumbers[leastVersion],
    maxVersion: versionNumbers[maxVersion],
    ALPNProtocols: alpnBytes(offered),
  }
}

/** BoringSSL takes names of suites of TLS 1.2 only, and always offers all suites of TLS 1.3. */
function tls12Ciphers(ciphers: string): string {
  const names = ciphers.split(':')
  const missing = tls13Suites.filter((name) => !names.includes(name))
  if (missing.length > 0 && missing.length < tls13Suites.length) {
    throw ciphersError(ciphers, `Bun has all suites of TLS 1.3, also ${missing.join(' and ')}`)
  }
  return names.filter((name) => !tls13Suites.includes(name)).join(':')
}

function boundAddress(listener: BunListener): Address {
  const bound: { address?: string; port?: number } = {}
  listener.getsockname(bound)
  return makeAddress(bound.address, bound.port)
}
