import { type FlatFields, type HeaderList, flatten, isFlat } from '../common/fields.ts'

/** The type of a string without a `content-type` (Fetch, "extract a body"). */
export const textType = 'text/plain;charset=UTF-8'

/** The type of `URLSearchParams`. */
export const formType = 'application/x-www-form-urlencoded;charset=UTF-8'

const ofText: HeaderList = { 'content-type': textType }

/** Adds the `content-type` that a body implies, unless `headers` have one. */
export function withContentType(
  headers: HeaderList | FlatFields,
  body: unknown,
): HeaderList | FlatFields
export function withContentType(
  headers: HeaderList | undefined,
  body: unknown,
): HeaderList | FlatFields | undefined
export function withContentType(
  headers: HeaderList | FlatFields | undefined,
  body: unknown,
): HeaderList | FlatFields | undefined {
  const type = typeof body === 'string' ? textType : typeOfObject(body)
  if (type === '') return headers
  if (headers === undefined) return type === textType ? ofText : { 'content-type': type }
  if (!isFlat(headers) && isRecord(headers)) {
    for (const name in headers) if (isNamed(name, 'content-type')) return headers
    return { ...headers, 'content-type': type }
  }
  // The list may be an iterator, which can be read only once.
  const fields = isFlat(headers) ? headers : flatten(headers)
  return hasContentType(fields) ? fields : flatten(['content-type', type], flatten(fields))
}

/**
 * The type that an object implies. The global `Blob` is not read for bytes, because some runtimes make it at its first
 * use.
 */
function typeOfObject(body: unknown): string {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return ''
  if (isParameters(body)) return formType
  return body instanceof Blob ? body.type : ''
}

export function isParameters(body: unknown): body is URLSearchParams {
  return typeof body === 'object' && body instanceof URLSearchParams
}

export function hasContentType(fields: FlatFields): boolean {
  return hasField(fields, 'content-type')
}

/** Whether there is a field with this name, which is in lower case. */
export function hasField(fields: FlatFields, name: string): boolean {
  for (let i = 0; i < fields.length; i += 2) if (isNamed(fields[i]!, name)) return true
  return false
}

function isRecord(headers: HeaderList): headers is Readonly<Record<string, string>> {
  return typeof headers === 'object' && headers !== null && !(Symbol.iterator in headers)
}

function isNamed(given: string, name: string): boolean {
  return typeof given === 'string' && given.length === name.length && given.toLowerCase() === name
}
