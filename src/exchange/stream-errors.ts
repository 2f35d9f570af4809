import { ErrorCode, HTTPError } from '../common/errors.ts'

/*
 * Errors that a stream of a server throws or ends with.
 */

export function responseSent(streamId: number): HTTPError {
  return new HTTPError('ERR_RESPONSE_SENT', 'the response has already been sent', { streamId })
}

export function streamClosed(streamId: number): HTTPError {
  return new HTTPError('ERR_STREAM_CLOSED', 'the stream is closed: nothing can be sent any more', {
    streamId,
  })
}

/** The reason with which the body of a response is cancelled; see `abortError`. */
export function clientLeft(streamId: number, errorCode: number): DOMException {
  const message = 'the client went before the response was complete'
  return abortError(new HTTPError('ERR_STREAM_CLOSED', message, { streamId, errorCode }))
}

/** The reason of an aborted signal or a cancelled body: an `AbortError`, as of `fetch`, whose `cause` has the code. */
export function abortError(cause: HTTPError): DOMException {
  const error = new DOMException(cause.message, 'AbortError')
  return Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
}

export function notConnect(streamId: number): HTTPError {
  return new HTTPError('ERR_INVALID_STATE', 'only a CONNECT request can become a tunnel', {
    streamId,
  })
}

export function pushOnPush(streamId: number): HTTPError {
  return new HTTPError('ERR_INVALID_STATE', 'push on the stream of a request, not of a push', {
    streamId,
  })
}

export function bodyTooLarge(streamId: number, limit: number): HTTPError {
  return new HTTPError(
    'ERR_BODY_TOO_LARGE',
    `the request's body has more than ${limit} bytes: see maxRequestBodySize`,
    { streamId, errorCode: ErrorCode.ENHANCE_YOUR_CALM },
  )
}
