/**
 * The response of a stream.
 *
 * - `none`: nothing but 1xx responses has been sent.
 * - `promised`: a push, whose PUSH_PROMISE has not been sent yet.
 * - `streaming`: the head has been sent, more of the body follows.
 * - `tunnel`: the stream is a tunnel, which the server has not ended.
 * - `complete`: all of the response has been handed to the connection.
 */
export type ResponseState = 'none' | 'promised' | 'streaming' | 'tunnel' | 'complete'

/**
 * The life of a stream.
 *
 * - `open`: bytes may be sent.
 * - `resetting`: the server has reset the stream; the protocol has not closed it yet.
 * - `gone`: the protocol has closed the stream; the exchange's `onClose` is queued.
 * - `closed`: the exchange's `onClose` was called.
 */
export type StreamLife = 'open' | 'resetting' | 'gone' | 'closed'
