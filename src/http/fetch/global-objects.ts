import { linkRequests } from './fetch-request.ts'
import { installStandardRequest } from './global-request.ts'
import { installStandardResponse } from './global-response.ts'

let isDone = false

/**
 * Replaces the global `Response`, and on Node from 24 on `Request` and `fetch`, by ones that know the requests and
 * responses of this package. A program sees it when it calls this; what takes the globals into its own hands before
 * works as before.
 */
export function overrideGlobalObjects(): void {
  if (isDone) return
  isDone = true
  installStandardRequest()
  installStandardResponse()
}

/** Leaves the globals alone: requests are `instanceof Request`, and no more of the runtime's own code takes them. */
export function leaveGlobalObjects(): void {
  linkRequests()
}
