/*
 * Objects of ours that stand for objects of the runtime's own, which are slow to make. A stand-in has what the real one
 * has; what it does not know itself, the real one behind it does.
 */

/**
 * Where a stand-in has itself, so that it is found behind a Proxy that passes all on. The runtimes' own are found where
 * they keep their state under symbols (Node to 22, Deno); elsewhere stand-ins do not have this either.
 */
export const target: unique symbol = Symbol('target')

/** There as well: which it is, so that it is deeply equal to no other, as it is with those of the runtime's own. */
export const identity: unique symbol = Symbol('identity')

/** What may have both. */
export interface Findable {
  [target]?: object
  [identity]?: number
}

let count = 0

/** Lets a stand-in be found. */
export function makeFindable(standIn: object & Findable): void {
  standIn[target] = standIn
  standIn[identity] = ++count
}

/** A class of stand-ins. */
export interface StandIns<T extends object> {
  readonly prototype: object
  /** The stand-in that a value is, or has behind a Proxy. */
  find(value: unknown): T | undefined
  /** The runtime's own behind a stand-in. */
  realOf(standIn: T): object
}

type Method = (...args: unknown[]) => unknown

/** Gives `standIns` the members of the class `native` that they lack, and the same to enumerate. */
export function resemble<T extends object>(
  standIns: StandIns<T>,
  native: { readonly prototype: object },
): void {
  const { prototype } = standIns
  for (const [key, given] of membersOf(native.prototype)) {
    const own = Object.getOwnPropertyDescriptor(prototype, key)
    if (own) {
      Object.defineProperty(prototype, key, { ...own, enumerable: given.enumerable! })
    } else if (!inspectors.includes(key)) {
      Object.defineProperty(prototype, key, shared(given, undefined, standIns))
    }
  }
}

/**
 * Puts `standIns` before the class `native` in the prototype chain. The runtime's own code finds in them the state that
 * it keeps in a `sample` under symbols: that of the real one, which `surrender` gives up to whatever is done to it.
 */
export function standBefore<T extends object>(
  standIns: StandIns<T>,
  native: { readonly prototype: object },
  sample: object,
  surrender: (standIn: T) => object = standIns.realOf,
): void {
  const { prototype } = standIns
  Object.setPrototypeOf(prototype, native.prototype)
  const realOf = (value: unknown): object => {
    const standIn = standIns.find(value)
    if (standIn === undefined) throw new TypeError('Illegal invocation')
    return surrender(standIn)
  }
  for (const key of Object.getOwnPropertySymbols(sample)) {
    Object.defineProperty(prototype, key, {
      configurable: true,
      get() {
        return Reflect.get(realOf(this), key)
      },
      set(value: unknown) {
        Reflect.set(realOf(this), key, value)
      },
    })
  }
}

/**
 * Lets the members of `native` take stand-ins as well. `isMoved`: what stand-ins have of their own goes there from their
 * prototype, so that a program that replaces a member of the class reaches them.
 */
export function share<T extends object>(
  standIns: StandIns<T>,
  native: { readonly prototype: object },
  isMoved: (descriptor: PropertyDescriptor) => boolean,
): void {
  const { prototype } = standIns
  for (const [key, given] of membersOf(native.prototype)) {
    if (typeof key === 'symbol') continue
    const own = Object.getOwnPropertyDescriptor(prototype, key)
    // Of Bun's only the methods can be replaced, where a program has frozen the class none.
    const isShared = Reflect.defineProperty(native.prototype, key, shared(given, own, standIns))
    if (isShared && own && isMoved(own)) Reflect.deleteProperty(prototype, key)
  }
}

/** They ask only for what is public. */
export const inspectors: readonly PropertyKey[] = [
  Symbol.for('nodejs.util.inspect.custom'),
  Symbol.for('Deno.privateCustomInspect'),
]

type Member = [key: PropertyKey, descriptor: PropertyDescriptor]

/** Methods and getters. */
function membersOf(prototype: object): Member[] {
  return Reflect.ownKeys(prototype)
    .filter((key) => key !== 'constructor')
    .map((key): Member => [key, Object.getOwnPropertyDescriptor(prototype, key)!])
    .filter(([, { get, value }]) => get !== undefined || typeof value === 'function')
}

/** A member that stand-ins have by `own`, or else by the real one behind them; all others as `given`. */
function shared<T extends object>(
  given: PropertyDescriptor,
  own: PropertyDescriptor | undefined,
  standIns: StandIns<T>,
): PropertyDescriptor {
  if (typeof given.value === 'function') {
    const value = dispatcher(given.value as Method, own?.value as Method | undefined, standIns)
    return { ...given, value }
  }
  const get = dispatcher(given.get!, own?.get, standIns)
  return { ...given, get }
}

function dispatcher<T extends object>(
  given: Method,
  own: Method | undefined,
  standIns: StandIns<T>,
): Method {
  const { call } = {
    call(this: unknown, ...args: unknown[]): unknown {
      const standIn = standIns.find(this)
      if (standIn === undefined) return Reflect.apply(given, this, args)
      if (own) return Reflect.apply(own, standIn, args)
      return Reflect.apply(given, standIns.realOf(standIn), args)
    },
  }
  const { name, length } = given
  return Object.defineProperties(call, { name: { value: name }, length: { value: length } })
}
