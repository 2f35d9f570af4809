import { isThenable } from '../common/thenable.ts'
import type { HeaderList } from '../common/fields.ts'

/** Trailer fields, or how to make them once the body has ended. */
export type Trailers = HeaderList | (() => HeaderList | Promise<HeaderList>)

/** Calls `end` with the fields, now or once a promise of them has settled, or `fail` with the error of either. */
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
