import type { FlatFields } from '../common/fields.ts'

let second = 0
let text = ''

/** The time in the form of a `date` field (RFC 9110 §5.6.7), computed once a second. */
export function currentDate(): string {
  const now = Math.floor(Date.now() / 1000)
  if (now !== second) {
    second = now
    text = new Date(now * 1000).toUTCString()
  }
  return text
}

/**
 * Appends a `date` field where there is none: an origin server with a clock sends one (RFC 9110 §6.6.1). Returns the
 * date that was added, or `''`.
 */
export function addDate(fields: FlatFields): string {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    if (name.length === 4 && name.toLowerCase() === 'date') return ''
  }
  const date = currentDate()
  fields.push('date', date)
  return date
}
