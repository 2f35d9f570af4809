import { ErrorCode, errorCodeName, HTTPError } from '../../common/errors.ts'

/*
 * The errors with which a connection of a server ends.
 */

/** The cause of a connection's failure, as an `HTTPError`. */
export function connectionFailed(cause: unknown): HTTPError {
  if (cause instanceof HTTPError) return cause
  return new HTTPError('ERR_CONNECTION_FAILED', 'the connection cannot go on', { cause })
}

/** The server was closed while the client took no more bytes. */
export function connectionClosed(): HTTPError {
  return new HTTPError('ERR_CONNECTION_CLOSED', 'the server closed the connection', {
    errorCode: ErrorCode.NO_ERROR,
  })
}

/** The peer broke a rule, or was too slow to acknowledge SETTINGS. */
export function connectionTerminated(errorCode: number): HTTPError {
  return new HTTPError(
    'ERR_CONNECTION_TERMINATED',
    `the connection was ended with GOAWAY ${errorCodeName(errorCode)} (RFC 9113 §5.4.1)`,
    { errorCode },
  )
}
