import { deferredResponses } from './lazy-response.ts'
import { type ResponseParts, shareFastResponses } from './fast-response.ts'
import { nativeResponse } from './native.ts'
import { rememberingResponses } from './recording-response.ts'
import { jsonParts, type KnownResponses } from './response-memory.ts'
import { notConstructed, standardClass } from './global-class.ts'

let known: KnownResponses | undefined

/**
 * Makes the global `Response` one that remembers what it was made of: to read a body of 13 bytes back from a response costs
 * Node, Deno and Bun as much as all the rest of a request. Where a program has put a class of its own in its place, or has
 * frozen it, that stays. Subclasses are the runtime's own.
 */
export function installStandardResponse(): void {
  shareFastResponses()
  nativeResponse.whenMade((native) => {
    if (!nativeResponse.isInPlace || !Object.isExtensible(native.prototype)) return
    const responses = takesItsOwn() ? rememberingResponses(native) : deferredResponses(native)
    const made = function standard(body?: BodyInit | null, init?: ResponseInit): Response {
      if ((new.target as unknown) === made) return responses.make(body, init)
      if (new.target === undefined) throw notConstructed(native)
      return Reflect.construct(native, [body, init], new.target as unknown as typeof Response)
    }
    const standard = standardClass(native, made)
    const json = (data: unknown, init?: ResponseInit): Response =>
      responses.make(...jsonParts(data, init))
    Reflect.defineProperty(standard, 'json', {
      ...Object.getOwnPropertyDescriptor(native, 'json'),
      value: json,
    })
    known = responses
    Reflect.set(globalThis, 'Response', standard)
  })
}

/** Bun and browsers have APIs that take a `Response` of their own making and nothing else. */
function takesItsOwn(): boolean {
  if ('Bun' in globalThis) return true
  const process = Reflect.get(globalThis, 'process') as { versions?: { node?: string } } | undefined
  return !('Deno' in globalThis) && process?.versions?.node === undefined
}

/** What to send, without a look at the runtime's part of a response; `undefined` when only that knows. */
export function partsOfStandard(response: object): ResponseParts | undefined {
  return known?.parts(response)
}
