import type { HeaderList } from '../common/fields.ts'

/** Trailer fields, or how to make them once the body has ended. */
export type Trailers = HeaderList | (() => HeaderList | Promise<HeaderList>)
