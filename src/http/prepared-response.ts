import { checkObject, describe } from '../common/arguments.ts'
import { HTTPError } from '../common/errors.ts'
import {
  type FlatFields,
  type HeaderList,
  flatten,
  removeField,
  wireName,
  wireValue,
} from '../common/fields.ts'
import { type Body, wholeBody } from './body.ts'
import { type BodySource, bodySource } from './body-source.ts'
import { addDate } from './date-field.ts'
import { findResponse, keepResponse } from './repeated-responses.ts'
import type { Trailers } from './trailers.ts'
import { checkLength, measured, removeLength, singleLength } from './content-length.ts'
import type { RequestHead } from './request-head.ts'
import type { PushOptions, ResponseOptions } from './response-options.ts'

/** A response whose options have been checked. */
export interface PreparedResponse {
  readonly status: number
  /** `:status` first. */
  readonly fields: FlatFields
  /** The request and the status let a body follow. */
  readonly hasContent: boolean
  /** A complete body, as `wholeBody` gives it; else `source` reads the body. */
  readonly whole: Uint8Array | string | undefined
  readonly source: BodySource | undefined
  readonly trailers: Trailers | undefined
}

/** A response whose fields may be names and values in turn. */
export type AnyResponseOptions = Omit<ResponseOptions, 'headers'> & {
  readonly headers?: HeaderList | FlatFields
}

/**
 * Checks a response before any of it is sent. When this throws, another response can still be sent. `addsDate`: adds a
 * `date` field where there is none. The fields of the result must not be changed.
 */
export function prepareResponse(
  response: AnyResponseOptions,
  method: string,
  streamId: number,
  addsDate: boolean,
): PreparedResponse {
  const { status = 200, headers, body, trailers } = checkObject('a response', response)
  checkStatus(status, streamId)
  // Another iterable may give its fields only once.
  const given = headers === undefined || Array.isArray(headers) ? headers : flatten(headers)
  const isHead = method === 'HEAD'
  const mayHaveContent = status !== 204 && status !== 205 && status !== 304
  const hasContent = mayHaveContent && !isHead
  const whole = wholeBody(body)
  // The fields of a 426 depend on the protocol.
  const mayRepeat = trailers === undefined && status !== 426
  if (whole !== undefined && mayRepeat) {
    const known = findResponse(String(status), given, isHead, whole.length, addsDate)
    if (known) return { status, fields: known, hasContent, whole, source: undefined, trailers }
  }
  const fields: FlatFields = [':status', String(status)]
  if (given !== undefined) flatten(given, fields)
  checkGiven(fields, 2, status === 426)
  if (status === 204 || status === 205) removeLength(fields)
  const length = whole === undefined ? sizeOf(body!) : whole.length
  const declared = singleLength(fields, streamId)
  const givenLength = fields.length
  if (declared === undefined) {
    // curl 7.88, of Debian 12, ends a response after `content-length` bytes, and shows no trailers after them.
    const isLengthTold = trailers === undefined
    // An empty body in answer to HEAD does not mean that GET would have none.
    const isLengthKnown = hasContent || (mayHaveContent && length !== 0)
    if (length !== undefined && isLengthKnown && isLengthTold)
      fields.push('content-length', String(length))
  } else if (hasContent && length !== undefined) {
    checkLength(declared, length, streamId)
  }
  const date = addsDate ? addDate(fields) : ''
  if (whole !== undefined) {
    if (mayRepeat)
      keepResponse({ fields, given: givenLength, isHead, bodyLength: whole.length, addsDate, date })
    return { status, fields, hasContent, whole, source: undefined, trailers }
  }
  const read = bodySource(body!)
  const source = declared === undefined ? read : measured(read, declared, streamId)
  return { status, fields, hasContent, whole, source, trailers }
}

/** The fields of a 1xx response; throws `ERR_INVALID_STATUS`. */
export function prepareInformational(
  status: number,
  headers: HeaderList,
  streamId: number,
): FlatFields {
  checkInformationalStatus(status, streamId)
  return prepareBodiless(status, headers)
}

/** The fields of a response that no body follows: a 1xx one, or one that opens a tunnel (RFC 9110 §8.6). */
export function prepareBodiless(status: number, headers: HeaderList): FlatFields {
  const fields = appendFields([':status', String(status)], headers)
  removeLength(fields)
  return fields
}

/** The length of a body that has to be read, where it is known. */
function sizeOf(body: Body): number | undefined {
  // The size of a Bun file that is not a regular file is not known.
  return body instanceof Blob && Number.isSafeInteger(body.size) ? body.size : undefined
}

/** The request that a push promises, and the response to it. Throws what `respond` would. */
export function preparePush(
  init: PushOptions,
  { scheme, authority }: RequestHead,
  streamId: number,
  addsDate: boolean,
): { readonly fields: FlatFields; readonly response: PreparedResponse } {
  const { path, method = 'GET', requestHeaders } = checkObject('a push', init)
  checkPromise(method, path, streamId)
  const fields = [':method', method, ':scheme', scheme, ':authority', authority, ':path', path]
  appendFields(fields, requestHeaders)
  const response = prepareResponse(init, method, streamId, addsDate)
  checkFields(response.fields)
  return { fields, response }
}

/** Throws what sending the fields would throw. */
function checkFields(fields: FlatFields): void {
  for (let i = 0; i < fields.length; i += 2) {
    wireName(fields[i]!)
    wireValue(fields[i]!, fields[i + 1]!)
  }
}

/** Fields that concern one HTTP/1.1 connection; HTTP/2 forbids them (RFC 9113 §8.2.2). */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

function isUpgrade(name: string): boolean {
  return name.toLowerCase() === 'upgrade'
}

/** The index of the Upgrade field, which a 426 must have over HTTP/1.1 (RFC 9110 §15.5.22); -1: there is none. */
export function upgradeOf426(fields: FlatFields): number {
  if (fields[1] !== '426') return -1
  for (let i = 2; i < fields.length; i += 2) if (isUpgrade(fields[i]!)) return i
  return -1
}

/** Most names are excluded by their length. */
function isHopByHop(name: string): boolean {
  const { length } = name
  if (length !== 7 && length !== 10 && length !== 16 && length !== 17) return false
  return hopByHop.has(name.toLowerCase())
}

/**
 * Appends the fields of an application. Throws `ERR_INVALID_FIELD_NAME` for a pseudo-header field in `headers`, because
 * only the server sets these. Fields of a connection are left out.
 */
export function appendFields(
  fields: FlatFields,
  headers: HeaderList | FlatFields | undefined,
): FlatFields {
  if (headers === undefined) return fields
  const first = fields.length
  flatten(headers, fields)
  checkGiven(fields, first)
  return fields
}

/**
 * Checks the fields from the index `first` on, which an application gave. Removes fields of a connection, except
 * Upgrade with `keepsUpgrade`.
 */
function checkGiven(fields: FlatFields, first: number, keepsUpgrade = false): void {
  for (let i = fields.length - 2; i >= first; i -= 2) {
    const name = fields[i]!
    const value = fields[i + 1]!
    // Throws for a name or value that is no string, before its length or its first character is read.
    if (typeof name !== 'string') wireName(name)
    if (typeof value !== 'string') wireValue(name, value)
    if (name.charCodeAt(0) === 0x3a) {
      throw new HTTPError(
        'ERR_INVALID_FIELD_NAME',
        `${JSON.stringify(name)} is no field of an application's: pseudo-header fields have options of their own`,
      )
    }
    if (isHopByHop(name) && !(keepsUpgrade && isUpgrade(name))) removeField(fields, i)
  }
}

/** Throws `ERR_INVALID_STATUS` for a status that a response cannot have (RFC 9110 §15). */
function checkStatus(status: number, streamId: number): void {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return
  throw new HTTPError('ERR_INVALID_STATUS', `a status is 200 to 599, not ${describe(status)}`, {
    streamId,
  })
}

/**
 * Throws `ERR_INVALID_STATUS` for a status that a 1xx response cannot have. 101 belongs to HTTP/1.1 (RFC 9113 §8.6).
 */
function checkInformationalStatus(status: number, streamId: number): void {
  if (Number.isInteger(status) && status >= 100 && status <= 199 && status !== 101) return
  throw new HTTPError(
    'ERR_INVALID_STATUS',
    `an informational status is 100 or 102 to 199, not ${describe(status)} (RFC 9110 §15.2)`,
    { streamId },
  )
}

/** Throws for a request that cannot be promised (RFC 9113 §8.4). */
function checkPromise(method: string, path: string, streamId: number): void {
  if (method !== 'GET' && method !== 'HEAD') {
    throw new HTTPError(
      'ERR_INVALID_METHOD',
      `GET and HEAD can be pushed, not ${describe(method)}`,
      {
        streamId,
      },
    )
  }
  if (typeof path !== 'string' || !path.startsWith('/')) {
    throw new HTTPError('ERR_INVALID_PATH', `a pushed path begins with /, not ${describe(path)}`, {
      streamId,
    })
  }
}
