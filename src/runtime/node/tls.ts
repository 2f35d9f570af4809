import type { Server, Socket } from 'node:net'
import {
  createServer,
  type Server as NodeTlsServer,
  type TlsOptions as NodeTlsOptions,
  type TLSSocket,
} from 'node:tls'
import type {
  Acceptor,
  Address,
  Listening,
  ListenOptions,
  TlsInfo,
  TlsOptions,
} from '../../transport/transport.ts'
import { makeAddress } from '../shared/address.ts'
import { isOffered, offeredProtocols } from '../shared/alpn.ts'
import { alpnError, codeOf, handshakeError, handshakeTimeoutError } from '../shared/errors.ts'
import { handOver, refuse } from '../shared/hand-over.ts'
import { Handshakes } from '../shared/handshakes.ts'
import { defaultHandshakeTimeout } from '../shared/limits.ts'
import { keepAlive, listenOn } from './listener.ts'
import { answerPlainHttp } from './plain-http.ts'
import { SecureContexts } from './secure-contexts.ts'
import { NodeTransport } from './transport.ts'

/** The members that differ on a runtime whose `node:tls` is not Node's. */
export interface TlsPlatform {
  readonly transport: new (socket: TLSSocket, tls: TlsInfo) => NodeTransport
  /** The address of a socket whose handshake may have failed. */
  readonly remoteAddress: (socket: Socket) => Address | null
  /** Checks certificates that `createSecureContext` does not check. */
  readonly check?: (tls: TlsOptions) => void
  /** Called for the server before it listens. */
  readonly prepare?: (server: Server) => void
}

const node: TlsPlatform = { transport: NodeTransport, remoteAddress }

/** Listens, and hands over connections whose handshake has settled on a protocol that is offered. */
export async function listenTls(
  options: ListenOptions,
  acceptor: Acceptor,
  platform: TlsPlatform = node,
): Promise<Listening> {
  const handshakes = new Handshakes(options.maxHandshakes)
  platform.check?.(options.tls!)
  let contexts = new SecureContexts(options.tls!)
  const find: NodeTlsOptions['SNICallback'] = (name, callback) =>
    callback(null, contexts.find(name))
  const server = tlsServer(options, acceptor, handshakes, platform, {
    ...contexts.options,
    SNICallback: find,
  })
  platform.prepare?.(server)
  return {
    ...(await listenOn(server, options, acceptor)),
    setSecureContext: (tls) => {
      platform.check?.(tls)
      const others = new SecureContexts(tls)
      server.setSecureContext(others.options)
      contexts = others
    },
    settled: handshakes.settled,
  }
}

function tlsServer(
  options: ListenOptions,
  acceptor: Acceptor,
  handshakes: Handshakes,
  platform: TlsPlatform,
  context: NodeTlsOptions,
): NodeTlsServer {
  const handshakeTimeout = options.handshakeTimeout ?? defaultHandshakeTimeout
  const offered = offeredProtocols(options)
  const { requestCert = false, rejectUnauthorized = requestCert } = options.tls!
  const tls: NodeTlsOptions & { noDelay: boolean } = {
    ...context,
    requestCert,
    rejectUnauthorized,
    ALPNProtocols: [...offered],
    handshakeTimeout,
    noDelay: true,
  }
  const server = createServer(tls)
  server.on('connection', (socket) => {
    if (!handshakes.begin()) socket.destroy()
  })
  server.on('secureConnection', (socket) => {
    handshakes.end()
    if (isOffered(socket.alpnProtocol || null, offered)) {
      // Renegotiation ends the connection (RFC 9113 §9.2.1). An older Deno has neither.
      socket.disableRenegotiation?.()
      // Set only now, because a client that ends its side during the handshake is gone.
      socket.allowHalfOpen = true
      keepAlive(socket, options.keepAliveDelay)
      handOver(new platform.transport(socket, tlsInfo(socket, requestCert)), acceptor)
      return
    }
    // The client offered no ALPN, and OpenSSL has accepted it.
    socket.on('error', ignore)
    socket.destroySoon()
    refuse(acceptor, alpnError(socket.alpnProtocol || null), platform.remoteAddress(socket))
  })
  server.on('tlsClientError', (error, socket) => {
    handshakes.end()
    socket.on('error', ignore)
    const client = platform.remoteAddress(socket)
    // An alert has been sent by now; after a timeout Node leaves the socket open.
    if (!answerPlainHttp(error, socket)) socket.destroy()
    refuse(acceptor, refusal(error, handshakeTimeout), client)
  })
  return server
}

function refusal(error: Error, handshakeTimeout: number): Error {
  // On Deno this error has no code.
  if (error.message === 'TLS handshake timeout') return handshakeTimeoutError(handshakeTimeout)
  switch (codeOf(error)) {
    case 'ERR_TLS_HANDSHAKE_TIMEOUT':
      return handshakeTimeoutError(handshakeTimeout)
    case 'ERR_SSL_NO_APPLICATION_PROTOCOL':
      return alpnError(null, error)
    default:
      return handshakeError(error)
  }
}

function tlsInfo(socket: TLSSocket, asksForCertificate: boolean): TlsInfo {
  const certificate = asksForCertificate ? socket.getPeerCertificate() : null
  // `servername` is `false` without SNI, which the types do not say.
  const { servername } = socket as { servername?: string | false }
  return {
    alpnProtocol: socket.alpnProtocol || null,
    version: socket.getProtocol(),
    cipher: socket.getCipher().name,
    serverName: servername || null,
    clientCertificate: certificate && Object.keys(certificate).length > 0 ? certificate : null,
    authorized: asksForCertificate && socket.authorized,
  }
}

function remoteAddress(socket: Socket): Address | null {
  return socket.remoteAddress ? makeAddress(socket.remoteAddress, socket.remotePort) : null
}

function ignore(): void {}
