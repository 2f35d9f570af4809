import { HTTPError } from '../../common/errors.ts'

/** How many connections a server has. */
export interface ConnectionLimits {
  readonly maxConnections: number
  readonly maxConnectionsPerAddress: number
  readonly maxMemory: number
}

export type ConnectionLimitName = keyof ConnectionLimits

/** A connection was refused. Code `ERR_TOO_MANY_CONNECTIONS`. */
export function tooManyConnections(name: ConnectionLimitName, limits: ConnectionLimits): HTTPError {
  return new HTTPError(
    'ERR_TOO_MANY_CONNECTIONS',
    `a connection was refused, and none is idle: ${name} is ${limits[name]}`,
  )
}
