import type { FlatFields } from '../../common/fields.ts'

/** A power of two: how many heads are kept. */
const slots = 16
/** Longer heads are written each time. */
const mostBytes = 1024
const encoder = new TextEncoder()

interface WrittenHead {
  readonly fields: readonly string[]
  readonly connection: string
  readonly bytes: Uint8Array
}

/** Heads of responses as they were written. A server sends the same heads again, until the date changes. */
const heads: (WrittenHead | undefined)[] = Array.from({ length: slots }, () => undefined)

/** The slot of a head, by the number of fields and the length of the body, in which responses of one server differ. */
function slotOf(fields: FlatFields, bodyLength: number): number {
  return (fields.length + bodyLength) % slots
}

/** The bytes of a head with these fields and this Connection field. */
export function findHead(
  fields: FlatFields,
  bodyLength: number,
  connection: string,
): Uint8Array | undefined {
  const head = heads[slotOf(fields, bodyLength)]
  if (!head || head.fields.length !== fields.length || head.connection !== connection) {
    return undefined
  }
  // From the end, because the date comes last and changes.
  for (let i = fields.length - 1; i >= 0; i--) if (head.fields[i] !== fields[i]) return undefined
  return head.bytes
}

/** Keeps a head, unless it is long or has characters beyond ASCII. */
export function keepHead(
  fields: FlatFields,
  bodyLength: number,
  connection: string,
  text: string,
): void {
  if (text.length > mostBytes) return
  const bytes = encoder.encode(text)
  if (bytes.length !== text.length) return
  heads[slotOf(fields, bodyLength)] = { fields: fields.slice(), connection, bytes }
}
