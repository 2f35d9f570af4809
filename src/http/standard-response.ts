import { deferredResponse } from './deferred-response.ts'
import type { ResponseParts } from './fast-response.ts'
import { nativeResponse } from './native.ts'
import { rememberingResponse } from './remembering-response.ts'
import type { StandardResponseClass } from './response-memory.ts'
import { standIn } from './stand-in.ts'

let standard: StandardResponseClass | undefined

/**
 * Makes the global `Response` one that remembers what it was made of: to read a body of 13 bytes back from a response costs
 * Node, Deno and Bun as much as all the rest of a request.
 */
export function installStandardResponse(): void {
  nativeResponse.whenMade((native) => {
    standard = 'Bun' in globalThis ? rememberingResponse(native) : deferredResponse(native)
    standIn(standard, native)
    // Where globals are frozen it stays as it is.
    Reflect.set(globalThis, 'Response', standard)
  })
}

/** What to send, without a look at the runtime's part of a response; `undefined` when only that knows. */
export function partsOfStandard(response: object): ResponseParts | undefined {
  return standard?.parts(response)
}
