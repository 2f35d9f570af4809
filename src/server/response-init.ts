import { HTTP2Error } from '../engine/errors.ts'
import type { BodyChunk } from '../http/body.ts'
import { bodySource } from '../http/body-source.ts'
import { FastResponse } from '../http/fast-response.ts'
import type { Trailers } from '../http/trailers.ts'
import type { Answer } from './fetch-exchange.ts'
import type { ResponseInit } from './server-stream.ts'

/** What to send for a handler's answer. Throws `ERR_INVALID_RESPONSE` for what is none. */
export function toResponseInit(answer: Answer, trailers: Trailers | undefined): ResponseInit {
  if (!answer) throw invalid('the handler returned no response: return one')
  const init = FastResponse.parts(answer) ?? fromStandard(answer as Response)
  const behind = FastResponse.trailers(answer) ?? trailers
  return behind === undefined ? init : { ...init, trailers: behind }
}

/** A response that nobody will send: whoever makes its body is told. */
export function discard(answer: Response | FastResponse): void {
  const body = FastResponse.parts(answer)?.body ?? answer.body
  if (typeof body !== 'object' || body === null || (body as ReadableStream).locked) return
  if (body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return
  bodySource(body).cancel(undefined)
}

/** A `Response` of the runtime's own, or of another realm: told by its shape. */
function fromStandard(response: Response): ResponseInit {
  const { status, headers, body } = response
  if (typeof status !== 'number' || typeof headers?.[Symbol.iterator] !== 'function') {
    throw invalid('the handler returned something that is no response')
  }
  if (status === 0) throw invalid('the handler returned Response.error(), which cannot be sent')
  if (response.bodyUsed || body?.locked) {
    throw invalid('the body of the response was read already: return a clone, or a new response')
  }
  const fields: [string, string][] = []
  // `set-cookie` comes once a cookie (RFC 6265 §3), unlike the joined value of get().
  for (const [name, value] of headers) fields.push([name, value])
  return { status, headers: fields, body: body as ReadableStream<BodyChunk> | null }
}

function invalid(message: string): HTTP2Error {
  return new HTTP2Error('ERR_INVALID_RESPONSE', message)
}
