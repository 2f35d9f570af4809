/** Deno: `Deno.listen` and `Deno.listenTls`. */
import type {
  Acceptor,
  Listening,
  ListenOptions,
  Runtime,
  TlsInfo,
  TlsOptions,
} from '../server/transport.ts'
import { makeAddress } from './address.ts'
import { onAllInterfaces } from './all-interfaces.ts'
import { onShutdownSignal } from './deno-signals.ts'
import { DenoTransport } from './deno-transport.ts'
import type { DenoConn, DenoGlobal, DenoListener, DenoListenOptions } from './deno-types.ts'
import {
  alpnError,
  certificateError,
  codeOf,
  handshakeError,
  handshakeTimeoutError,
  listenError,
  tlsOptionError,
} from './errors.ts'
import { handOver, refuse } from './hand-over.ts'
import { defaultHandshakeTimeout } from './limits.ts'

export const denoRuntime: Runtime = { name: 'deno', listen, onShutdownSignal, atEndOfTurn }

let later: ((action: () => void) => void) | undefined

function atEndOfTurn(action: () => void): void {
  // Only now: Deno takes 10 ms to have it. Before Deno 2.4 it was not there.
  later ??= globalThis.setImmediate ?? queueMicrotask
  later(action)
}

/** Milliseconds to wait when the system cannot accept, for example because no file descriptor is left. */
const acceptPause = 100

async function listen(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  const { Deno } = globalThis as unknown as { Deno: DenoGlobal }
  const secrets = options.tls && (await readTlsOptions(options.tls))
  const listenOn = (hostname: string): DenoListener => {
    const all: DenoListenOptions = {
      hostname,
      port: options.port,
      ...(options.backlog === undefined ? {} : { tcpBacklog: options.backlog }),
      // Deno ends the process over it when it was started without --unstable-net.
      ...(options.reusePort && Deno.listenDatagram ? { reusePort: true } : {}),
    }
    return secrets
      ? Deno.listenTls({ ...all, ...secrets, alpnProtocols: ['h2'] })
      : Deno.listen(all)
  }
  let listener: DenoListener
  try {
    listener = options.host === null ? onAllInterfaces(listenOn) : listenOn(options.host)
  } catch (error) {
    throw secrets && isCertificateError(error)
      ? certificateError(error)
      : listenError(error, options.host, /lookup/)
  }
  const accepting = acceptAll(listener, options, acceptor)
  return {
    address: makeAddress(listener.addr.hostname, listener.addr.port),
    reusesReadBuffer: true,
    close: () => {
      closeQuietly(listener)
      return accepting
    },
  }
}

/** Until the listener is closed. */
async function acceptAll(
  listener: DenoListener,
  options: ListenOptions,
  acceptor: Acceptor,
): Promise<void> {
  for (;;) {
    let conn: DenoConn
    try {
      conn = await listener.accept()
    } catch (error) {
      if (isClosed(error)) return
      refuse(acceptor, error, null)
      await new Promise((resolve) => setTimeout(resolve, acceptPause))
      continue
    }
    if (options.tls) void shakeHands(conn, options.handshakeTimeout, acceptor)
    else accept(conn, null, acceptor)
  }
}

async function shakeHands(
  conn: DenoConn,
  timeout: number = defaultHandshakeTimeout,
  acceptor: Acceptor,
): Promise<void> {
  const remoteAddress = makeAddress(conn.remoteAddr.hostname, conn.remoteAddr.port)
  let late: Error | null = null
  const timer = setTimeout(() => {
    late = handshakeTimeoutError(timeout)
    // The handshake is rejected by this, and nobody is served; but Deno closes the system's socket
    // only when the client speaks or leaves.
    closeQuietly(conn)
  }, timeout)
  try {
    const { alpnProtocol } = await conn.handshake!()
    clearTimeout(timer)
    if (alpnProtocol === 'h2') {
      accept(conn, tlsInfo, acceptor)
      return
    }
    // It offered no ALPN at all: rustls lets it pass.
    refuse(acceptor, alpnError(alpnProtocol), remoteAddress)
    await conn.closeWrite().catch(() => {})
  } catch (error) {
    clearTimeout(timer)
    refuse(acceptor, late ?? refusal(error), remoteAddress)
  }
  closeQuietly(conn)
}

/** Deno tells no more. */
const tlsInfo: TlsInfo = {
  alpnProtocol: 'h2',
  version: null,
  cipher: null,
  serverName: null,
  clientCertificate: null,
}

function accept(conn: DenoConn, tls: TlsInfo | null, acceptor: Acceptor): void {
  try {
    // Deno offers no way to set it under TLS.
    conn.setNoDelay?.(true)
    handOver(new DenoTransport(conn, tls), acceptor)
  } catch (error) {
    // The client was gone before it could be served.
    refuse(acceptor, error, null)
    closeQuietly(conn)
  }
}

function refusal(error: unknown): Error {
  return error instanceof Error && error.message.includes('any known protocol')
    ? alpnError(null, error)
    : handshakeError(error)
}

async function readTlsOptions(tls: TlsOptions): Promise<{ cert: string; key: string }> {
  if (tls.requestCert) throw tlsOptionError('requestCert', 'Deno')
  const { cert, key, passphrase } = tls
  return { cert, key: passphrase === undefined ? key : await decryptKey(key, passphrase) }
}

/** Deno reads keys without a passphrase only. */
async function decryptKey(key: string, passphrase: string): Promise<string> {
  try {
    const { createPrivateKey } = await import('node:crypto')
    return String(createPrivateKey({ key, passphrase }).export({ type: 'pkcs8', format: 'pem' }))
  } catch (error) {
    throw certificateError(error)
  }
}

/** `InvalidData`, or no name at all for a key that belongs to another certificate. */
function isCertificateError(error: unknown): boolean {
  if (!(error instanceof Error) || codeOf(error) !== '') return false
  return error.name === 'InvalidData' || /\bkeys?\b/i.test(error.message)
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && (error.name === 'BadResource' || error.name === 'Interrupted')
}

function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close()
  } catch {
    // It is closed already.
  }
}
