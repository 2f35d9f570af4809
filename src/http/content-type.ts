import { type FlatFields, type HeaderList, flatten, isFlat } from '../engine/fields.ts'

/** What a text is, where nobody says it (Fetch, "extract a body"). */
export const textType = 'text/plain;charset=UTF-8'

const ofText: HeaderList = { 'content-type': textType }

/** Adds the `content-type` that a body implies, unless `headers` say one. */
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
  const type = typeof body === 'string' ? textType : typeOfBlob(body)
  if (type === '') return headers
  if (headers === undefined) return type === textType ? ofText : { 'content-type': type }
  if (!isFlat(headers) && isRecord(headers)) {
    for (const name in headers) if (isContentType(name)) return headers
    return { ...headers, 'content-type': type }
  }
  // A list may be one that can be walked only once.
  const fields = isFlat(headers) ? headers : flatten(headers)
  return hasContentType(fields) ? fields : flatten(['content-type', type], flatten(fields))
}

/** Of bytes nobody asks: some runtimes make `Blob` only then. */
function typeOfBlob(body: unknown): string {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return ''
  return body instanceof Blob ? body.type : ''
}

export function hasContentType(fields: FlatFields): boolean {
  for (let i = 0; i < fields.length; i += 2) if (isContentType(fields[i]!)) return true
  return false
}

function isRecord(headers: HeaderList): headers is Readonly<Record<string, string>> {
  return typeof headers === 'object' && headers !== null && !(Symbol.iterator in headers)
}

function isContentType(name: string): boolean {
  return typeof name === 'string' && name.length === 12 && name.toLowerCase() === 'content-type'
}
