type Constructor = abstract new (...args: never[]) => object

/**
 * Dresses a function up as the class `native`, in whose place it is put: the same prototype, so that neither `instanceof`
 * nor a change to the prototype tells the two apart, and the same name and statics.
 */
export function standardClass<Class extends Constructor>(native: Class, made: object): Class {
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(native))) {
    if (key !== 'prototype') Object.defineProperty(made, key, descriptor)
  }
  const { prototype } = native
  Object.defineProperty(made, 'prototype', { value: prototype, writable: false })
  const constructor = { value: made, writable: true, configurable: true, enumerable: false }
  // Where the prototype is frozen it stays as it is.
  Reflect.defineProperty(prototype as object, 'constructor', constructor)
  return made as Class
}

/** Such a function was called without `new`. */
export function notConstructed(native: Constructor): TypeError {
  return new TypeError(`Class constructor ${native.name} cannot be invoked without 'new'`)
}
