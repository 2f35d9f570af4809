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

/** What to send for a handler's answer. */
export type AnswerOptions = AnyResponseOptions & {
  /** The body is in a stream of the runtime's: it may be a short one, of which only that knows the length. */
  readonly isStandard?: true
}

/** Throws `ERR_INVALID_RESPONSE` for what is no response. */
export function toResponseOptions(answer: Answer, exchange: TrailersHolder): AnswerOptions {
  if (!answer) throw invalid('the handler returned no response: return one')
  if (typeof answer !== 'object') {
    throw invalid(`the handler returned a ${typeof answer}: return a response, new Response(…)`)
  }
  const init: AnswerOptions =
    FastResponse.parts(answer) ?? partsOfStandard(answer) ?? fromStandard(answer as Response)
  const own = FastResponse.trailers(answer)
  if (own !== undefined) return { ...init, trailers: own }
  // While the body is read, it may turn out what to say behind it.
  if (isRead(init.body)) return { ...init, trailers: () => settle(exchange.responseTrailers) }
  const trailers = exchange.responseTrailers
  return trailers === undefined ? init : { ...init, trailers }
}

/**
 * The same with its body, where that turns out to be at hand. Rejects with what the body's stream fails with.
 */
export async function withBodyAtHand(
  init: AnswerOptions,
  answer: Answer,
  exchange: TrailersHolder,
): Promise<AnyResponseOptions> {
  const body = await peek(init.body as ReadableStream<BodyChunk>)
  // By shape: `bodySource` asks for no more.
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
    return true // Of memory that is gone: `prepareResponse` says so.
  }
}

function settle(trailers: Trailers | undefined): HeaderList | Promise<HeaderList> {
  return typeof trailers === 'function' ? trailers() : (trailers ?? [])
}

/** A response that will not be sent: what makes its body is told, with the reason. */
export function discard(answer: Response | FastResponse, reasonOf: () => unknown): void {
  if (typeof answer === 'object')
    cancelBody(FastResponse.parts(answer)?.body ?? answer.body, reasonOf)
}

/** The same of a body. */
export function cancelBody(body: Body | FastBody, reasonOf: () => unknown): void {
  if (typeof body !== 'object' || body === null || (body as ReadableStream).locked) return
  if (body instanceof Blob || body instanceof FormData || isParameters(body) || isBytes(body))
    return
  bodySource(body).cancel(reasonOf())
}

/** A `Response` of the runtime's own, or of another realm: told by its shape. */
function fromStandard(response: Response): AnswerOptions {
  const { status } = response
  // The order matters: Bun's responses know the type of a Blob until `body` is read, those of srvx that of a text from then on.
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

/** `set-cookie` comes once a cookie (RFC 6265 §3), which `Headers` of some libraries join. */
function fieldsOf(headers: Headers): FlatFields {
  const fields: FlatFields = []
  const knowsCookies = typeof headers.getSetCookie === 'function'
  for (const [name, value] of headers) {
    if (knowsCookies || name.toLowerCase() !== 'set-cookie') fields.push(name, value)
    else for (const cookie of value.split(betweenCookies)) fields.push(name, cookie)
  }
  return fields
}

/** A comma before the name of another cookie; that of a date (`Expires=Sun, 06 Nov …`) has none behind it. */
const betweenCookies = /[\t ]*,[\t ]*(?=[!#$%&'*+\-.^_`|~\w]+=)/

function invalid(message: string): HTTPError {
  return new HTTPError('ERR_INVALID_RESPONSE', message)
}
