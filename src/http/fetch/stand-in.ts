/*
 * Stand-ins: objects of this package in place of objects of the runtime, which are slow to make. A stand-in has the
 * members of the runtime's object. A member that it does not implement is passed to the runtime's object behind it.
 */

/**
 * The key under which a stand-in has itself, so that it is found behind a Proxy that forwards every access. Objects of
 * the runtimes that keep their state under symbols (Node to 22, Deno) are found so too; elsewhere the key is not used.
 */
export const target: unique symbol = Symbol('target')

/** The key of a number, different for each stand-in: none deeply equals another, as with objects of the runtime. */
export const identity: unique symbol = Symbol('identity')

/** An object that may have both keys. */
export interface Findable {
  [target]?: object
  [identity]?: number
}

let count = 0

/** Sets both keys of a stand-in. */
export function makeFindable(standIn: object & Findable): void {
  standIn[target] = standIn
  standIn[identity] = ++count
}

/** A class of stand-ins. */
export interface StandIns<T extends object> {
  readonly prototype: object
  /** The stand-in that a value is, or has behind a Proxy. */
  find(value: unknown): T | undefined
  /** The runtime's object behind a stand-in. */
  realOf(standIn: T): object
}

type Method = (...args: unknown[]) => unknown

/** Gives `standIns` the members of the class `native` that they lack, and makes the same members enumerable. */
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
 * Puts `standIns` before the class `native` in the prototype chain. The runtime's code finds in them the state that it
 * keeps in a `sample` under symbols: the state of the runtime's object, which `surrender` makes and which may change.
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
 * Lets the members of `native` take stand-ins as well. A member of the stand-ins' prototype for which `isMoved` holds
 * moves there, so that a program that replaces a member of the class replaces it for stand-ins.
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
    // On Bun only methods can be replaced. Of a class that a program has frozen, no member can be replaced.
    const isShared = Reflect.defineProperty(native.prototype, key, shared(given, own, standIns))
    if (isShared && own && isMoved(own)) Reflect.deleteProperty(prototype, key)
  }
}

/** Members that are not shared: they read only public members. */
export const inspectors: readonly PropertyKey[] = [
  Symbol.for('nodejs.util.inspect.custom'),
  Symbol.for('Deno.privateCustomInspect'),
]

type Member = [key: PropertyKey, descriptor: PropertyDescriptor]

/** The methods and getters of a prototype. */
function membersOf(prototype: object): Member[] {
  return Reflect.ownKeys(prototype)
    .filter((key) => key !== 'constructor')
    .map((key): Member => [key, Object.getOwnPropertyDescriptor(prototype, key)!])
    .filter(([, { get, value }]) => get !== undefined || typeof value === 'function')
}

/** A member that uses `own` for a stand-in, else the runtime's object behind it, and `given` for another object. */
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
