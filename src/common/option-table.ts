import { describe, invalidArgument } from './arguments.ts'
import { HTTPError } from './errors.ts'

/*
 * Options are checked when a server or a session is made. `undefined` means the default; an unknown name, and a value
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

/** The largest unsigned 32-bit integer. */
export const most32 = 0xffff_ffff
/** The longest delay of a timer, in milliseconds. A longer one would fire at once. */
export const mostTime = 0x7fff_ffff

/** The options of a table, each as given or its default. `bag` is the name of the object that holds them. */
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

/** Passes `undefined`, or an object that has no members but these. */
export function checkNames(bag: string, given: unknown, names: readonly string[]): void {
  if (given === undefined) return
  // The members of an array or a Map are not options.
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
