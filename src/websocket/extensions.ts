/** One element of `sec-websocket-extensions` (RFC 6455 §9.1). */
export interface ExtensionOffer {
  readonly name: string
  /** The parameters in order; a parameter without a value has `''`. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+"
const parameter = new RegExp(`^(${token})(?:[ \\t]*=[ \\t]*(?:(${token})|"(${token})"))?$`)
const name = new RegExp(`^${token}$`)

/** Reads the field's value; `undefined` when it is malformed. */
export function parseExtensions(field: string): ExtensionOffer[] | undefined {
  const offers: ExtensionOffer[] = []
  // A quoted value is a token once unquoted, so a comma or a semicolon always separates.
  for (const element of field.split(',')) {
    const [first = '', ...rest] = element.split(';').map(trim)
    // RFC 9110 §5.6.1: empty elements do not count.
    if (first === '' && rest.length === 0) continue
    if (!name.test(first)) return undefined
    const parameters: [string, string][] = []
    for (const part of rest) {
      const match = parameter.exec(part)
      if (match === null) return undefined
      parameters.push([match[1]!, match[2] ?? match[3] ?? ''])
    }
    offers.push({ name: first, parameters })
  }
  return offers
}

/** The text without spaces and tabs around it. */
export function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '')
}

const windowBits = /^(?:8|9|1[0-5])$/

/**
 * The answer to the first offer of permessage-deflate that is acceptable (RFC 7692 §7.1); `undefined` when there is
 * none. Neither side keeps its context between messages. The server's window has 15 bits and no fewer.
 */
export function acceptDeflate(offers: readonly ExtensionOffer[]): string | undefined {
  for (const { name: extension, parameters } of offers) {
    if (extension !== 'permessage-deflate') continue
    const agreed = agreedParameters(parameters)
    if (agreed !== undefined) return agreed
  }
  return undefined
}

function agreedParameters(parameters: ExtensionOffer['parameters']): string | undefined {
  let agreed = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'
  const seen = new Set<string>()
  for (const [key, value] of parameters) {
    if (seen.has(key)) return undefined
    seen.add(key)
    switch (key) {
      case 'server_no_context_takeover':
      case 'client_no_context_takeover':
        if (value !== '') return undefined
        break
      case 'client_max_window_bits':
        // Any window of the client is acceptable, because the inflater's window is the largest.
        if (value !== '' && !windowBits.test(value)) return undefined
        break
      case 'server_max_window_bits':
        if (value !== '15') return undefined
        agreed += '; server_max_window_bits=15'
        break
      default:
        return undefined
    }
  }
  return agreed
}
