import type { RequestHead } from '../http/request-head.ts'
import type { ProtocolName } from './connection-info.ts'

/** The stream of a response, as the log sees it. */
export interface LoggedStream {
  readonly id: number
  readonly isPushed: boolean
  readonly request: RequestHead
  readonly connection: { readonly protocol: ProtocolName }
}

/** Reports of a stream to the application. */
export interface StreamReporter {
  /** An error of the application, for the server's `onError`. */
  handlerError(error: unknown, streamId: number): void
  /** The head of a response was sent, for the server's `log`. */
  response(stream: LoggedStream, status: number): void
}
