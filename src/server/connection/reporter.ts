import { isThenable } from '../../common/thenable.ts'
import type { ErrorWhere, ResolvedOptions } from './options.ts'
import type { ServerStream } from '../../exchange/server-stream.ts'
import type { Address } from '../../transport/transport.ts'

/** Calls an `onError` of the application; what goes wrong in it is for the console. */
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

/** Tells the application what happens on a connection: its errors, and the requests that were answered. */
export class Journal {
  readonly #options: ResolvedOptions
  readonly #remoteAddress: Address
  #hasFailed = false

  constructor(options: ResolvedOptions, remoteAddress: Address) {
    this.#options = options
    this.#remoteAddress = remoteAddress
  }

  error(error: unknown, source: ErrorWhere['source'], streamId?: number): void {
    const where = streamId === undefined ? {} : { streamId }
    const remoteAddress = this.#remoteAddress
    tellError(this.#options.onError, error, { source, remoteAddress, ...where })
  }

  /** What ends a connection is told once: what follows from it is no news. */
  connectionError(error: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.error(error, 'connection')
  }

  response(stream: ServerStream, status: number): void {
    const { log } = this.#options
    if (!log) return
    const { id: streamId, isPushed: pushed } = stream
    const { method, path } = stream.request
    const remoteAddress = this.#remoteAddress
    const failed = (error: unknown): void => this.error(error, 'handler', streamId)
    try {
      const result: unknown = log({ remoteAddress, streamId, method, path, status, pushed })
      if (isThenable(result)) Promise.resolve(result).catch(failed)
    } catch (error) {
      failed(error)
    }
  }
}
