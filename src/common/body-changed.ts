import { HTTPError } from './errors.ts'

/** The bytes of a body were lost before they were sent. */
export function bodyChangedError(streamId?: number): HTTPError {
  return new HTTPError(
    'ERR_BODY_CHANGED',
    'a body was transferred or made smaller before it was sent: leave its buffer alone until the stream has closed',
    streamId === undefined ? {} : { streamId },
  )
}
