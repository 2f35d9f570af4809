import { lazyResponses } from './lazy-response.ts'
import { type ResponseParts, shareFastResponses } from './fast-response.ts'
import { nativeResponse } from './native.ts'
import { recordingResponses } from './recording-response.ts'
import { jsonParts, type KnownResponses } from './response-memory.ts'
import { notConstructed, standardClass } from './global-class.ts'

let known: KnownResponses | undefined

/**
 * Replaces the global `Response` by a class that keeps its arguments: to read a body of 13 bytes back from a response
 * costs Node, Deno and Bun as much as the rest of a request. A class that a program has put in its place, or a frozen
 * global, stays. Subclasses are made by the runtime's class.
 */
export function installStandardResponse(): void {
  shareFastResponses()
  nativeResponse.whenMade((native) => {
    if (!nativeResponse.isInPlace || !Object.isExtensible(native.prototype)) return
    const responses = takesItsOwn() ? recordingResponses(native) : lazyResponses(native)
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

/** Bun and browsers have APIs that take only a `Response` of the runtime. */
function takesItsOwn(): boolean {
  if ('Bun' in globalThis) return true
  const process = Reflect.get(globalThis, 'process') as { versions?: { node?: string } } | undefined
  return !('Deno' in globalThis) && process?.versions?.node === undefined
}

/** The parts to send, without a use of the runtime's `Response`; `undefined` where only that has them. */
export function partsOfStandard(response: object): ResponseParts | undefined {
  return known?.parts(response)
}
