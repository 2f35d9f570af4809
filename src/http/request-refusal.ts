import { type ErrorPlace, HTTPError } from '../common/errors.ts'
import type { ResponseOptions } from './response-options.ts'

/**
 * An error that a handler throws because of the client's request. The client gets a response, and nothing is reported.
 */
export class RequestRefusal extends HTTPError {
  readonly #response: ResponseOptions

  constructor(code: string, message: string, place: ErrorPlace, response: ResponseOptions) {
    super(code, message, place)
    this.#response = response
  }

  /** The response to the client, unless the handler catches the error and answers itself. */
  get response(): ResponseOptions {
    return this.#response
  }
}

/** The response 400, with more fields. */
export function badRequest(fields: Readonly<Record<string, string>> = {}): ResponseOptions {
  return textResponse(400, 'Bad Request', fields)
}

export function textResponse(
  status: number,
  body: string,
  fields: Readonly<Record<string, string>> = {},
): ResponseOptions {
  return { status, headers: { 'content-type': 'text/plain;charset=UTF-8', ...fields }, body }
}
