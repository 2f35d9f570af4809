import type { Exchange } from './exchange.ts'
import type { ServerTunnel } from './server-tunnel.ts'

/** The exchange of a stream that its handler made a tunnel of: of the handler, only `onClose` is called. */
export class TunnelExchange implements Exchange {
  readonly #tunnel: ServerTunnel
  readonly #handler: Exchange
  readonly #onShutdown: () => void

  constructor(tunnel: ServerTunnel, handler: Exchange, onShutdown: () => void = () => {}) {
    this.#tunnel = tunnel
    this.#handler = handler
    this.#onShutdown = onShutdown
  }

  onHeaders(): void {}

  onData(chunk: Uint8Array): void | Promise<void> {
    return this.#tunnel.onData(chunk)
  }

  onRequestDone(): void {
    this.#tunnel.onEnd()
  }

  onClose(errorCode: number): void | Promise<void> {
    this.#tunnel.onClose(errorCode)
    return this.#handler.onClose(errorCode)
  }

  onShutdown(): void {
    this.#onShutdown()
  }
}
