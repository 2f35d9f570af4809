import { checkBoolean, checkString, describe, invalidArgument } from './arguments.ts'
import { HTTPError } from './errors.ts'

/**
 * A header or trailer field: a name in any case, and a value of characters up to U+00FF. With `neverIndexed` the value
 * is a secret: HPACK keeps it in no table, on this connection and on those it is forwarded to (RFC 7541 §6.2.3,
 * §7.1.3).
 */
export type HeaderField = readonly [name: string, value: string, neverIndexed?: boolean]

/**
 * The key, in an object of fields, of the names of the never-indexed fields.
 *
 * ```ts
 * { 'set-cookie': 'token=…', [sensitiveHeaders]: ['set-cookie'] }
 * ```
 */
export const sensitiveHeaders: unique symbol = Symbol('nghttp2-wasm.sensitiveHeaders')

/**
 * Fields as a caller may give them: pairs (an array, a `Headers`, a `Map`), or an object whose values are
 * strings or, for a field that comes several times, lists of strings.
 */
export type HeaderList =
  | Iterable<HeaderField>
  | Readonly<
      Record<string, string | readonly string[]> & { [sensitiveHeaders]?: readonly string[] }
    >

/** Names and values in turn: the form of fields inside this package. */
export interface FlatFields extends Array<string> {
  /** Positions of the names of never-indexed fields. Absent where there is none. */
  neverIndexed?: number[]
}

/** No fields; must not be changed. */
export const noFields: FlatFields = []

/** Appends `headers` to `fields`. */
export function flatten(headers: HeaderList | FlatFields, fields: FlatFields = []): FlatFields {
  if (isFlat(headers)) {
    const { neverIndexed } = headers
    if (neverIndexed) for (const at of neverIndexed) neverIndex(fields, fields.length + at)
    for (const text of headers) fields.push(text)
    return fields
  }
  if (Array.isArray(headers)) {
    for (const pair of headers as readonly HeaderField[]) pushPair(pair, fields)
    return fields
  }
  if (typeof headers !== 'object' || headers === null || ArrayBuffer.isView(headers)) {
    throw invalidArgument('headers', 'pairs, a Headers, a Map or an object', headers)
  }
  if (isIterable(headers)) {
    for (const pair of headers) pushPair(pair, fields)
    return fields
  }
  const secret = secretNames(headers[sensitiveHeaders])
  for (const name of Object.keys(headers)) {
    const value = headers[name]!
    const first = fields.length
    if (Array.isArray(value)) for (const one of value) fields.push(name, textOf(name, one))
    else fields.push(name, textOf(name, value))
    if (!secret?.has(name.toLowerCase())) continue
    for (let at = first; at < fields.length; at += 2) neverIndex(fields, at)
  }
  return fields
}

/** The names of never-indexed fields in lower case; `undefined` where there is none. */
function secretNames(names: readonly string[] | undefined): Set<string> | undefined {
  if (names === undefined) return undefined
  if (!Array.isArray(names)) throw invalidArgument('sensitiveHeaders', 'a list of names', names)
  return new Set(names.map((name) => checkString('sensitiveHeaders', name).toLowerCase()))
}

/** Marks the field whose name is at `at` as never indexed. */
export function neverIndex(fields: FlatFields, at: number): void {
  ;(fields.neverIndexed ??= []).push(at)
}

/** Removes the field whose name is at `at`. */
export function removeField(fields: FlatFields, at: number): void {
  fields.splice(at, 2)
  if (!fields.neverIndexed) return
  fields.neverIndexed = fields.neverIndexed
    .filter((other) => other !== at)
    .map((other) => (other > at ? other - 2 : other))
}

function pushPair(pair: HeaderField, fields: FlatFields): void {
  if (!Array.isArray(pair)) throw invalidArgument('headers', 'pairs of name and value', pair)
  const [name, value, neverIndexed] = pair
  if (neverIndexed !== undefined && checkBoolean('neverIndexed', neverIndexed)) {
    neverIndex(fields, fields.length)
  }
  fields.push(name, value)
}

/** The value of a field in an object. A number is allowed: its decimal text is unambiguous. */
function textOf(name: string, value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw invalidValue(name, value)
}

export function isFlat(headers: HeaderList | FlatFields): headers is FlatFields {
  return Array.isArray(headers) && typeof headers[0] === 'string'
}

function isIterable(headers: HeaderList): headers is Iterable<HeaderField> {
  return typeof (headers as Iterable<unknown>)[Symbol.iterator] === 'function'
}

/** Fields in the form for applications; never-indexed fields have `neverIndexed`. */
export function toHeaderFields(fields: FlatFields): HeaderField[] {
  const { neverIndexed } = fields
  const pairs: HeaderField[] = toPairs(fields)
  if (neverIndexed)
    for (const at of neverIndexed) pairs[at >> 1] = [fields[at]!, fields[at + 1]!, true]
  return pairs
}

/** Pairs from names and values in turn. */
export function toPairs(fields: FlatFields): [name: string, value: string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i < fields.length; i += 2) pairs.push([fields[i]!, fields[i + 1]!])
  return pairs
}

/** RFC 9110 §5.6.2: `tchar`s. */
export const nameCharacters: RegExp = /^[!#$%&'*+\-.^_`|~0-9a-zA-Z]+$/
const pseudoName = /^:[a-zA-Z]+$/

/** The name in the form in which it is sent; throws `ERR_INVALID_FIELD_NAME`. */
export function wireName(name: string): string {
  if (typeof name !== 'string' || (!nameCharacters.test(name) && !pseudoName.test(name))) {
    throw new HTTPError(
      'ERR_INVALID_FIELD_NAME',
      `${describe(name)} is not a field name (RFC 9110 §5.1): remove or rename the field`,
    )
  }
  return name.toLowerCase()
}

// oxlint-disable-next-line no-control-regex -- controls are what a value must not have
const forbiddenInValue = /[\0-\x08\x0a-\x1f\x7f]|[^\0-\xff]/

/** The value in the form in which it is sent; throws `ERR_INVALID_FIELD_VALUE` (RFC 9110 §5.5). */
export function wireValue(name: string, value: string): string {
  if (typeof value !== 'string' || forbiddenInValue.test(value)) throw invalidValue(name, value)
  const first = value.charCodeAt(0)
  const last = value.charCodeAt(value.length - 1)
  return first === 0x20 || first === 0x09 || last === 0x20 || last === 0x09
    ? value.replace(/^[ \t]+|[ \t]+$/g, '') // RFC 9113 §8.2.1
    : value
}

function invalidValue(name: string, value: unknown): HTTPError {
  return new HTTPError(
    'ERR_INVALID_FIELD_VALUE',
    `the value of ${describe(name)} is ${describe(value)}: it must be a string without control characters or ` +
      'characters above U+00FF (RFC 9110 §5.5): encode it',
  )
}
