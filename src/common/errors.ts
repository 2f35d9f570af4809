/** Error codes (RFC 9113 §7): why a stream or a connection ended, as sent on the wire. */
export const ErrorCode = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const

const errorCodeNames = Object.keys(ErrorCode)

/** `'CANCEL'` for 8; a code that no RFC names gives a hexadecimal number. */
export function errorCodeName(code: number): string {
  return errorCodeNames[code] ?? `0x${code.toString(16)}`
}

/** nghttp2's own results (`NGHTTP2_ERR_*`), of which those below -900 end the session. */
const libraryCodes: Readonly<Record<number, string>> = {
  [-501]: 'NGHTTP2_ERR_INVALID_ARGUMENT',
  [-502]: 'NGHTTP2_ERR_BUFFER_ERROR',
  [-503]: 'NGHTTP2_ERR_UNSUPPORTED_VERSION',
  [-504]: 'NGHTTP2_ERR_WOULDBLOCK',
  [-505]: 'NGHTTP2_ERR_PROTO',
  [-506]: 'NGHTTP2_ERR_INVALID_FRAME',
  [-507]: 'NGHTTP2_ERR_EOF',
  [-508]: 'NGHTTP2_ERR_DEFERRED',
  [-509]: 'NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE',
  [-510]: 'NGHTTP2_ERR_STREAM_CLOSED',
  [-511]: 'NGHTTP2_ERR_STREAM_CLOSING',
  [-512]: 'NGHTTP2_ERR_STREAM_SHUT_WR',
  [-513]: 'NGHTTP2_ERR_INVALID_STREAM_ID',
  [-514]: 'NGHTTP2_ERR_INVALID_STREAM_STATE',
  [-515]: 'NGHTTP2_ERR_DEFERRED_DATA_EXIST',
  [-516]: 'NGHTTP2_ERR_START_STREAM_NOT_ALLOWED',
  [-517]: 'NGHTTP2_ERR_GOAWAY_ALREADY_SENT',
  [-518]: 'NGHTTP2_ERR_INVALID_HEADER_BLOCK',
  [-519]: 'NGHTTP2_ERR_INVALID_STATE',
  [-521]: 'NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE',
  [-522]: 'NGHTTP2_ERR_FRAME_SIZE_ERROR',
  [-523]: 'NGHTTP2_ERR_HEADER_COMP',
  [-524]: 'NGHTTP2_ERR_FLOW_CONTROL',
  [-525]: 'NGHTTP2_ERR_INSUFF_BUFSIZE',
  [-526]: 'NGHTTP2_ERR_PAUSE',
  [-527]: 'NGHTTP2_ERR_TOO_MANY_INFLIGHT_SETTINGS',
  [-528]: 'NGHTTP2_ERR_PUSH_DISABLED',
  [-529]: 'NGHTTP2_ERR_DATA_EXIST',
  [-530]: 'NGHTTP2_ERR_SESSION_CLOSING',
  [-531]: 'NGHTTP2_ERR_HTTP_HEADER',
  [-532]: 'NGHTTP2_ERR_HTTP_MESSAGING',
  [-533]: 'NGHTTP2_ERR_REFUSED_STREAM',
  [-534]: 'NGHTTP2_ERR_INTERNAL',
  [-535]: 'NGHTTP2_ERR_CANCEL',
  [-536]: 'NGHTTP2_ERR_SETTINGS_EXPECTED',
  [-537]: 'NGHTTP2_ERR_TOO_MANY_SETTINGS',
  [-901]: 'NGHTTP2_ERR_NOMEM',
  [-902]: 'NGHTTP2_ERR_CALLBACK_FAILURE',
  [-903]: 'NGHTTP2_ERR_BAD_CLIENT_MAGIC',
  [-904]: 'NGHTTP2_ERR_FLOODED',
  [-905]: 'NGHTTP2_ERR_TOO_MANY_CONTINUATIONS',
}

/** The name of an `NGHTTP2_ERR_*`. */
export function libraryCodeName(code: number): string {
  return libraryCodes[code] ?? 'NGHTTP2_ERR_UNKNOWN'
}

/** The place of an error, for `HTTPError`. */
export interface ErrorPlace {
  /** The stream of the error. */
  readonly streamId?: number
  /** nghttp2's result, where the error came from nghttp2. */
  readonly errno?: number
  /** The code of RFC 9113 §7 that was sent to the peer, or received from it. */
  readonly errorCode?: number
  readonly cause?: unknown
}

/**
 * Every error of this package. `code` is stable, for programs: an `NGHTTP2_ERR_*`, or `ERR_…` for an error of this
 * package. The message says what happened and what to do.
 */
export class HTTPError extends Error {
  readonly code: string
  // An error has only the members that are known, so that a console prints no `undefined`.
  declare readonly streamId: number | undefined
  declare readonly errno: number | undefined
  declare readonly errorCode: number | undefined

  static {
    nameErrors(this, 'HTTPError')
  }

  constructor(code: string, message: string, place: ErrorPlace = {}) {
    super(message, place.cause === undefined ? undefined : { cause: place.cause })
    this.code = code
    const { streamId, errno, errorCode } = place
    if (streamId !== undefined) this.streamId = streamId
    if (errno !== undefined) this.errno = errno
    if (errorCode !== undefined) this.errorCode = errorCode
  }
}

/** The name of `HTTPError` before HTTP/1.1 was served: the same class. */
export const HTTP2Error: typeof HTTPError = HTTPError
export type HTTP2Error = HTTPError

/** Names the errors of a class as the built-in ones are named: on the prototype, where no console lists it. */
export function nameErrors(errors: { readonly prototype: Error }, name: string): void {
  Object.defineProperty(errors.prototype, 'name', {
    value: name,
    configurable: true,
    writable: true,
  })
}
