import { type ErrorPlace, HTTPError } from '../../common/errors.ts'
import type { TimeoutName, Times } from './timeouts.ts'

const causes: Readonly<Record<TimeoutName, string>> = {
  handshake: 'the TLS handshake was not complete',
  head: 'the client has not completed what it began to send',
  stream: 'the client moved no byte that was waited for',
  minDataRate: 'the client moved too few bytes a second',
  settings: 'the client has not acknowledged SETTINGS',
  idle: 'the connection had no streams',
  keepAlive: 'the client sent no further request',
  ping: 'the connection was silent',
  pingAck: 'the client did not answer PING',
  lifetime: 'requests went on when the connection had reached its age',
  shutdown: 'the client did not close its side',
}

/** A timeout that a client has breached. Code `ERR_TIMEOUT`. */
export function timeoutError(
  name: TimeoutName,
  { timeouts, minDataRate }: Times,
  place: ErrorPlace,
): HTTPError {
  const limit =
    name === 'minDataRate'
      ? `minDataRate is ${minDataRate} bytes a second`
      : `timeouts.${name} is ${timeouts[name]} ms`
  return new HTTPError('ERR_TIMEOUT', `${causes[name]}: ${limit}`, place)
}
