/** Hosts and ports that `URL` does not change: names, and addresses in dotted decimal, but no other spellings. */
const plainAuthority =
  /^(?:(?!.*xn--)(?:[a-z\d_-]+\.)*[a-z_-][a-z\d_-]*|(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!:|$)|(?=:|$))){4})(?::(?:[1-9]\d{0,3}|[1-5]\d{4}))?$/
/** Paths that `URL` does not change, if they have no dot segments. */
const plainPath = /^\/[\w\-~!$&()*+,;=:@%/?.]*$/
const dotSegment = /\/\.|\/%2e/i

const defaultPort = { http: ':80', https: ':443' } as const

/** The URL of a request (RFC 9113 §8.3.1) as `new URL()` writes it. `URL` is used only where it may change a part. */
export function requestUrl(scheme: 'http' | 'https', authority: string, path: string): string {
  const host = authority === '' ? 'localhost' : authority
  const isPlain = plainAuthority.test(host) && plainPath.test(path) && !dotSegment.test(path)
  if (isPlain && !host.endsWith(defaultPort[scheme])) return `${scheme}://${host}${path}`
  // `OPTIONS *` has no path (RFC 9110 §9.3.7).
  const from = path.startsWith('/') ? path : `/${path}`
  return new URL(`${scheme}://${host}${encodeBytes(from)}`).href
}

/** Percent-encodes bytes beyond ASCII. Each byte is a character here, which `URL` would encode as UTF-8. */
function encodeBytes(path: string): string {
  return path.replaceAll(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
