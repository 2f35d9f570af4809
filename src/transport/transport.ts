/**
 * The server's view of a runtime: bytes in, bytes out, addresses of the peers. `src/runtime/*` implements these
 * interfaces once per runtime; no other module uses a socket.
 */

/** One end of a connection. `port` is 0 where there is no port (a transport in memory). */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Result of the TLS handshake; a field is `null` where the runtime does not report it. */
export interface TlsInfo {
  /** The negotiated protocol (RFC 7301), such as `'h2'`; `null`: the client offered none. */
  readonly alpnProtocol: string | null
  /** In the form of the runtime, for example `TLSv1.3`. */
  readonly version: string | null
  readonly cipher: string | null
  /** The name the client asked for (SNI, RFC 6066 §3). */
  readonly serverName: string | null
  /** The client's certificate, as the runtime presents it; `null` when it sent none. */
  readonly clientCertificate: unknown
  /**
   * The client has sent a certificate that `ca` has signed. With `rejectUnauthorized: false`, `clientCertificate` may be of
   * any client, and this tells.
   */
  readonly authorized: boolean
}

/** A certificate chain and its key, in PEM. A runtime gets strings. */
export interface TlsCertificate {
  readonly cert: string
  readonly key: string
  /** Opens the key, if it is encrypted. */
  readonly passphrase?: string
}

/** A certificate for clients that ask for a name (SNI, RFC 6066 §3). */
export interface NamedCertificate extends TlsCertificate {
  /**
   * A host's name, such as `example.org`, or `*.example.org` for each name with one more label. Upper case is as lower
   * case. A name has precedence over an asterisk.
   */
  readonly serverName: string
}

/** The part of the TLS options that may change while a server listens. */
export interface SecureContextOptions extends TlsCertificate {
  /** Certificates trusted to sign a client's certificate, in PEM. */
  readonly ca?: string
  /** Certificates for other names. `cert` and `key` are for clients that ask for none of these names. Default: none. */
  readonly certificates?: readonly NamedCertificate[]
}

/** Certificates, and the options of the handshake. */
export interface TlsOptions extends SecureContextOptions {
  /** Ask the client for a certificate. */
  readonly requestCert?: boolean
  /** Refuse a client whose certificate is missing or not signed by `ca`. Default: `requestCert`. */
  readonly rejectUnauthorized?: boolean
  /**
   * Cipher suites in OpenSSL's names, the preferred first, with colons between. Default: of TLS 1.2 those with ECDHE
   * and AEAD, which HTTP/2 allows (RFC 9113 §9.2.2), and all of TLS 1.3.
   */
  readonly ciphers?: string
  /** Default `TLSv1.2`, the least that HTTP/2 allows (RFC 9113 §9.2). */
  readonly minVersion?: TlsVersion
  /** Default `TLSv1.3`. */
  readonly maxVersion?: TlsVersion
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

/**
 * A connected byte stream in both directions. Never calls its sink from inside one of these methods.
 * Bytes written after `end` or `destroy` are dropped without an error.
 */
export interface Transport {
  readonly remoteAddress: Address
  readonly localAddress: Address
  /** `null` on cleartext. */
  readonly tls: TlsInfo | null
  /** Bytes that were written and that the system has not taken; absent: none. */
  readonly unsent?: number
  /**
   * Sends bytes that are *borrowed*: the caller overwrites them once the call has returned, so the transport copies the
   * bytes that it cannot hand over at once. Returns `false` when the peer reads more slowly than bytes are written:
   * send no more until `onDrain`. Bytes that are passed nevertheless are kept. Returns `false` also when the connection is
   * lost or ended: the bytes are dropped, and no `onDrain` follows.
   */
  write(bytes: Uint8Array): boolean
  /** Sends chunks in order, without a copy where the runtime can. The caller must not change them afterwards. */
  writev(chunks: readonly Uint8Array[]): boolean
  /**
   * Converts bytes to a class whose slices cost less to send. Chunks for `writev` are cut from the result. The result
   * has the same memory, not a copy. Called without `this`.
   */
  readonly view?: (bytes: Uint8Array) => Uint8Array
  /** Stops `onData` after the chunk being delivered; TCP pushes back on the peer. */
  pause(): void
  resume(): void
  /** Sends the written bytes, then FIN (on TLS close_notify first). `onClose` follows when the peer has closed too. */
  end(): void
  /** Drops the connection now; bytes that were not sent are lost. `onClose` follows. */
  destroy(): void
  /** As `destroy`, and the peer is told that bytes are missing (RST). Absent where the runtime cannot, or `destroy` does. */
  reset?(): void
}

/**
 * The receiver of a transport's events: a connection. A sink that throws loses only its own connection:
 * the transport is destroyed and `onClose` gets the error.
 */
export interface TransportSink {
  /**
   * Bytes arrived. The chunk may be kept unless `Listening.reusesReadBuffer` says that its memory is overwritten after
   * this call.
   */
  onData(chunk: Uint8Array): void
  /** After a `write` that returned `false`: there is room again. */
  onDrain(): void
  /** The peer sent FIN and sends no more bytes. Written bytes still reach the peer, until `end`. */
  onEnd(): void
  /**
   * The transport is closed. Called exactly once, and last. `null` when both sides have sent FIN, or after `destroy`;
   * else the system's error with its `code`, such as `ECONNRESET`.
   */
  onClose(error: Error | null): void
}

export interface ListenOptions {
  /** `null` listens on all interfaces. */
  readonly host: string | null
  /** 0 picks a free port. */
  readonly port: number
  readonly tls: TlsOptions | null
  /** Protocols that are offered by ALPN (RFC 7301), the preferred first. Default: `h2`. */
  readonly alpnProtocols?: readonly string[]
  /** The file descriptor of a socket that is bound already, instead of `host` and `port`. */
  readonly fd?: number
  /** Several processes may share the port (SO_REUSEPORT) where the runtime and the system allow it. */
  readonly reusePort?: boolean
  /** Pending connections the system queues; the runtime's default when absent. */
  readonly backlog?: number
  /** Milliseconds a TLS handshake may take. Default 10,000. */
  readonly handshakeTimeout?: number
  /** TLS handshakes that may be under way at once; further connections are dropped. Absent: any number. */
  readonly maxHandshakes?: number
  /**
   * Milliseconds of silence after which the system asks whether the peer is there (SO_KEEPALIVE, RFC 9293 §3.8.4), where
   * the runtime can choose; 0 or absent: never.
   */
  readonly keepAliveDelay?: number
}

export interface Listening {
  readonly address: Address
  /** True where the memory of a chunk passed to `onData` is used again for the next one. */
  readonly reusesReadBuffer: boolean
  /** Stops accepting; open connections stay open. Resolves once the port is free. */
  close(): Promise<void>
  /**
   * Uses other certificates, `ca` included, in the handshakes that begin from now on. Connections stay open. Throws when a
   * certificate cannot be used (`ERR_TLS_CERTIFICATE`) or the runtime cannot do it (`ERR_TLS_OPTION`); those in use stay.
   */
  setSecureContext?(tls: TlsOptions): void
  /** Resolves once the connections that were accepted are ready or were refused: TLS handshakes take a while. */
  settled?(): Promise<void>
}

/** Callbacks of a listener. */
export interface Acceptor {
  /** A connection is ready: where there is TLS, its handshake has settled on a protocol that was offered. */
  onConnection(transport: Transport): TransportSink
  /**
   * A connection failed before it was ready: the handshake failed, or the client takes none of the protocols. Such a
   * client gets the alert no_application_protocol, or its connection is closed. The listener goes on.
   */
  onRefused(error: Error, remoteAddress: Address | null): void
}

/** One JavaScript runtime, or another way for bytes to arrive. */
export interface Runtime {
  readonly name: 'node' | 'deno' | 'bun' | 'memory' | (string & {})
  /** Rejects with the system's error (`code` such as `EADDRINUSE`) when the address cannot be used. */
  listen(options: ListenOptions, acceptor: Acceptor): Promise<Listening>
  /**
   * Calls `action` at the end of this turn of the loop, so that the output of many timers, promises and pieces of a
   * stream is sent at once. Default: after the promises that are settled, which may be between two timers.
   */
  atEndOfTurn?(action: () => void): void
  /** Calls `action` when other connections have had their turn. Default: as `atEndOfTurn`. */
  afterOthers?(action: () => void): void
  /**
   * Calls `listener` at each SIGINT and SIGTERM, which then do not end the process. The result removes the listener.
   */
  onShutdownSignal?(listener: () => void): () => void
}
