import { describe, expect, it } from 'vitest'
import { requestUrl } from '../../../src/http/fetch/request-url.ts'

const authorities = [
  ...[
    'a.b',
    'localhost:8080',
    'A.b',
    'a_b',
    'a..b',
    'a.b.',
    '-a',
    '1a.b',
    '1.b',
    'b.1a',
    'xn--a',
    'a.1',
  ],
  ...[
    '127.0.0.1:80',
    '1.2.3.4.',
    '999.1.1.1',
    '1.2.3',
    '1.2',
    '0x7f.1',
    'a.0x1',
    '01.2.3.4',
    '0.0.0.0',
  ],
  ...['255.255.255.255:65535', 'x:443', 'x:80', 'x:0', 'x:080', 'x:65536', 'x:59999', '[::1]:90'],
]
const paths = [
  ...[
    '/',
    '/a/b?c=d',
    '/./x',
    '/a/../b',
    '/%2e/x',
    '/a b',
    '/ü',
    '/a|b',
    '/a\\b',
    '/?x="y"',
    '/#f',
  ],
  ...['/a//b', "/it's", "/?it's=1", '/a?b/../c', '/~x;y=1,2', '/a?x=%zz', '//evil/x', '*'],
]

/** What the standard's parser makes of it. */
function parsed(make: () => string): string {
  try {
    return make()
  } catch {
    return 'invalid'
  }
}

describe('the URL of a request', () => {
  it.each(authorities)('is the same as of `new URL()`: %s', (authority) => {
    for (const path of paths) {
      for (const scheme of ['http', 'https'] as const) {
        const text = `${scheme}://${authority}${path.startsWith('/') ? path : `/${path}`}`
        // Characters here are bytes: those of UTF-8 are encoded one by one.
        const encoded = text.replaceAll('\u00fc', '%FC')
        const expected = parsed(() => new URL(encoded).href)
        expect(parsed(() => requestUrl(scheme, authority, path))).toBe(expected)
      }
    }
  })

  it('keeps the bytes of raw UTF-8 in a path', () => {
    const bytes = Buffer.from('/gr\u00fc\u00dfe?q=\u4e16', 'utf8').toString('latin1')
    const url = requestUrl('http', 'a.b', bytes)
    expect(url).toBe('http://a.b/gr%C3%BC%C3%9Fe?q=%E4%B8%96')
    expect(url).toBe(new URL('http://a.b/gr\u00fc\u00dfe?q=\u4e16').href)
  })

  it('has a host where the request names none', () => {
    expect(requestUrl('http', '', '/a')).toBe('http://localhost/a')
  })
})
