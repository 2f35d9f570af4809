import { HTTP2Error } from '../engine/errors.ts'
import type { FlatFields, HeaderList } from '../engine/fields.ts'
import type { Body, BodyChunk } from '../http/body.ts'
import { bodySource } from '../http/body-source.ts'
import { FastResponse } from '../http/fast-response.ts'
import { partsOfStandard } from '../http/standard-response.ts'
import type { Trailers } from '../http/trailers.ts'
import type { Answer } from './fetch-exchange.ts'
import type { AnyResponseInit } from './prepared-response.ts'

/** Who knows what to send behind a body, as far as somebody has said it. */
export interface TrailersHolder {
  readonly responseTrailers: Trailers | undefined
}

/** What to send for a handler's answer. Throws `ERR_INVALID_RESPONSE` for what is none. */
export function toResponseInit(answer: Answer, exchange: TrailersHolder): AnyResponseInit {
  if (!answer) throw invalid('the handler returned no response: return one')
  if (typeof answer !== 'object') {
    throw invalid(`the handler returned a ${typeof answer}: return a response, new Response(…)`)
  }
  const init =
    FastResponse.parts(answer) ?? partsOfStandard(answer) ?? fromStandard(answer as Response)
  const own = FastResponse.trailers(answer)
  if (own !== undefined) return { ...init, trailers: own }
  // While the body is read, it may turn out what to say behind it.
  if (isRead(init.body)) return { ...init, trailers: () => settle(exchange.responseTrailers) }
  const trailers = exchange.responseTrailers
  return trailers === undefined ? init : { ...init, trailers }
}

/** Whether the application's code runs while the body is read. */
function isRead(body: Body): boolean {
  if (typeof body === 'function') return true
  return typeof body === 'object' && body !== null && !isBytes(body) && !(body instanceof Blob)
}

function isBytes(body: object): boolean {
  return body instanceof ArrayBuffer || ArrayBuffer.isView(body)
}

function settle(trailers: Trailers | undefined): HeaderList | Promise<HeaderList> {
  return typeof trailers === 'function' ? trailers() : (trailers ?? [])
}

/** A response that nobody will send: whoever makes its body is told. */
export function discard(answer: Response | FastResponse): void {
  if (typeof answer !== 'object') return
  const body = FastResponse.parts(answer)?.body ?? answer.body
  if (typeof body !== 'object' || body === null || (body as ReadableStream).locked) return
  if (body instanceof Blob || isBytes(body)) return
  bodySource(body).cancel(undefined)
}

/** A `Response` of the runtime's own, or of another realm: told by its shape. */
function fromStandard(response: Response): AnyResponseInit {
  const { status } = response
  // Bun's know the type of a Blob only until somebody has the body in hands; srvx's know that of a text only then.
  const isResponse = typeof response.headers?.[Symbol.iterator] === 'function'
  const { body } = response
  const { headers } = response
  if (typeof status !== 'number' || !isResponse) {
    throw invalid('the handler returned something that is no response')
  }
  if (status === 0) throw invalid('the handler returned Response.error(), which cannot be sent')
  if (response.bodyUsed || body?.locked) {
    throw invalid('the body of the response was read already: return a clone, or a new response')
  }
  const fields: FlatFields = []
  // `set-cookie` comes once a cookie (RFC 6265 §3), unlike the joined value of get().
  for (const [name, value] of headers) fields.push(name, value)
  return { status, headers: fields, body: body as ReadableStream<BodyChunk> | null }
}

function invalid(message: string): HTTP2Error {
  return new HTTP2Error('ERR_INVALID_RESPONSE', message)
}
