import { type FlatFields, toPairs } from '../engine/fields.ts'
import { hasContentType, withContentType } from './content-type.ts'
import type { ResponseParts } from './fast-response.ts'

/** A class in the place of the global `Response`. */
export type StandardResponseClass = typeof Response & {
  /** What to send; `undefined` for what is not of this class, or when only the runtime's part knows. */
  parts(response: object): ResponseParts | undefined
}

/** What a response remembers of its body; `undefined`: only the runtime's part knows it. */
export type KeptBody = string | Uint8Array<ArrayBuffer> | null | undefined

/** Longer bytes are read from the response: a second copy would cost more. */
const longestCopy = 64 * 1024

/** As the response keeps it: what is done to the bytes afterwards is nothing to it. */
export function copyOf(body: BodyInit | null | undefined): KeptBody {
  if (typeof body === 'string') return body
  if (body === null || body === undefined) return null
  if (body instanceof ArrayBuffer && body.byteLength <= longestCopy) {
    return new Uint8Array(body.slice(0))
  }
  if (!ArrayBuffer.isView(body) || body.byteLength > longestCopy) return undefined
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
}

/** The fields as they are now; `undefined` where they can be seen only once (an iterator). */
export function fieldsOf(headers: HeadersInit | null | undefined): FlatFields | undefined {
  if (headers === undefined) return []
  const fields: FlatFields = []
  if (Array.isArray(headers)) {
    for (const pair of headers as unknown[]) {
      if (!Array.isArray(pair) || pair.length !== 2) return undefined
      fields.push(String(pair[0]), String(pair[1]))
    }
    return fields
  }
  if (typeof headers !== 'object' || headers === null) return undefined
  if (Symbol.iterator in headers) {
    if (!(headers instanceof Headers)) return undefined
    for (const [name, value] of headers) fields.push(name, value)
    return fields
  }
  for (const name of Object.keys(headers)) fields.push(name, String(headers[name]))
  return fields
}

/** What to send, by what `response` remembers; without `fields`, by its own. */
export function keptParts(
  body: KeptBody,
  fields: FlatFields | undefined,
  response: Response,
): ResponseParts | undefined {
  if (body === undefined || (body !== null && response.bodyUsed)) return undefined
  const headers = fields ? withContentType(fields, body) : [...response.headers].flat()
  return { status: response.status, headers, body }
}

/** `body` and `init` of `Response.json(data, init)`. */
export function jsonParts(data: unknown, init: ResponseInit = {}): [string, ResponseInit] {
  const text = JSON.stringify(data) as string | undefined
  if (text === undefined) throw new TypeError('this has no form in JSON')
  const fields = fieldsOf(init.headers)
  const headers = fields ? toPairs(fields) : [...new Headers(init.headers)]
  if (!hasContentType(headers.flat())) headers.push(['content-type', 'application/json'])
  return [text, { ...init, headers }]
}
