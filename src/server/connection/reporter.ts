import { isThenable } from '../../common/thenable.ts'
import type { ErrorWhere, ResolvedOptions } from './options.ts'
import type { LoggedStream, StreamReporter } from '../../exchange/stream-reporter.ts'
import type { Address } from '../../transport/transport.ts'

/** Calls the application's `onError`; an error that it throws goes to the console. */
export function tellError(
  onError: ResolvedOptions['onError'],
  error: unknown,
  where: ErrorWhere,
): void {
  try {
    const result: unknown = onError(error, where)
    if (isThenable(result)) Promise.resolve(result).catch(toConsole)
  } catch (second) {
    toConsole(second)
  }
}

function toConsole(error: unknown): void {
  console.error(error)
}

/** Reports of a connection to the application: its errors, and the requests that were answered. */
export class Reporter implements StreamReporter {
  readonly #options: ResolvedOptions
  readonly #remoteAddress: Address
  #hasFailed = false

  constructor(options: ResolvedOptions, remoteAddress: Address) {
    this.#options = options
    this.#remoteAddress = remoteAddress
  }

  /** The connection cannot be served. */
  serverError(error: unknown): void {
    this.#error(error, 'server')
  }

  handlerError(error: unknown, streamId: number): void {
    this.#error(error, 'handler', streamId)
  }

  /** A stream ends because of its client; the connection goes on. */
  streamError(error: unknown, streamId: number): void {
    this.#error(error, 'connection', streamId)
  }

  #error(error: unknown, source: ErrorWhere['source'], streamId?: number): void {
    const where = streamId === undefined ? {} : { streamId }
    const remoteAddress = this.#remoteAddress
    tellError(this.#options.onError, error, { source, remoteAddress, ...where })
  }

  /** Reports the error that ends the connection. Later errors follow from the first, and are not reported. */
  connectionError(error: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#error(error, 'connection')
  }

  response(stream: LoggedStream, status: number): void {
    const { log } = this.#options
    if (!log) return
    const { id: streamId, isPushed: pushed } = stream
    const { method, path } = stream.request
    const { protocol } = stream.connection
    const remoteAddress = this.#remoteAddress
    const failed = (error: unknown): void => this.handlerError(error, streamId)
    try {
      const result: unknown = log({
        remoteAddress,
        protocol,
        streamId,
        method,
        path,
        status,
        pushed,
      })
      if (isThenable(result)) Promise.resolve(result).catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}
