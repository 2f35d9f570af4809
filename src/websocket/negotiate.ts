import { flatten, type HeaderField, type HeaderList } from '../common/fields.ts'
import { acceptDeflate, parseExtensions, trim } from './extensions.ts'

/** Options of a handshake. */
export interface NegotiateOptions {
  /**
   * The subprotocols of the server, the preferred first, or a function that chooses among those the client offers, in
   * the client's order (`undefined`: none of them). Default: none.
   */
  readonly protocol?:
    | string
    | readonly string[]
    | ((offered: readonly string[]) => string | null | undefined)
  /** Whether permessage-deflate (RFC 7692) may be negotiated. Default: true. */
  readonly compression?: boolean
}

/** An accepted handshake. */
export interface WebSocketAgreement {
  readonly isAccepted: true
  /** The subprotocol; `''`: none. */
  readonly protocol: string
  /** The extensions, as the response names them; `''`: none. */
  readonly extensions: string
  /** permessage-deflate is among the extensions. */
  readonly isCompressed: boolean
  /** Fields of the response with status 200 (RFC 8441 §5), or 101 over HTTP/1.1. */
  readonly fields: readonly HeaderField[]
}

/** A refused handshake. */
export interface WebSocketRefusal {
  readonly isAccepted: false
  readonly status: number
  readonly reason: string
  /** Fields of the response. */
  readonly fields: readonly HeaderField[]
}

/** RFC 6455 §4.1. */
const version = '13'
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Reads the `sec-websocket-*` fields of a request and gives the fields of the response (RFC 6455 §4.2). The key and its
 * answer belong to HTTP/1.1. Throws a `TypeError` when `options.protocol` chooses a subprotocol that the client did not
 * offer.
 */
export function negotiate(
  requestFields: HeaderList,
  options: NegotiateOptions = {},
): WebSocketAgreement | WebSocketRefusal {
  let versions = ''
  let protocols = ''
  let extensions = ''
  const flat = flatten(requestFields)
  for (let i = 0; i < flat.length; i += 2) {
    const name = flat[i]!.toLowerCase()
    if (!name.startsWith('sec-websocket-')) continue
    const value = flat[i + 1]!
    if (name === 'sec-websocket-version') versions = joined(versions, value)
    else if (name === 'sec-websocket-protocol') protocols = joined(protocols, value)
    else if (name === 'sec-websocket-extensions') extensions = joined(extensions, value)
  }
  if (trim(versions) !== version) {
    return refusal(`sec-websocket-version has to be ${version}`, [
      ['sec-websocket-version', version],
    ])
  }
  const offered = protocolsIn(protocols)
  if (offered === undefined) return refusal('sec-websocket-protocol is malformed')
  const offers = parseExtensions(extensions)
  if (offers === undefined) return refusal('sec-websocket-extensions is malformed')

  const fields: HeaderField[] = []
  const protocol = chooseProtocol(offered, options.protocol)
  if (protocol !== '') fields.push(['sec-websocket-protocol', protocol])
  const agreed = options.compression === false ? undefined : acceptDeflate(offers)
  if (agreed !== undefined) fields.push(['sec-websocket-extensions', agreed])
  return {
    isAccepted: true,
    protocol,
    extensions: agreed ?? '',
    isCompressed: agreed !== undefined,
    fields,
  }
}

function refusal(reason: string, fields: readonly HeaderField[] = []): WebSocketRefusal {
  return { isAccepted: false, status: 400, reason, fields }
}

/** The values of all fields of a name, joined (RFC 9110 §5.3). */
function joined(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`
}

/** The subprotocols of a request; `undefined` when one is no token, or is there twice (RFC 6455 §4.1). */
function protocolsIn(field: string): string[] | undefined {
  const found = new Set<string>()
  for (const element of field.split(',')) {
    const protocol = trim(element)
    if (protocol === '') continue
    if (!token.test(protocol) || found.has(protocol)) return undefined
    found.add(protocol)
  }
  return [...found]
}

function chooseProtocol(
  offered: readonly string[],
  choice: NegotiateOptions['protocol'] = [],
): string {
  if (typeof choice !== 'function') {
    const ours = typeof choice === 'string' ? [choice] : choice
    return ours.find((protocol) => offered.includes(protocol)) ?? ''
  }
  if (offered.length === 0) return ''
  const chosen = choice(offered) ?? ''
  if (chosen !== '' && !offered.includes(chosen)) {
    throw new TypeError(`the client does not offer the subprotocol '${chosen}'`)
  }
  return chosen
}
