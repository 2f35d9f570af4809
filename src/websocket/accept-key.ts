import { sha1 } from './sha1.ts'

/** Appended to the key (RFC 6455 §1.3). */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** Sixteen bytes in base64. */
const keyForm = /^[\w+/]{21}[AQgw]==$/

/**
 * `Sec-WebSocket-Accept` for the `Sec-WebSocket-Key` of a request (RFC 6455 §4.2.2); `undefined`: the value is no key.
 */
export function acceptOf(key: string | undefined): string | undefined {
  if (key === undefined || !keyForm.test(key)) return undefined
  return btoa(String.fromCharCode(...sha1(key + guid)))
}
