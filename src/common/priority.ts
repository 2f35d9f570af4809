import { checkInteger, checkObject, invalidArgument } from './arguments.ts'

/** RFC 9218 §4: `urgency` 0 (first) to 7, default 3. */
export interface Priority {
  readonly urgency: number
  readonly incremental: boolean
}

/** The priority of a request without one (RFC 9218 §4). */
export const defaultPriority: Priority = Object.freeze({ urgency: 3, incremental: false })

/** Reads a priority, each member once; throws `ERR_INVALID_ARGUMENT`. */
export function checkPriority(priority: Priority): Priority {
  const { urgency, incremental } = checkObject('priority', priority)
  checkInteger('priority.urgency', urgency, 0, 7)
  if (typeof incremental === 'boolean') return { urgency, incremental }
  if (incremental === undefined) return { urgency, incremental: false }
  throw invalidArgument('priority.incremental', 'a boolean', incremental)
}
