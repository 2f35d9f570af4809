/** The members of Bun's global that this package uses, so that it does not depend on Bun's types. */
import type { TlsVersion } from '../../transport/transport.ts'

export interface BunSocket<Data> {
  data: Data
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  /** `false` where nothing was negotiated. */
  readonly alpnProtocol: string | false | null
  /**
   * Hands bytes to the system (by way of TLS) and returns how many it took; keeps no reference.
   * -1 on a closed socket.
   */
  write(bytes: Uint8Array, offset: number, length: number): number
  /** Closes both directions once the bytes that `write` took are sent. */
  end(): void
  /** Sends FIN; reading continues. */
  shutdown(): void
  terminate(): void
  /** `delay` in milliseconds. */
  setKeepAlive(on: boolean, delay: number): boolean
  pause(): void
  resume(): void
  getTLSVersion(): string
  getCipher(): { readonly name: string | null }
  getServername(): string | undefined
  getPeerCertificate(): object | null | undefined
}

export interface BunSocketHandler<Data> {
  readonly binaryType: 'uint8array'
  /** Chooses the context for a name that a client asks for; `undefined`: the listener's. */
  readonly serverName?: (data: unknown, name: string) => object | undefined
  open(socket: BunSocket<Data>): void
  handshake?(socket: BunSocket<Data>, success: boolean, error: Error | null): void
  data(socket: BunSocket<Data>, chunk: Uint8Array): void
  drain(socket: BunSocket<Data>): void
  end(socket: BunSocket<Data>): void
  close(socket: BunSocket<Data>, error?: Error): void
  error(socket: BunSocket<Data>, error: Error): void
}

interface BunSecrets {
  readonly cert: string
  readonly key: string
  readonly ca?: string
  readonly passphrase?: string
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
  /** Suites of TLS 1.2. */
  readonly ciphers: string
}

/** Options of a context of `node:tls`. */
export interface BunContextOptions extends BunSecrets {
  readonly minVersion: TlsVersion
  readonly maxVersion: TlsVersion
}

export interface BunTlsOptions extends BunSecrets {
  /** The protocol's number (RFC 8446 §4.1.2). */
  readonly minVersion: number
  readonly maxVersion: number
  /** In the form of RFC 7301 §3.1: each name after its length. */
  readonly ALPNProtocols: Uint8Array
}

/** The place to listen at: an address, or a socket that is bound. */
export type BunPlace =
  | { readonly hostname: string; readonly port: number; readonly reusePort: boolean }
  | { readonly fd: number }

export interface BunListenOptions<Data> {
  readonly allowHalfOpen: boolean
  readonly tls?: BunTlsOptions
  readonly socket: BunSocketHandler<Data>
}

export interface BunListener {
  /** Fills in the address that the system reports. */
  getsockname(out: { address?: string; port?: number }): void
  stop(closeConnections: boolean): void
}

export interface BunGlobal {
  /** Such as `1.4.5`. */
  readonly version: string
  listen<Data>(options: BunPlace & BunListenOptions<Data>): BunListener
}
