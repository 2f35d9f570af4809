import { HTTPError } from '../common/errors.ts'
import { type FlatFields, removeField } from '../common/fields.ts'
import { DATA_EOF, type PullResult, toBytes } from './body.ts'
import type { BodySource } from './body-source.ts'

/** The `content-length` of a message (RFC 9110 §8.6); `undefined` without one. */
export function declaredLength(fields: FlatFields): number | undefined {
  for (let i = 2; i < fields.length; i += 2) {
    if (isLength(fields[i]!)) return lengthOf(fields[i + 1]!)
  }
  return undefined
}

/**
 * The `content-length` of a response; equal copies of the field are removed. Throws `ERR_INVALID_FIELD_VALUE` for a
 * value that is no length, and for two different ones.
 */
export function singleLength(fields: FlatFields, streamId: number): number | undefined {
  let declared: number | undefined
  for (let i = 2; i < fields.length; i += 2) {
    if (!isLength(fields[i]!)) continue
    const length = lengthOf(fields[i + 1]!)
    if (Number.isNaN(length) || (declared !== undefined && length !== declared)) {
      const lengths = fields.filter((_, at) => at % 2 === 1 && isLength(fields[at - 1]!))
      throw new HTTPError(
        'ERR_INVALID_FIELD_VALUE',
        `content-length is ${JSON.stringify(lengths.join(', '))}: it must be one number; leave the field out, it is added`,
        { streamId },
      )
    }
    if (declared === undefined) {
      declared = length
      fields[i + 1] = String(length)
    } else {
      removeField(fields, i)
      i -= 2
    }
  }
  return declared
}

/** Removes `content-length`: 1xx, 204 and 205 responses, and those that open a tunnel, have none (RFC 9110 §8.6). */
export function removeLength(fields: FlatFields): void {
  for (let i = fields.length - 2; i > 0; i -= 2) {
    if (isLength(fields[i]!)) removeField(fields, i)
  }
}

function isLength(name: string): boolean {
  return name.length === 14 && name.toLowerCase() === 'content-length'
}

/** The value of a list, as `Headers` joins fields of one name (RFC 9110 §8.6); `NaN` for a list that is no length. */
function lengthOf(value: string): number {
  const [first = '', ...others] = value.split(',').map((text) => text.trim())
  return /^\d+$/.test(first) && others.every((other) => other === first) ? Number(first) : NaN
}

/** Throws `ERR_CONTENT_LENGTH` where the length of a body differs from `content-length`. */
export function checkLength(declared: number, length: number, streamId: number): void {
  if (declared !== length) throw lie(declared, length, streamId)
}

/** A source that fails where the body is shorter than `content-length`, or longer, before the excess is sent. */
export function measured(source: BodySource, declared: number, streamId: number): BodySource {
  let length = 0
  const checked = (result: PullResult): PullResult => {
    const [chunk, flag] = result
    const bytes = chunk === null ? undefined : toBytes(chunk)
    if (bytes) length += bytes.length
    // This comparison also fails for NaN.
    const isWithin = flag === DATA_EOF ? length === declared : length <= declared
    if (!isWithin) {
      const error = lie(declared, length, streamId)
      if (flag !== DATA_EOF) source.cancel(error)
      throw error
    }
    return bytes ? [bytes, flag] : result
  }
  return {
    pull(size) {
      const result = source.pull(size)
      return result instanceof Promise ? result.then(checked) : checked(result)
    },
    cancel: (reason) => source.cancel(reason),
  }
}

function lie(declared: number, length: number, streamId: number): HTTPError {
  return new HTTPError(
    'ERR_CONTENT_LENGTH',
    `content-length says ${declared}, the body has ${length} bytes: leave the field out, it is added`,
    { streamId },
  )
}
