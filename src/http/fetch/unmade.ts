import type { LazyGlobal } from './lazy-global.ts'
import { inspectors } from './stand-in.ts'

type Inspector = (this: object, ...args: unknown[]) => unknown

/**
 * Has objects look like the runtime's own while that class is not made: their members are enumerable, and `console.log`
 * shows them by its code, which asks for what is public. On Bun, where there is no such code, the real one is shown,
 * or `names` where it cannot be made.
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
