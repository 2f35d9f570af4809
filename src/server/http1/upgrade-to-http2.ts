import type { FlatFields } from '../../common/fields.ts'

/** A request that asks for HTTP/2 (RFC 7540 §3.2). */
export interface Http2UpgradeRequest {
  /** The decoded HTTP2-Settings. */
  readonly settings: Uint8Array
  /** The fields of the request, in the form of HTTP/2. */
  readonly fields: FlatFields
}

/**
 * Takes a connection over: sends `answer`, then speaks HTTP/2. `rest`: the bytes after the request. False: the settings
 * cannot be read, and the request is answered over HTTP/1.1.
 */
export type Http2Upgrade = (
  request: Http2UpgradeRequest,
  answer: Uint8Array,
  rest: Uint8Array,
) => boolean

/** Fields of the HTTP/1.1 connection, which HTTP/2 does not have (RFC 9113 §8.2.2). */
const dropped: ReadonlySet<string> = new Set([
  'connection',
  'upgrade',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
])

/** Reads the upgrade that a request asks for; `undefined`: not to HTTP/2. */
export function readHttp2Upgrade(fields: FlatFields): Http2UpgradeRequest | undefined {
  let isH2c = false
  let settings: Uint8Array | undefined
  let settingsCount = 0
  const others: FlatFields = []
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!
    const value = fields[i + 1]!
    if (!dropped.has(name)) others.push(name, value)
    else if (name === 'upgrade') isH2c = value.toLowerCase() === 'h2c'
    else if (name === 'http2-settings') {
      settings = decodeBase64Url(value)
      settingsCount++
    }
  }
  return isH2c && settings && settingsCount === 1 ? { settings, fields: others } : undefined
}

function decodeBase64Url(text: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined
  try {
    const characters = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return Uint8Array.from(characters, (character) => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
