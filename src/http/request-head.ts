import { type FlatFields, type HeaderField, toHeaderFields } from '../common/fields.ts'

/** The head of a request, in the terms of HTTP/2 (RFC 9113 §8.3.1). */
export class RequestHead {
  method = ''
  scheme = ''
  path = ''
  /** `:authority`, or the Host field where there is none. */
  authority = ''
  /** The Host field, where there is one. */
  host: string | undefined
  /** `:protocol` of an extended CONNECT (RFC 8441 §4). */
  protocol: string | undefined
  /** The protocol that an HTTP/1.1 request asks to switch to (RFC 9110 §7.8). */
  upgrade: string | undefined
  /** Names and values in turn, pseudo-header fields included. */
  readonly fields: FlatFields
  #pairs: HeaderField[] | undefined

  /** `twin`: a head with the same fields, which need not be read again. */
  constructor(fields: FlatFields, twin?: RequestHead) {
    this.fields = fields
    if (twin) this.#copy(twin)
    else this.#read(fields)
  }

  #copy({ method, scheme, path, authority, host, protocol }: RequestHead): void {
    this.method = method
    this.scheme = scheme
    this.path = path
    this.authority = authority
    this.host = host
    this.protocol = protocol
  }

  #read(fields: FlatFields): void {
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i]!
      if (name.charCodeAt(0) !== 0x3a) {
        // The parser refuses a second Host field.
        if (name.length !== 4 || name !== 'host') continue
        this.host = fields[i + 1]!
        if (this.authority === '') this.authority = this.host
        break
      }
      const value = fields[i + 1]!
      if (name === ':method') this.method = value
      else if (name === ':path') this.path = value
      else if (name === ':scheme') this.scheme = value
      else if (name === ':authority') this.authority = value
      else if (name === ':protocol') this.protocol = value
    }
  }

  /** The client waits for 100 before it sends the body (RFC 9110 §10.1.1). */
  get expectsContinue(): boolean {
    return this.find('expect')?.toLowerCase() === '100-continue'
  }

  /** The client expects something other than 100, which is answered with 417. */
  get hasUnknownExpectation(): boolean {
    const expectation = this.find('expect')
    return expectation !== undefined && expectation.toLowerCase() !== '100-continue'
  }

  /** The value of the first field with this name, which is in lower case. */
  find(name: string): string | undefined {
    const { fields } = this
    for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1]
    return undefined
  }

  /** The fields in pairs, in the order of arrival; crumbs of the cookie are one field, the last (RFC 9113 §8.2.3). */
  get pairs(): HeaderField[] {
    this.#pairs ??= joinCookies(toHeaderFields(this.fields))
    return this.#pairs
  }
}

function joinCookies(pairs: HeaderField[]): HeaderField[] {
  const crumbs = pairs.filter(([name]) => name === 'cookie')
  if (crumbs.length === 0) return pairs
  const others = pairs.filter(([name]) => name !== 'cookie')
  const cookie = crumbs.map(([, value]) => value).join('; ')
  const isSecret = crumbs.some(([, , neverIndexed]) => neverIndexed)
  return [...others, isSecret ? ['cookie', cookie, true] : ['cookie', cookie]]
}
