type Constructor = abstract new (...args: never[]) => object

/**
 * Gives a function the looks of the class `native`, which it replaces: the same prototype, so that `instanceof` and
 * changes to the prototype work for both, and the same name and statics.
 */
export function standardClass<Class extends Constructor>(native: Class, made: object): Class {
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(native))) {
    if (key !== 'prototype') Object.defineProperty(made, key, descriptor)
  }
  const { prototype } = native
  Object.defineProperty(made, 'prototype', { value: prototype, writable: false })
  const constructor = { value: made, writable: true, configurable: true, enumerable: false }
  // A frozen prototype keeps its constructor.
  Reflect.defineProperty(prototype as object, 'constructor', constructor)
  return made as Class
}

/** The error for a class that was called without `new`. */
export function notConstructed(native: Constructor): TypeError {
  return new TypeError(`Class constructor ${native.name} cannot be invoked without 'new'`)
}
