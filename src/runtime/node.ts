/** Node: `node:net` and `node:tls`. */
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls'
import type {
  Acceptor,
  Address,
  Listening,
  ListenOptions,
  Runtime,
  TlsInfo,
} from '../server/transport.ts'
import { makeAddress } from './address.ts'
import {
  alpnError,
  certificateError,
  codeOf,
  handshakeError,
  handshakeTimeoutError,
} from './errors.ts'
import { handOver } from './hand-over.ts'
import { defaultHandshakeTimeout } from './limits.ts'
import { NodeTransport } from './node-transport.ts'
import { onShutdownSignal } from './signals.ts'

export const nodeRuntime: Runtime = { name: 'node', listen, onShutdownSignal }

async function listen(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  const server = options.tls ? tlsServer(options, acceptor) : plainServer(acceptor)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(listenArguments(options), () => {
      server.off('error', reject)
      resolve()
    })
  })
  // The system could not accept one, for example because no file descriptor is left.
  server.on('error', (error) => acceptor.onRefused(error, null))
  const bound = server.address()
  return {
    address: makeAddress(...hostAndPort(bound)),
    reusesReadBuffer: false,
    // `net.Server.close` calls back only when the last connection has ended; the port is free at once.
    close: () => new Promise((resolve) => afterClosing(server, resolve)),
  }
}

function plainServer(acceptor: Acceptor): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    accept(socket, null, acceptor),
  )
}

function tlsServer(options: ListenOptions, acceptor: Acceptor): Server {
  const handshakeTimeout = options.handshakeTimeout ?? defaultHandshakeTimeout
  const { requestCert = false, rejectUnauthorized = requestCert, ...secrets } = options.tls!
  const tls: TlsOptions & { noDelay: boolean } = {
    ...secrets,
    requestCert,
    rejectUnauthorized,
    ALPNProtocols: ['h2'],
    handshakeTimeout,
    noDelay: true,
  }
  let server
  try {
    server = createTlsServer(tls)
  } catch (error) {
    throw certificateError(error)
  }
  server.on('secureConnection', (socket) => {
    if (socket.alpnProtocol === 'h2') {
      // Not before: a client that leaves in the middle of its handshake is gone.
      socket.allowHalfOpen = true
      accept(socket, tlsInfo(socket, requestCert), acceptor)
      return
    }
    // It offered no ALPN at all: OpenSSL lets it pass.
    socket.on('error', ignore)
    socket.destroySoon()
    acceptor.onRefused(alpnError(socket.alpnProtocol || null), remoteAddress(socket))
  })
  server.on('tlsClientError', (error, socket) => {
    socket.on('error', ignore)
    const client = remoteAddress(socket)
    // An alert has been sent by now; after a timeout Node leaves the socket open.
    socket.destroy()
    acceptor.onRefused(refusal(error, handshakeTimeout), client)
  })
  return server
}

function accept(socket: Socket, tls: TlsInfo | null, acceptor: Acceptor): void {
  handOver(new NodeTransport(socket, tls), acceptor)
}

function refusal(error: Error, handshakeTimeout: number): Error {
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
  // `false` without SNI, which the types do not tell.
  const { servername } = socket as { servername?: string | false }
  return {
    alpnProtocol: 'h2',
    version: socket.getProtocol(),
    cipher: socket.getCipher().name,
    serverName: servername || null,
    clientCertificate: certificate && Object.keys(certificate).length > 0 ? certificate : null,
  }
}

function listenArguments(options: ListenOptions): {
  port: number
  host?: string
  backlog?: number
  reusePort?: boolean
} {
  return {
    port: options.port,
    ...(options.host === null ? {} : { host: options.host }),
    ...(options.backlog === undefined ? {} : { backlog: options.backlog }),
    // Known to Node from 23.1 on; before, it is ignored.
    ...(options.reusePort ? { reusePort: true } : {}),
  }
}

function hostAndPort(bound: ReturnType<Server['address']>): [string, number] {
  return typeof bound === 'object' && bound ? [bound.address, bound.port] : ['', 0]
}

function remoteAddress(socket: Socket): Address | null {
  return socket.remoteAddress ? makeAddress(socket.remoteAddress, socket.remotePort) : null
}

function afterClosing(server: Server, done: () => void): void {
  server.close()
  // The handle is closed in this turn of the loop; its port is free in the next.
  setImmediate(done)
}

function ignore(): void {}
