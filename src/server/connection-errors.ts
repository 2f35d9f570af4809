import { ErrorCode, HTTP2Error } from '../engine/errors.ts'

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
