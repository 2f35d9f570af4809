import { declaredLength } from './content-length.ts'
import type { RequestHead } from './request-head.ts'

/*
 * Rules of a request beyond the checks of the protocol's parser. A request that breaks a rule is answered with 400,
 * because two programs could take it for requests of different resources (RFC 9110 §7.2, §4.2.4).
 */

/** A name or an IPv4 address of RFC 3986 §3.2.2 without percent signs and commas, or an IPv6 address; and a port. */
const authorityForm = /^(?:[\w.~!$&'()*+;=-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i
/**
 * Characters that a path of a URL does not have: `#` begins a fragment, which is not sent (RFC 9110 §7.1). In the path,
 * not in the query, `URL` takes a backslash for a slash, and encodes the others.
 */
const foreignInPath = /#|^[^?]*["<>\\]/
const mostPort = 65_535
const defaultPorts: Readonly<Record<string, string>> = { http: ':80', https: ':443' }

/** The authority and the path that passed the check last: clients often repeat them. */
let lastGood = ''
let lastGoodPath = ''

function isAuthority(authority: string): boolean {
  if (authority === lastGood) return true
  if (!authorityForm.test(authority)) return false
  const port = authority.slice(authority.lastIndexOf(':') + 1)
  if (!authority.endsWith(']') && authority !== port && Number(port) > mostPort) return false
  lastGood = authority
  return true
}

/** The host in lower case and without the scheme's default port. */
function entityOf(authority: string, scheme: string): string {
  const port = defaultPorts[scheme] ?? ''
  const lower = authority.toLowerCase()
  return port !== '' && lower.endsWith(port) ? lower.slice(0, -port.length) : lower
}

/** Whether a request names one host in a form that a URL can have, and a path that a URL can have. */
function isUnambiguous({ authority, host, path, scheme }: RequestHead): boolean {
  if (authority !== '' && !isAuthority(authority)) return false
  if (host !== undefined && host !== authority) {
    if (!isAuthority(host) || entityOf(host, scheme) !== entityOf(authority, scheme)) return false
  }
  if (path === lastGoodPath) return true
  if (foreignInPath.test(path)) return false
  lastGoodPath = path
  return true
}

/** The status for a request that gets no handler, else `undefined`. `mostBody`: the body's limit in bytes. */
export function refusalOf(request: RequestHead, mostBody: number): number | undefined {
  if (!isUnambiguous(request)) return 400
  const isTooLong = mostBody < Infinity && (declaredLength(request.fields) ?? 0) > mostBody
  return isTooLong ? 413 : undefined
}
