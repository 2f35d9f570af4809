import { expect } from 'vitest'
import { HTTP2Error } from '../../../src/engine/index.ts'

/** The `HTTP2Error` that `action` throws. */
export function errorOf(action: () => unknown): HTTP2Error {
  try {
    action()
  } catch (error) {
    expect(error).toBeInstanceOf(HTTP2Error)
    return error as HTTP2Error
  }
  throw new Error('nothing was thrown')
}

/** The stable code of the error that `action` throws. */
export function codeOf(action: () => unknown): string {
  return errorOf(action).code
}
