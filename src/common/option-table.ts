import { describe, invalidArgument } from './arguments.ts'
import { HTTPError } from './errors.ts'

/*
 * Options are checked when a server or a session is made. `undefined` is the default; a name that there is not, and a value
 * out of range, throw `ERR_INVALID_ARGUMENT`.
 */

/** The values that an option may have, all integers. */
export interface NumberRange {
  readonly fallback: number
  readonly least: number
  readonly most: number
  /** `Infinity` is allowed: there is no limit. */
  readonly mayBeInfinite?: boolean
}

export type NumberTable<T> = { readonly [Name in keyof T]-?: NumberRange }
export type Resolved<T> = { readonly [Name in keyof T]-?: number }

/** The most that fits 32 bits. */
export const most32 = 0xffff_ffff
/** The longest time that a timer takes, in milliseconds; beyond, it would be called at once. */
export const mostTime = 0x7fff_ffff

/** Each option of a table, as given or by its default. `bag` is the name of the object that holds them. */
export function resolveNumbers<T extends object>(
  bag: string,
  given: T | undefined,
  table: NumberTable<T>,
): Resolved<T> {
  checkNames(bag, given, Object.keys(table))
  const resolved: Partial<Record<keyof T, number>> = {}
  for (const name of Object.keys(table) as (keyof T & string)[]) {
    resolved[name] = resolveNumber(`${bag}.${name}`, given?.[name], table[name])
  }
  return resolved as Resolved<T>
}

export function resolveNumber(name: string, given: unknown, range: NumberRange): number {
  if (given === undefined) return range.fallback
  const { least, most, mayBeInfinite = false } = range
  if (typeof given === 'number') {
    if (Number.isInteger(given) && given >= least && given <= most) return given
    if (given === Infinity && mayBeInfinite) return given
  }
  const orNone = mayBeInfinite ? ', or Infinity' : ''
  throw invalidArgument(name, `an integer from ${least} to ${most}${orNone}`, given)
}

export function resolveBoolean(name: string, given: unknown, fallback: boolean): boolean {
  if (given === undefined) return fallback
  if (typeof given === 'boolean') return given
  throw invalidArgument(name, 'a boolean', given)
}

/** Passes a function or `undefined`. */
export function checkFunction<T>(name: string, given: T): T {
  if (given === undefined || typeof given === 'function') return given
  throw invalidArgument(name, 'a function', given)
}

/** `given` is an object, or `undefined`, and has no members but these. */
export function checkNames(bag: string, given: unknown, names: readonly string[]): void {
  if (given === undefined) return
  // A list or a Map has no members that are seen here.
  if (typeof given !== 'object' || given === null || Symbol.iterator in given) {
    throw invalidArgument(bag, 'an object', given)
  }
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue
    throw new HTTPError(
      'ERR_INVALID_ARGUMENT',
      `${bag} has no option ${describe(name)}: there are ${names.join(', ')}`,
    )
  }
}
