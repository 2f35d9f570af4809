import { ErrorCode, HTTP2Error } from '../common/errors.ts'

/*
 * What a stream of a server throws, and why one ended.
 */

export function responseSent(streamId: number): HTTP2Error {
  return new HTTP2Error('ERR_RESPONSE_SENT', 'the response has already been sent', { streamId })
}

export function streamClosed(streamId: number): HTTP2Error {
  return new HTTP2Error('ERR_STREAM_CLOSED', 'the stream is closed: nothing can be sent any more', {
    streamId,
  })
}

/** Why the body of a response is cancelled; see `abortError`. */
export function clientLeft(streamId: number, errorCode: number): DOMException {
  const message = 'the client went before the response was complete'
  return abortError(new HTTP2Error('ERR_STREAM_CLOSED', message, { streamId, errorCode }))
}

/** The reason of a signal, and of what is cancelled with it: an `AbortError`, as `fetch` has it; `cause` has the code. */
export function abortError(cause: HTTP2Error): DOMException {
  const error = new DOMException(cause.message, 'AbortError')
  return Object.defineProperty(error, 'cause', { value: cause, configurable: true, writable: true })
}

export function notConnect(streamId: number): HTTP2Error {
  return new HTTP2Error('ERR_INVALID_STATE', 'only a CONNECT request can become a tunnel', {
    streamId,
  })
}

export function pushOnPush(streamId: number): HTTP2Error {
  return new HTTP2Error('ERR_INVALID_STATE', 'push on the stream of a request, not of a push', {
    streamId,
  })
}

export function bodyTooLarge(streamId: number, limit: number): HTTP2Error {
  return new HTTP2Error(
    'ERR_BODY_TOO_LARGE',
    `the request's body has more than ${limit} bytes: see maxRequestBodySize`,
    { streamId, errorCode: ErrorCode.ENHANCE_YOUR_CALM },
  )
}
