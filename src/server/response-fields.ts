import { HTTP2Error } from '../engine/errors.ts'
import { type FlatFields, type HeaderList, flatten } from '../engine/fields.ts'

/** Fields that say something of one HTTP/1.1 connection; HTTP/2 forbids them (RFC 9113 §8.2.2). */
const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/**
 * Appends what an application gives to pseudo-header fields, which are ours to say: one among `headers` is an
 * `ERR_INVALID_FIELD_NAME`. Fields of a connection are left out.
 */
export function appendFields(fields: FlatFields, headers: HeaderList | undefined): FlatFields {
  if (headers === undefined) return fields
  const first = fields.length
  flatten(headers, fields)
  for (let i = fields.length - 2; i >= first; i -= 2) {
    const name = fields[i]!
    if (name.charCodeAt(0) === 0x3a) {
      throw new HTTP2Error(
        'ERR_INVALID_FIELD_NAME',
        `${JSON.stringify(name)} is no field of an application's: pseudo-header fields have options of their own`,
      )
    }
    if (hopByHop.has(name.toLowerCase())) fields.splice(i, 2)
  }
  return fields
}

/** RFC 9110 §8.6, unless the handler said it itself. */
export function addContentLength(fields: FlatFields, length: number): void {
  for (let i = 2; i < fields.length; i += 2) {
    const name = fields[i]!
    if (name.length === 14 && name.toLowerCase() === 'content-length') return
  }
  fields.push('content-length', String(length))
}

/** The code of a response (RFC 9110 §15), else `ERR_INVALID_STATUS`. */
export function checkStatus(status: number, streamId: number): void {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return
  throw new HTTP2Error('ERR_INVALID_STATUS', `a status is 200 to 599, not ${status}`, { streamId })
}

/** The code of a response before the response. 101 belongs to HTTP/1.1 (RFC 9113 §8.6). */
export function checkInformationalStatus(status: number, streamId: number): void {
  if (Number.isInteger(status) && status >= 100 && status <= 199 && status !== 101) return
  throw new HTTP2Error(
    'ERR_INVALID_STATUS',
    `an informational status is 100 or 102 to 199, not ${status} (RFC 9110 §15.2)`,
    { streamId },
  )
}
