import { ErrorCode } from '../../common/errors.ts'
import type { FlatFields } from '../../common/fields.ts'

/** The response to a request that no handler answers. */
export function plainResponse(status: number): FlatFields {
  return [':status', String(status), 'content-length', '0']
}

/** The status of a request whose stream was reset before it had a response, by the code of the reset. */
export function statusOfReset(errorCode: number): number {
  switch (errorCode) {
    case ErrorCode.ENHANCE_YOUR_CALM:
      return 413
    case ErrorCode.CANCEL:
      return 503
    default:
      return 500
  }
}
