import { ErrorCode, HTTP2Error } from '../engine/errors.ts'

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

export function clientLeft(streamId: number, errorCode: number): HTTP2Error {
  return new HTTP2Error('ERR_STREAM_CLOSED', 'the client went before the response was complete', {
    streamId,
    errorCode,
  })
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
