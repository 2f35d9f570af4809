import { type FlatFields, type HeaderField, isFlat } from '../common/fields.ts'
import { currentDate } from './date-field.ts'

/** Fields in an array: names and values in turn, or pairs. */
export type GivenFields = FlatFields | readonly HeaderField[]

/** A response that was prepared, with the values that decide its fields. */
interface KnownResponse {
  /** The fields as they are sent. The first `given` elements are the status and the application's fields. */
  readonly fields: FlatFields
  readonly given: number
  readonly isHead: boolean
  readonly bodyLength: number
  readonly addsDate: boolean
  /** The `date` that was added; `''`: none was. */
  readonly date: string
}

/** The response that was prepared last. Many servers send the same response again and again. */
let last: KnownResponse | undefined

/**
 * The fields of a response with a whole body, where they are those of the last response; `undefined` otherwise.
 * `headers`: the fields of the application, unchecked. The result must not be changed.
 */
export function findResponse(
  status: string,
  headers: GivenFields | undefined,
  isHead: boolean,
  bodyLength: number,
  addsDate: boolean,
): FlatFields | undefined {
  if (!last || last.bodyLength !== bodyLength || last.isHead !== isHead) return undefined
  const { fields, given } = last
  if (last.addsDate !== addsDate || fields[1] !== status) return undefined
  const isSame = headers === undefined ? given === 2 : areFields(headers, fields, given)
  if (!isSame || (last.date !== '' && last.date !== currentDate())) return undefined
  return fields
}

/** Whether `headers` are the elements of `fields` from index 2, after the status, up to `count`. */
function areFields(headers: GivenFields, fields: FlatFields, count: number): boolean {
  if (isFlat(headers)) {
    if (headers.length + 2 !== count || headers.neverIndexed) return false
    for (let i = 2; i < count; i++) if (headers[i - 2] !== fields[i]) return false
    return true
  }
  if (2 * headers.length + 2 !== count) return false
  for (let i = 2; i < count; i += 2) {
    const pair: unknown = headers[(i >> 1) - 1]
    if (!Array.isArray(pair) || pair.length !== 2) return false
    if (pair[0] !== fields[i] || pair[1] !== fields[i + 1]) return false
  }
  return true
}

/** Keeps the fields of a response with a whole body for the next one. */
export function keepResponse(response: KnownResponse): void {
  if (!response.fields.neverIndexed) last = response
}
