import type { FastResponse } from '../../http/fetch/fast-response.ts'
import type { ServerRequest } from '../../http/fetch/fetch-request.ts'
import type { FetchInfo } from './fetch-info.ts'

/** A response of any class; `undefined` after a tunnel was accepted. */
export type Answer = Response | FastResponse | undefined | void

/** Answers a request; `info` has information that a `Request` cannot hold. */
export type FetchHandler = (request: ServerRequest, info: FetchInfo) => Answer | PromiseLike<Answer>

/** Makes a response of an error that a handler threw. */
export type ErrorHandler = (error: unknown) => Answer | PromiseLike<Answer>
