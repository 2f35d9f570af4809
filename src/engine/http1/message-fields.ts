import { HTTPError } from '../../common/errors.ts'
import type { FlatFields } from '../../common/fields.ts'

/** Whether `content-length` is among the fields of a response. */
export function hasLength(fields: FlatFields): boolean {
  for (let i = 2; i < fields.length; i += 2) {
    if (fields[i]!.length === 14 && fields[i]!.toLowerCase() === 'content-length') return true
  }
  return false
}

/** Whether a request says `TE: trailers` (RFC 9110 §10.1.4). */
export function takesTrailers(fields: FlatFields): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === 'te' && /(?:^|,)[\t ]*trailers[\t ]*(?:$|,)/i.test(fields[i + 1]!))
      return true
  }
  return false
}

/** Throws `ERR_INVALID_MESSAGE` for a method or a target that could begin another line. */
export function checkStartLine(method: string, target: string): void {
  if (/^[!#$%&'*+\-.^_`|~\w]+$/.test(method) && /^[!-~]+$/.test(target)) return
  throw new HTTPError(
    'ERR_INVALID_MESSAGE',
    'the method or the target cannot be sent (RFC 9112 §3)',
  )
}
