import { ErrorCode, errorCodeName, HTTP2Error } from '../../common/errors.ts'

/*
 * Why a connection of a server ends.
 */

/** What made a connection fail, as an `HTTP2Error`. */
export function connectionFailed(cause: unknown): HTTP2Error {
  if (cause instanceof HTTP2Error) return cause
  return new HTTP2Error('ERR_CONNECTION_FAILED', 'the connection cannot go on', { cause })
}

/** The server was closed while the client took nothing more. */
export function connectionClosed(): HTTP2Error {
  return new HTTP2Error('ERR_CONNECTION_CLOSED', 'the server closed the connection', {
    errorCode: ErrorCode.NO_ERROR,
  })
}

/** Of a peer that broke a rule, or was too slow to acknowledge SETTINGS. */
export function connectionTerminated(errorCode: number): HTTP2Error {
  return new HTTP2Error(
    'ERR_CONNECTION_TERMINATED',
    `the connection was ended with GOAWAY ${errorCodeName(errorCode)} (RFC 9113 §5.4.1)`,
    { errorCode },
  )
}
