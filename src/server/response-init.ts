import { HTTP2Error } from '../engine/errors.ts'
import type { BodyChunk } from '../http/body.ts'
import { FastResponse } from '../http/fast-response.ts'
import type { Trailers } from '../http/trailers.ts'
import type { Answer } from './fetch-exchange.ts'
import type { ResponseInit } from './server-stream.ts'

/** What to send for a handler's answer. Throws `ERR_INVALID_RESPONSE` for what is none. */
export function toResponseInit(answer: Answer, trailers: Trailers | undefined): ResponseInit {
  if (!answer) {
    throw new HTTP2Error('ERR_INVALID_RESPONSE', 'the handler returned no response: return one')
  }
  const parts = FastResponse.parts(answer)
  if (parts) {
    return trailers === undefined || parts.trailers !== undefined ? parts : { ...parts, trailers }
  }
  return fromStandard(answer as Response, trailers ?? FastResponse.trailers(answer))
}

/** A `Response` of the runtime's own, or of another realm: told by its shape. */
function fromStandard(response: Response, trailers: Trailers | undefined): ResponseInit {
  const { status, headers, body } = response
  if (status === 0 || typeof status !== 'number' || typeof headers?.forEach !== 'function') {
    throw new HTTP2Error(
      'ERR_INVALID_RESPONSE',
      'the handler returned something that is no response, or Response.error()',
    )
  }
  const fields: [string, string][] = []
  // `set-cookie` comes once a cookie (RFC 6265 §3), unlike the joined value of get().
  for (const [name, value] of headers) fields.push([name, value])
  const init = { status, headers: fields, body: body as ReadableStream<BodyChunk> | null }
  return trailers === undefined ? init : { ...init, trailers }
}
