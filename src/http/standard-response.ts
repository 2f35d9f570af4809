import { deferredResponse } from './deferred-response.ts'
import type { ResponseParts } from './fast-response.ts'
import { nativeResponse } from './native.ts'
import { rememberingResponse } from './remembering-response.ts'

/** A class in the place of the global `Response`. */
export type StandardResponseClass = typeof Response & {
  /** What to send; `undefined` for what is not of this class, or when only the runtime's part knows. */
  parts(response: object): ResponseParts | undefined
}

let standard: StandardResponseClass | undefined

/**
 * Makes the global `Response` one that remembers what it was made of: to read a body of 13 bytes back from a response costs
 * Node, Deno and Bun as much as all the rest of a request.
 */
export function installStandardResponse(): void {
  nativeResponse.whenMade((native) => {
    standard = 'Bun' in globalThis ? rememberingResponse(native) : deferredResponse(native)
    Object.defineProperty(standard, 'name', { value: 'Response' })
    // Where globals are frozen it stays as it is.
    Reflect.set(globalThis, 'Response', standard)
  })
}

/** What to send, without a look at the runtime's part of a response; `undefined` when only that knows. */
export function partsOfStandard(response: object): ResponseParts | undefined {
  return standard?.parts(response)
}
