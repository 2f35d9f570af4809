import { Reason } from '../abi.ts'

/** The reason why a message was refused that broke a rule or a limit of HTTP/1.1, and the status to answer with. */
export interface Refusal {
  /** The status to answer with (RFC 9110 §15.5, §15.6). */
  readonly status: number
  /** Stable, for programs: `ERR_HTTP1_…`, or llhttp's `HPE_…`. */
  readonly code: string
  readonly message: string
}

function refusal(status: number, code: string, message: string): Refusal {
  return Object.freeze({ status, code: `ERR_HTTP1_${code}`, message })
}

const refusals: Readonly<Record<number, Refusal>> = {
  [Reason.line]: refusal(400, 'START_LINE', 'the start line is malformed (RFC 9112 §3, §4)'),
  [Reason.method]: refusal(501, 'METHOD', 'the method is not implemented (RFC 9110 §9.1)'),
  [Reason.version]: refusal(
    505,
    'VERSION',
    'the version is not HTTP/1.1 or HTTP/1.0 (RFC 9112 §2.3)',
  ),
  [Reason.target]: refusal(400, 'TARGET', 'the request target is malformed (RFC 9112 §3.2)'),
  [Reason.targetLength]: refusal(
    414,
    'TARGET_LENGTH',
    'the request target is too long (RFC 9110 §15.5.15)',
  ),
  [Reason.host]: refusal(
    400,
    'HOST',
    'a request has exactly one Host field, not empty (RFC 9112 §3.2)',
  ),
  [Reason.coding]: refusal(
    400,
    'TRANSFER_CODING',
    'Transfer-Encoding is not `chunked`, once (RFC 9112 §6.1)',
  ),
  [Reason.codingUnknown]: refusal(
    501,
    'TRANSFER_CODING',
    'the transfer coding is not implemented (RFC 9112 §6.1)',
  ),
  [Reason.length]: refusal(
    400,
    'CONTENT_LENGTH',
    'the length of the body is said twice (RFC 9112 §6.3)',
  ),
  [Reason.upgradeBody]: refusal(
    400,
    'UPGRADE_BODY',
    'a request with Upgrade, or CONNECT, has a body (RFC 9110 §7.8, §9.3.6)',
  ),
  [Reason.fields]: refusal(
    431,
    'FIELDS',
    'there are more header fields than the limits allow (RFC 6585 §5)',
  ),
  [Reason.extensions]: refusal(
    413,
    'CHUNK_EXTENSIONS',
    'there are more chunk extensions than the limit allows (RFC 9112 §7.1.1)',
  ),
  [Reason.trailers]: refusal(
    400,
    'TRAILERS',
    'a trailer field frames or routes the message, or there are too many (RFC 9110 §6.5.1)',
  ),
  [Reason.incomplete]: refusal(
    400,
    'INCOMPLETE',
    'the connection ended inside the message (RFC 9112 §8)',
  ),
}

/** `llhttp_errno` by number. */
const parserErrors: readonly string[] = [
  'OK',
  'INTERNAL',
  'STRICT',
  'LF_EXPECTED',
  'UNEXPECTED_CONTENT_LENGTH',
  'CLOSED_CONNECTION',
  'INVALID_METHOD',
  'INVALID_URL',
  'INVALID_CONSTANT',
  'INVALID_VERSION',
  'INVALID_HEADER_TOKEN',
  'INVALID_CONTENT_LENGTH',
  'INVALID_CHUNK_SIZE',
  'INVALID_STATUS',
  'INVALID_EOF_STATE',
  'INVALID_TRANSFER_ENCODING',
]
/** PAUSED_H2_UPGRADE: the preface of HTTP/2 after other bytes. CR_EXPECTED. */
const laterErrors: Readonly<Record<number, string>> = { 23: 'PAUSED_H2_UPGRADE', 25: 'CR_EXPECTED' }
/** Statuses other than 400. */
const statusOfParser: Readonly<Record<string, number>> = {
  INVALID_METHOD: 501,
  PAUSED_H2_UPGRADE: 505,
}

/** The refusal for a `Reason`. */
export function refusalOf(reason: number): Refusal {
  const known = refusals[reason]
  if (known) return known
  const errno = reason - Reason.parser
  const name = parserErrors[errno] ?? laterErrors[errno] ?? 'INTERNAL'
  const words = name.toLowerCase().replaceAll('_', ' ')
  return {
    status: statusOfParser[name] ?? 400,
    code: `HPE_${name}`,
    message: `the message is malformed: ${words} (RFC 9112)`,
  }
}
