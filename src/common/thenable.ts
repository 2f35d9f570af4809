/** Whether a value is a promise, of this realm, of another one, or of a library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === undefined || value === null) return false
  if (value instanceof Promise) return true
  return typeof (value as { then?: unknown }).then === 'function'
}
