import type { FlatFields } from '../../common/fields.ts'

/** What a connection's first bytes are. */
export type Greeting =
  | { readonly kind: 'http2' }
  /** The head is not complete yet. */
  | { readonly kind: 'partial' }
  /** HTTP/1.1: to be answered with this, and closed. */
  | { readonly kind: 'refused'; readonly answer: Uint8Array }
  | UpgradeGreeting

/** A request that asks for HTTP/2 (RFC 7540 §3.2), after which the client's preface follows. */
export interface UpgradeGreeting {
  readonly kind: 'upgrade'
  readonly answer: Uint8Array
  /** The request, as HTTP/2 would have it. */
  readonly fields: FlatFields
  /** The decoded HTTP2-Settings. */
  readonly settings: Uint8Array
  readonly rest: Uint8Array
}

/** Any method but the one of HTTP/2's preface (RFC 9113 §3.4). */
const methods = /^(?!PRI )[A-Z]{3,} /
const requestLine = /^([A-Z]+) (\/[!-~]*) HTTP\/1\.1$/
const fieldLine = /^([!#$%&'*+\-.^_`|~\dA-Za-z]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*$/
/** Fields that concern the HTTP/1.1 connection alone (RFC 9113 §8.2.2), or are said by pseudo-header fields. */
const dropped = new Set([
  'connection',
  'upgrade',
  'http2-settings',
  'host',
  'keep-alive',
  'proxy-connection',
])
export const maxHead: number = 16 * 1024

/** What a client of HTTP/1.1 is told. */
export const refusal: Uint8Array = latin1Bytes(
  'HTTP/1.1 505 HTTP Version Not Supported\r\n' +
    'content-type: text/plain\r\ncontent-length: 30\r\nconnection: close\r\n\r\n' +
    'This server speaks HTTP/2 only',
)
const switching = latin1Bytes(
  'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
)

const http2: Greeting = { kind: 'http2' }
export const partial: Greeting = { kind: 'partial' }
const refused: Greeting = { kind: 'refused', answer: refusal }

/** Tells a client that speaks HTTP/1.1 from one that speaks HTTP/2, and what it wants. */
export function readGreeting(bytes: Uint8Array): Greeting {
  if (!methods.test(latin1(bytes.subarray(0, 16)))) return http2
  const head = latin1(bytes.subarray(0, maxHead))
  const end = head.indexOf('\r\n\r\n')
  if (end < 0) return bytes.length < maxHead ? partial : refused
  return readUpgrade(head.slice(0, end), bytes.subarray(end + 4)) ?? refused
}

function readUpgrade(head: string, rest: Uint8Array): Greeting | undefined {
  const [first, ...lines] = head.split('\r\n')
  const [, method, path] = requestLine.exec(first!) ?? []
  if (!method || !path) return undefined
  const all = new Map<string, string>()
  const others: FlatFields = []
  for (const line of lines) {
    const [, given, value] = fieldLine.exec(line) ?? []
    if (given === undefined || value === undefined) return undefined
    const name = given.toLowerCase()
    // A body would have to be read as HTTP/1.1 first: such a client does without the upgrade.
    if (name === 'transfer-encoding' || (name === 'content-length' && value !== '0'))
      return undefined
    if (dropped.has(name) && all.has(name)) return undefined
    all.set(name, value)
    if (!dropped.has(name)) others.push(name, value)
  }
  const settings = decodeBase64Url(all.get('http2-settings'))
  const host = all.get('host')
  if (all.get('upgrade')?.toLowerCase() !== 'h2c' || !settings || !host) return undefined
  const fields = [
    ':method',
    method,
    ':scheme',
    'http',
    ':authority',
    host,
    ':path',
    path,
    ...others,
  ]
  return { kind: 'upgrade', answer: switching, fields, settings, rest }
}

function decodeBase64Url(text: string | undefined): Uint8Array | undefined {
  if (text === undefined || !/^[\w-]*$/.test(text)) return undefined
  try {
    return latin1Bytes(atob(text.replaceAll('-', '+').replaceAll('_', '/')))
  } catch {
    return undefined
  }
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
