import type { Server, Socket } from 'node:net'
import { createServer, type TlsOptions, type TLSSocket } from 'node:tls'
import type { Acceptor, Address, ListenOptions, TlsInfo } from '../../transport/transport.ts'
import { makeAddress } from '../shared/address.ts'
import { isOffered, offeredProtocols } from '../shared/alpn.ts'
import { defaultCiphers } from '../shared/ciphers.ts'
import {
  alpnError,
  certificateError,
  ciphersError,
  codeOf,
  handshakeError,
  handshakeTimeoutError,
} from '../shared/errors.ts'
import { handOver, refuse } from '../shared/hand-over.ts'
import type { Handshakes } from '../shared/handshakes.ts'
import { defaultHandshakeTimeout } from '../shared/limits.ts'
import { keepAlive } from './listener.ts'
import { answerPlainHttp } from './plain-http.ts'
import { NodeTransport } from './transport.ts'

/** The members that differ on a runtime whose `node:tls` is not Node's. */
export interface TlsPlatform {
  readonly transport: new (socket: TLSSocket, tls: TlsInfo) => NodeTransport
  /** The address of a socket whose handshake may have failed. */
  readonly remoteAddress: (socket: Socket) => Address | null
}

const node: TlsPlatform = { transport: NodeTransport, remoteAddress }

/** Hands over connections whose handshake has settled on a protocol that is offered. */
export function tlsServer(
  options: ListenOptions,
  acceptor: Acceptor,
  handshakes: Handshakes,
  platform: TlsPlatform = node,
): Server {
  const handshakeTimeout = options.handshakeTimeout ?? defaultHandshakeTimeout
  const given = options.tls!
  const offered = offeredProtocols(options)
  const { requestCert = false, rejectUnauthorized = requestCert, ...secrets } = given
  const tls: TlsOptions & { noDelay: boolean } = {
    ciphers: defaultCiphers,
    minVersion: 'TLSv1.2',
    ...secrets,
    requestCert,
    rejectUnauthorized,
    ALPNProtocols: [...offered],
    handshakeTimeout,
    noDelay: true,
  }
  let server
  try {
    server = createServer(tls)
  } catch (error) {
    if (codeOf(error) !== 'ERR_SSL_NO_CIPHER_MATCH') throw certificateError(error)
    throw ciphersError(given.ciphers!, 'OpenSSL knows none of them', error)
  }
  server.on('connection', () => handshakes.begin())
  server.on('secureConnection', (socket) => {
    handshakes.end()
    if (isOffered(socket.alpnProtocol || null, offered)) {
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
  }
}

function remoteAddress(socket: Socket): Address | null {
  return socket.remoteAddress ? makeAddress(socket.remoteAddress, socket.remotePort) : null
}

function ignore(): void {}
