/**
 * TLS on Deno: `node:tls` as on Node. `Deno.listenTls` cannot set TCP_NODELAY: a client that takes 64 KiB at a time
 * waits for its own delayed acknowledgements. It reports neither version nor cipher nor SNI.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type {
  Acceptor,
  Address,
  Listening,
  ListenOptions,
  TlsCertificate,
  TlsOptions,
} from '../../transport/transport.ts'
import { makeAddress } from '../shared/address.ts'
import { tcpSocket } from './node-socket.ts'
import { DenoNodeTransport } from './node-transport.ts'
import type { DenoGlobal } from './types.ts'
import { certificateError, tlsOptionError } from '../shared/errors.ts'
import { listenTls as listenNodeTls } from '../node/tls.ts'

export async function listenTls(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  const tls = options.tls!
  // Deno accepts any certificate in the handshake and lets JavaScript check it afterwards, which is too late for a
  // resumed session.
  if (tls.requestCert) throw tlsOptionError('requestCert', 'Deno')
  // rustls has the suites of `defaultCiphers` and no option to choose.
  if (tls.ciphers !== undefined) throw tlsOptionError('ciphers', 'Deno')
  const host = options.fd === undefined ? await permittedHost(options) : null
  const addresses = new WeakMap<object, Address>()
  return listenNodeTls({ ...options, host }, acceptor, {
    transport: DenoNodeTransport,
    remoteAddress: (socket) => addresses.get(tcpSocket(socket) ?? socket) ?? null,
    check: checkCertificates,
    prepare: (server) => {
      // A TLS socket has lost its address by the time its handshake is known to have failed.
      server.on('connection', (socket) => {
        addresses.set(socket, makeAddress(socket.remoteAddress, socket.remotePort))
      })
    },
  })
}

/** Checks certificates and keys, which `node:tls` would check with the first client. */
function checkCertificates({ certificates = [], ...all }: TlsOptions): void {
  for (const certificate of [all, ...certificates]) checkCertificate(certificate)
}

function checkCertificate({ cert, key, passphrase }: TlsCertificate): void {
  let belongs: boolean
  try {
    const secret = createPrivateKey(passphrase === undefined ? key : { key, passphrase })
    belongs = new X509Certificate(cert).checkPrivateKey(secret)
  } catch (error) {
    throw certificateError(error)
  }
  if (!belongs) throw certificateError('the key belongs to another certificate')
}

/** The address to listen on, after Deno has given permission. */
async function permittedHost({ host, port }: ListenOptions): Promise<string | null> {
  const address = host === null || isIP(host) ? host : (await lookup(host)).address
  checkPermission(address ?? '::', port)
  return address
}

/** Asks for permission: without it `node:net` throws in a later tick, which would end the program. */
function checkPermission(address: string, port: number): void {
  const { Deno } = globalThis as unknown as { Deno: DenoGlobal }
  const host = `${isIP(address) === 6 ? `[${address}]` : address}:${port}`
  if (Deno.permissions.requestSync({ name: 'net', host }).state === 'granted') return
  throw new Deno.errors.NotCapable(
    `Requires net access to "${host}", run again with the --allow-net flag`,
  )
}
