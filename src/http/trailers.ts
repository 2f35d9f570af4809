import { isThenable } from '../common/thenable.ts'
import type { HeaderList } from '../common/fields.ts'

/** Trailer fields, or how to make them once the body has ended. */
export type Trailers = HeaderList | (() => HeaderList | Promise<HeaderList>)

/**
 * Calls `end` with the fields, at once or when their promise has resolved. Calls `fail` with an error of the function,
 * of the promise or of `end`.
 */
export function settleTrailers(
  trailers: Trailers | undefined,
  end: (fields: HeaderList | undefined) => void,
  fail: (error: unknown) => void,
): void {
  try {
    const fields = typeof trailers === 'function' ? trailers() : trailers
    if (isThenable(fields))
      Promise.resolve(fields as PromiseLike<HeaderList>)
        .then(end)
        .catch(fail)
    else end(fields as HeaderList | undefined)
  } catch (error) {
    fail(error)
  }
}
