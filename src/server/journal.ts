import type { ErrorWhere, ResolvedOptions } from './options.ts'
import type { ServerStream } from './server-stream.ts'
import type { Address } from './transport.ts'

/** Tells the application what happens on a connection: its errors, and the requests that were answered. */
export class Journal {
  readonly #options: ResolvedOptions
  readonly #remoteAddress: Address

  constructor(options: ResolvedOptions, remoteAddress: Address) {
    this.#options = options
    this.#remoteAddress = remoteAddress
  }

  error(error: unknown, source: ErrorWhere['source'], streamId?: number): void {
    const where = streamId === undefined ? {} : { streamId }
    try {
      this.#options.onError(error, { source, remoteAddress: this.#remoteAddress, ...where })
    } catch (second) {
      // Nobody is left to tell.
      console.error(second)
    }
  }

  response(stream: ServerStream, status: number): void {
    const { log } = this.#options
    if (!log) return
    const { id: streamId, isPushed: pushed } = stream
    const { method, path } = stream.request
    try {
      log({ remoteAddress: this.#remoteAddress, streamId, method, path, status, pushed })
    } catch (error) {
      this.error(error, 'handler', streamId)
    }
  }
}
