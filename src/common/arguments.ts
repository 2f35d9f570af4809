import { asBytes } from './bytes.ts'
import { HTTPError } from './errors.ts'

/*
 * Checks of arguments before they cross into linear memory: WebAssembly would convert a wrong value silently
 * (`'CANCEL'` to 0), or throw its own TypeError.
 */

const most31 = 0x7fff_ffff
const most32 = 0xffff_ffff
const longestText = 40

/** Describes a value for a message, without calling a method of the value. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value.length > longestText ? `${value.slice(0, longestText)}…` : value)
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'object':
      return value === null ? 'null' : 'an object'
    default:
      return String(value)
  }
}

/** `ERR_INVALID_ARGUMENT`: `name` is the argument, `expected` describes the values that are allowed. */
export function invalidArgument(name: string, expected: string, value: unknown): HTTPError {
  return new HTTPError(
    'ERR_INVALID_ARGUMENT',
    `${name} must be ${expected}, it is ${describe(value)}`,
  )
}

/** Whether the value is a 32-bit integer. The type is checked first, because operators convert or throw. */
function isWord(value: unknown): boolean {
  return typeof value === 'number' && value >>> 0 === value
}

/** Passes an integer of this range. */
export function checkInteger(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw invalidArgument(name, `an integer from ${least} to ${most}`, value)
}

/** Passes the id of a stream (RFC 9113 §5.1.1). */
export function checkStreamId(value: number): number {
  if (isWord(value) && value > 0 && value <= most31) return value
  throw invalidArgument('streamId', `an integer from 1 to ${most31}`, value)
}

/** Passes the id of a stream, or 0: the connection. */
export function checkStreamIdOrZero(value: number): number {
  if (isWord(value) && value <= most31) return value
  throw invalidArgument('streamId', `an integer from 0 to ${most31}`, value)
}

/** Passes an error code (RFC 9113 §7). */
export function checkErrorCode(value: number): number {
  if (isWord(value)) return value
  throw invalidArgument(
    'errorCode',
    `an integer from 0 to ${most32}, such as ErrorCode.CANCEL`,
    value,
  )
}

/** Passes a number of bytes of a window (RFC 9113 §6.9.1). */
export function checkWindowSize(name: string, value: number): number {
  if (isWord(value) && value <= most31) return value
  throw invalidArgument(name, `an integer from 0 to ${most31}`, value)
}

/** Passes milliseconds of a clock. */
export function checkTime(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0 && value < Infinity) return value
  throw invalidArgument(name, 'a number of milliseconds, 0 or more', value)
}

export function checkString(name: string, value: string): string {
  if (typeof value === 'string') return value
  throw invalidArgument(name, 'a string', value)
}

export function checkBoolean(name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value
  throw invalidArgument(name, 'a boolean', value)
}

export function checkObject<T extends object>(name: string, value: T): T {
  if (typeof value === 'object' && value !== null) return value
  throw invalidArgument(name, 'an object', value)
}

/** Bytes of any view, ArrayBuffer or SharedArrayBuffer. */
export function checkBytes(name: string, value: unknown): Uint8Array {
  let bytes: Uint8Array | undefined
  try {
    bytes = asBytes(value)
  } catch {
    throw invalidArgument(name, 'bytes of memory that was not transferred or made smaller', value)
  }
  if (bytes) return bytes
  throw invalidArgument(name, 'bytes: a Uint8Array, another view or an ArrayBuffer', value)
}

/** A text as UTF-8, or bytes. */
export function checkTextOrBytes(name: string, value: unknown): string | Uint8Array {
  return typeof value === 'string' ? value : checkBytes(name, value)
}
