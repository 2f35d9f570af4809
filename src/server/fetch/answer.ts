import { asBytes } from '../../common/bytes.ts'
import { HTTPError } from '../../common/errors.ts'
import type { FlatFields, HeaderList } from '../../common/fields.ts'
import type { Body, BodyChunk } from '../../http/body.ts'
import { bodySource } from '../../http/body-source.ts'
import { hasField, isParameters } from '../../http/content-type.ts'
import { type FastBody, FastResponse } from '../../http/fetch/fast-response.ts'
import { peek, PeekedBody } from '../../http/fetch/peeked-body.ts'
import { partsOfStandard } from '../../http/fetch/global-response.ts'
import type { Trailers } from '../../http/trailers.ts'
import type { Answer } from './fetch-handler.ts'
import type { AnyResponseOptions } from '../../http/prepared-response.ts'

/** Trailer fields to send after the response's body, as far as they are known. */
export interface TrailersHolder {
  readonly responseTrailers: Trailers | undefined
}

/** The options of the response for a handler's answer. */
export type AnswerOptions = AnyResponseOptions & {
  /** The body is a stream of the runtime. The body may be short, and only the stream knows the length. */
  readonly isStandard?: true
}

/** The options of the response for `answer`. Throws `ERR_INVALID_RESPONSE` for a value that is no response. */
export function toResponseOptions(answer: Answer, exchange: TrailersHolder): AnswerOptions {
  if (!answer) throw invalid('the handler returned no response: return one')
  if (typeof answer !== 'object') {
    throw invalid(`the handler returned a ${typeof answer}: return a response, new Response(…)`)
  }
  const init: AnswerOptions =
    FastResponse.parts(answer) ?? partsOfStandard(answer) ?? fromStandard(answer as Response)
  const own = FastResponse.trailers(answer)
  if (own !== undefined) return { ...init, trailers: own }
  // The application may set the trailers while the body is read.
  if (isRead(init.body)) return { ...init, trailers: () => settle(exchange.responseTrailers) }
  const trailers = exchange.responseTrailers
  return trailers === undefined ? init : { ...init, trailers }
}

/**
 * The same options with the bytes of the body, where its stream gives them at once. Rejects with the error of the
 * stream.
 */
export async function withBodyAtHand(
  init: AnswerOptions,
  answer: Answer,
  exchange: TrailersHolder,
): Promise<AnyResponseOptions> {
  const body = await peek(init.body as ReadableStream<BodyChunk>)
  // `bodySource` uses only the members that a `PeekedBody` has.
  if (body instanceof PeekedBody) return { ...init, body: body as unknown as Body }
  const { trailers: _, ...rest } = init
  const trailers = FastResponse.trailers(answer as object) ?? exchange.responseTrailers
  return trailers === undefined ? { ...rest, body } : { ...rest, body, trailers }
}

/** Whether the application's code runs while the body is read. */
function isRead(body: Body): boolean {
  if (typeof body === 'function') return true
  return typeof body === 'object' && body !== null && !isBytes(body) && !(body instanceof Blob)
}

function isBytes(body: object): boolean {
  try {
    return asBytes(body) !== undefined
  } catch {
    return true // The buffer is detached; `prepareResponse` throws for it.
  }
}

function settle(trailers: Trailers | undefined): HeaderList | Promise<HeaderList> {
  return typeof trailers === 'function' ? trailers() : (trailers ?? [])
}

/** Cancels the body of a response that will not be sent, with the reason. */
export function discard(answer: Response | FastResponse, reasonOf: () => unknown): void {
  if (typeof answer === 'object')
    cancelBody(FastResponse.parts(answer)?.body ?? answer.body, reasonOf)
}

/** Cancels a body that will not be sent. */
export function cancelBody(body: Body | FastBody, reasonOf: () => unknown): void {
  if (typeof body !== 'object' || body === null || (body as ReadableStream).locked) return
  if (body instanceof Blob || body instanceof FormData || isParameters(body) || isBytes(body))
    return
  bodySource(body).cancel(reasonOf())
}

/** The options of a `Response` of the runtime or of another realm, which is recognized by its members. */
function fromStandard(response: Response): AnswerOptions {
  const { status } = response
  // The order matters. Bun's responses have the type of a Blob until `body` is read. Responses of srvx have the type of
  // a text only after `body` is read.
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
  const fields = fieldsOf(headers)
  const init = { status, headers: fields, body: body as ReadableStream<BodyChunk> | null }
  return body === null || hasField(fields, 'content-length') ? init : { ...init, isStandard: true }
}

/** Each cookie has a `set-cookie` field (RFC 6265 §3); the `Headers` of some libraries join these fields. */
function fieldsOf(headers: Headers): FlatFields {
  const fields: FlatFields = []
  const knowsCookies = typeof headers.getSetCookie === 'function'
  for (const [name, value] of headers) {
    if (knowsCookies || name.toLowerCase() !== 'set-cookie') fields.push(name, value)
    else for (const cookie of value.split(betweenCookies)) fields.push(name, cookie)
  }
  return fields
}

/**
 * A comma before the name of another cookie. The comma in a date (`Expires=Sun, 06 Nov …`) is not followed by a name.
 */
const betweenCookies = /[\t ]*,[\t ]*(?=[!#$%&'*+\-.^_`|~\w]+=)/

function invalid(message: string): HTTPError {
  return new HTTPError('ERR_INVALID_RESPONSE', message)
}
