import { linkRequests } from './fetch-request.ts'
import { installStandardRequest } from './global-request.ts'
import { installStandardResponse } from './global-response.ts'

let isDone = false

/**
 * Replaces the global `Response`, and on Node from 24 on `Request` and `fetch`, by ones that take the requests and
 * responses of this package. Code that kept a reference to the former globals works as before.
 */
export function overrideGlobalObjects(): void {
  if (isDone) return
  isDone = true
  installStandardRequest()
  installStandardResponse()
}

/** Does not replace globals: requests are `instanceof Request`, but other code of the runtime does not take them. */
export function leaveGlobalObjects(): void {
  linkRequests()
}
