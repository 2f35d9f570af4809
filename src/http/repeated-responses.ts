import type { FlatFields } from '../common/fields.ts'
import { currentDate } from './date-field.ts'

/** A response that was prepared, by what decides its fields. */
interface KnownResponse {
  /** As they are sent. The first `given` of them are what the application gave. */
  readonly fields: FlatFields
  readonly given: number
  readonly isHead: boolean
  readonly bodyLength: number
  readonly addsDate: boolean
  /** The `date` that was added; `''`: none was. */
  readonly date: string
}

/** The response that was prepared last: many servers give the same again and again. */
let last: KnownResponse | undefined

/**
 * The fields of a response with a whole body, where they are those of the last one; `undefined` otherwise. `given`: the
 * status and the application's fields, unchecked. The result is not to be changed.
 */
export function findResponse(
  given: FlatFields,
  isHead: boolean,
  bodyLength: number,
  addsDate: boolean,
): FlatFields | undefined {
  if (!last || last.given !== given.length || given.neverIndexed) return undefined
  if (last.bodyLength !== bodyLength || last.isHead !== isHead) return undefined
  if (last.addsDate !== addsDate) return undefined
  const { fields } = last
  for (let i = given.length - 1; i >= 0; i--) if (given[i] !== fields[i]) return undefined
  if (last.date !== '' && last.date !== currentDate()) return undefined
  return fields
}

/** Keeps the fields of a response with a whole body for the next one. */
export function keepResponse(response: KnownResponse): void {
  if (!response.fields.neverIndexed) last = response
}
