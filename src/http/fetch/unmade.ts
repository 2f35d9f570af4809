import type { LazyGlobal } from './lazy-global.ts'
import { inspectors } from './stand-in.ts'

type Inspector = (this: object, ...args: unknown[]) => unknown

/**
 * Makes objects look like those of the runtime before the runtime's class is made: their members are enumerable, and
 * `console.log` shows them with the runtime's code, which reads public members. On Bun, where there is no such code,
 * `console.log` shows the runtime's object, or the members `names` where that cannot be made.
 */
export function standForUnmade<T extends object>(
  prototype: T,
  native: LazyGlobal<typeof Request> | LazyGlobal<typeof Response>,
  realOf: (standIn: T) => object,
  names: readonly string[],
): void {
  for (const key of Object.getOwnPropertyNames(prototype)) {
    Object.defineProperty(prototype, key, { enumerable: key !== 'constructor' })
  }
  for (const key of inspectors) {
    const value: Inspector = function (...args) {
      const inspector = Reflect.get(native.native.prototype, key) as Inspector | undefined
      if (inspector) return Reflect.apply(inspector, this, args)
      try {
        return realOf(this as T)
      } catch {
        return Object.fromEntries(names.map((name) => [name, Reflect.get(this, name)]))
      }
    }
    Object.defineProperty(prototype, key, { value, writable: true, configurable: true })
  }
}
