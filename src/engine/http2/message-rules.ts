import { HTTPError } from '../../common/errors.ts'
import type { FlatFields } from '../../common/fields.ts'

/**
 * Rules for messages that are submitted (RFC 9113 §8.2.2, §8.3). A peer would reset the stream of a message that breaks
 * a rule.
 */

export type MessageKind = 'request' | 'response' | 'informational response' | 'trailers'

const requestNames = new Set([':method', ':scheme', ':authority', ':path', ':protocol'])
const COLON = 0x3a

/** Connection-specific fields of HTTP/1.1 by the length of their names, so that most names need no comparison. */
const connectionFields: Readonly<Record<number, readonly string[]>> = {
  7: ['upgrade'],
  10: ['connection', 'keep-alive'],
  16: ['proxy-connection'],
  17: ['transfer-encoding'],
}

/** Throws `ERR_INVALID_MESSAGE` for fields that are not a message of this kind. */
export function checkMessage(kind: MessageKind, fields: FlatFields): void {
  let pseudo = 0
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    if (name.charCodeAt(0) === COLON) {
      if (pseudo !== i) throw invalid(kind, `${name} stands behind other fields (§8.3)`)
      pseudo += 2
    } else if (isForbidden(name, fields[i + 1]!)) {
      throw invalid(kind, `${name} is a field of HTTP/1.1 connections (§8.2.2): leave it out`)
    }
  }
  if (kind === 'request') checkRequest(fields, pseudo)
  else if (kind !== 'trailers') checkStatus(kind, fields, pseudo)
  else if (pseudo > 0) throw invalid(kind, `trailers have no ${fields[0]} (§8.1)`)
}

function isForbidden(name: string, value: string): boolean {
  const { length } = name
  if (length !== 2 && length !== 7 && length !== 10 && length < 16) return false
  if (length === 2) return name.toLowerCase() === 'te' && value !== 'trailers'
  return connectionFields[length]?.includes(name.toLowerCase()) ?? false
}

/** The status of the last valid response: most responses have the same one. */
let lastGood = '200'

function checkStatus(kind: MessageKind, fields: FlatFields, pseudo: number): void {
  const status = fields[1]!
  if (pseudo !== 2 || fields[0] !== ':status') {
    throw invalid(kind, ':status comes first, and no other pseudo-header field (§8.3.2)')
  }
  const isFinal = kind === 'response'
  if (isFinal && status === lastGood) return
  if (!/^[1-9]\d\d$/.test(status) || status === '101' || (status[0] === '1') === isFinal) {
    const range = isFinal ? '200 to 999' : '100 or 102 to 199'
    throw invalid(kind, `:status is ${range}, not ${JSON.stringify(status)} (§8.3.2, §8.6)`)
  }
  if (isFinal) lastGood = status
}

function checkRequest(fields: FlatFields, pseudo: number): void {
  const given = new Map<string, string>()
  for (let i = 0; i < pseudo; i += 2) {
    const name = fields[i]!
    if (!requestNames.has(name)) throw invalid('request', `there is no ${name} (§8.3.1)`)
    if (given.has(name)) throw invalid('request', `${name} comes twice (§8.3)`)
    given.set(name, fields[i + 1]!)
  }
  const has = (name: string): boolean => given.get(name) !== undefined && given.get(name) !== ''
  const isConnect = given.get(':method') === 'CONNECT' && !given.has(':protocol')
  if (isConnect && (given.has(':scheme') || given.has(':path'))) {
    throw invalid('request', 'CONNECT has neither :scheme nor :path (§8.5)')
  }
  for (const name of isConnect ? [':method', ':authority'] : [':method', ':scheme', ':path']) {
    if (!has(name)) throw invalid('request', `${name} is missing or empty (§8.3.1)`)
  }
}

function invalid(kind: MessageKind, reason: string): HTTPError {
  return new HTTPError('ERR_INVALID_MESSAGE', `no ${kind} can be made of these fields: ${reason}`)
}
