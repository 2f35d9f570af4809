/** The members of Deno's global that this package uses, so that it does not depend on Deno's types. */
import type { ShutdownSignal } from '../shared/shutdown-signals.ts'

export interface DenoAddress {
  readonly hostname: string
  readonly port: number
}

export interface DenoConn {
  readonly localAddr: DenoAddress
  readonly remoteAddr: DenoAddress
  /** Resolves to `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>
  /** Sends bytes, which must not change before the promise resolves; may take only a part of them. */
  write(bytes: Uint8Array): Promise<number>
  /** Sends FIN. */
  closeWrite(): Promise<void>
  close(): void
  setNoDelay(on: boolean): void
  /** With the system's pauses. */
  setKeepAlive(on: boolean): void
}

export interface DenoListener {
  readonly addr: DenoAddress
  accept(): Promise<DenoConn>
  close(): void
}

export interface DenoListenOptions {
  readonly hostname: string
  readonly port: number
  readonly tcpBacklog?: number
  readonly reusePort?: boolean
}

export interface DenoGlobal {
  listen(options: DenoListenOptions): DenoListener
  addSignalListener(signal: ShutdownSignal, listener: () => void): void
  removeSignalListener(signal: ShutdownSignal, listener: () => void): void
  readonly permissions: {
    /** Asks the user for permission, where Deno may ask. */
    requestSync(what: { name: 'net'; host: string }): { readonly state: string }
  }
  readonly errors: { readonly NotCapable: new (message: string) => Error }
  /** There only with `--unstable-net`. */
  readonly listenDatagram?: unknown
}
