import { type FlatFields, toPairs } from '../../common/fields.ts'
import {
  formType,
  hasContentType,
  hasField,
  isParameters,
  withContentType,
} from '../content-type.ts'
import type { ResponseParts } from './fast-response.ts'

/** Responses of the class that replaces the global `Response`. */
export interface KnownResponses {
  make(body?: BodyInit | null, init?: ResponseInit): Response
  /** The parts to send; `undefined` for another class, or where only the runtime's `Response` has them. */
  parts(response: object): ResponseParts | undefined
}

/**
 * The body that a response keeps. A number is the length of bytes that only the runtime's `Response` has. `undefined`:
 * only the runtime's `Response` has the body.
 */
export type KeptBody = string | Uint8Array<ArrayBuffer> | Blob | number | null | undefined

/** The body to keep: bytes are copied, because the caller may change them. More than `longestCopy` are not kept. */
export function keptBody(
  body: BodyInit | null | undefined,
  longestCopy: number = Infinity,
): KeptBody {
  if (typeof body === 'string') return body
  if (body === null || body === undefined) return null
  if (ArrayBuffer.isView(body)) {
    const { buffer, byteOffset, byteLength } = body
    return byteLength > longestCopy
      ? byteLength
      : new Uint8Array(buffer, byteOffset, byteLength).slice()
  }
  if (body instanceof ArrayBuffer) {
    return body.byteLength > longestCopy ? body.byteLength : new Uint8Array(body.slice(0))
  }
  if (isParameters(body)) return String(body)
  return body instanceof Blob ? body : undefined
}

/** The initial fields of a response, as `fieldsOf`, without the type that a text or a Blob implies. */
export function keptFields(
  body: BodyInit | null | undefined,
  init: ResponseInit | null | undefined,
): FlatFields | undefined {
  const fields = fieldsOf(init?.headers)
  if (isParameters(body) && fields && !hasContentType(fields)) fields.push('content-type', formType)
  return fields
}

/** A copy of the fields; `undefined` where they can be read only once (an iterator). */
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

/** The parts to send, from the kept body of `response`; `fields` default to its headers. */
export function keptParts(
  body: KeptBody,
  fields: FlatFields | undefined,
  status: number,
  isUsed: boolean,
  response: Response,
): ResponseParts | undefined {
  if (body === undefined || (body !== null && isUsed)) return undefined
  if (typeof body !== 'number') {
    const headers = fields ? withContentType(fields, body) : [...response.headers].flat()
    return { status, headers, body }
  }
  const headers = fields ? [...fields] : [...response.headers].flat()
  if (!hasField(headers, 'content-length')) headers.push('content-length', String(body))
  return { status, headers, body: response.body as ReadableStream<Uint8Array> }
}

/** Body and init of `Response.json(data, init)`. */
export function jsonParts(data: unknown, init: ResponseInit = {}): [string, ResponseInit] {
  const text = JSON.stringify(data) as string | undefined
  if (text === undefined) throw new TypeError('this has no form in JSON')
  const fields = fieldsOf(init.headers)
  const headers = fields ? toPairs(fields) : [...new Headers(init.headers)]
  if (!hasContentType(headers.flat())) headers.push(['content-type', 'application/json'])
  return [text, { ...init, headers }]
}
