/**
 * Lets a class take the place of a global one: it has that one's name, and `instanceof` holds for those of the runtime's own
 * making too, such as what fetch() gives. Subclasses know their own.
 */
export function standIn<Class extends abstract new (...args: never[]) => object>(
  made: Class,
  native: Class,
): void {
  Object.defineProperty(made, 'name', { value: native.name })
  Object.defineProperty(made, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      return this === made
        ? value instanceof native
        : Function.prototype[Symbol.hasInstance].call(this, value)
    },
  })
}
