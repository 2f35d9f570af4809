/** Rules of RFC 9112 and 9110: what is refused, and how. */
import { describe, expect, it } from 'vitest'
import { eventsOf, outcomeOf } from '../../support/engine/http1.ts'

const host = 'Host: a\r\n'
const get = (line: string, fields = host): string => `${line}\r\n${fields}\r\n`
const post = (fields: string, body = ''): string => `POST / HTTP/1.1\r\n${host}${fields}\r\n${body}`

/** The start of an outcome for each input. */
const cases: readonly (readonly [string, string, string])[] = [
  ['a request', get('GET / HTTP/1.1'), 'taken'],
  ['no Host', get('GET / HTTP/1.1', ''), '400 ERR_HTTP1_HOST'],
  ['two Hosts', get('GET / HTTP/1.1', host + host), '400 ERR_HTTP1_HOST'],
  ['an empty Host', get('GET / HTTP/1.1', 'Host: \r\n'), '400 ERR_HTTP1_HOST'],
  ['HTTP/1.0 without Host', get('GET / HTTP/1.0', ''), 'taken'],
  ['HTTP/2.0', get('GET / HTTP/2.0'), '505 ERR_HTTP1_VERSION'],
  ['HTTP/0.9', get('GET / HTTP/0.9'), '505 ERR_HTTP1_VERSION'],
  ['HTTP/9.9', get('GET / HTTP/9.9'), '400 HPE_INVALID_VERSION'],
  ['another protocol', get('GET / RTSP/1.0'), '400'],
  ['ICE', get('SOURCE / ICE/1.0'), '400'],
  ['an unknown method', get('FOO / HTTP/1.1'), '501 HPE_INVALID_METHOD'],
  ['two spaces', get('GET  / HTTP/1.1'), '400 ERR_HTTP1_START_LINE'],
  ['two spaces before the version', get('GET /  HTTP/1.1'), '400'],
  ['an empty line first', `\r\n${get('GET / HTTP/1.1')}`, 'taken'],
  ['a bare LF first', `\n${get('GET / HTTP/1.1')}`, '400 ERR_HTTP1_START_LINE'],
  ['bare LF ends', 'GET / HTTP/1.1\nHost: a\n\n', '400'],
  ['bare CR ends', 'GET / HTTP/1.1\rHost: a\r\r', '400'],
  ['a fragment', get('GET /a#b HTTP/1.1'), '400 ERR_HTTP1_TARGET'],
  ['* with GET', get('GET * HTTP/1.1'), '400 ERR_HTTP1_TARGET'],
  ['* with OPTIONS', get('OPTIONS * HTTP/1.1'), 'taken'],
  ['a target without slash', get('GET a HTTP/1.1'), '400'],
  ['raw UTF-8 in the target', get('GET /\xc3\xa9 HTTP/1.1'), '400'],
  ['an overlong encoding in the target', get('GET /\xc0\xaf HTTP/1.1'), '400'],
  ['absolute form', get('GET http://b/c HTTP/1.1'), 'taken'],
  ['absolute form without a host', get('GET http:///c HTTP/1.1'), '400'],
  ['absolute form of another scheme', get('GET ftp://b/ HTTP/1.1'), '400 ERR_HTTP1_TARGET'],
  ['CONNECT', get('CONNECT b:443 HTTP/1.1'), 'taken'],
  ['CONNECT with a path', get('CONNECT /b HTTP/1.1'), '400'],
  [
    'CONNECT with a body',
    'CONNECT b:443 HTTP/1.1\r\nHost: b\r\nContent-Length: 1\r\n\r\nx',
    '400 ERR_HTTP1_UPGRADE_BODY',
  ],
  [
    'Upgrade with a body',
    post('Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n', 'x'),
    '400 ERR_HTTP1_UPGRADE_BODY',
  ],
  [
    'Upgrade with chunks',
    post(
      'Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n',
      '0\r\n\r\n',
    ),
    '400 ERR_HTTP1_UPGRADE_BODY',
  ],
  [
    'h2c with a body, served by HTTP/1.1',
    post('Connection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n', 'x'),
    'taken',
  ],
  ['Content-Length', post('Content-Length: 3\r\n', 'abc'), 'taken'],
  ['two of them that agree', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc'), '400'],
  ['two of them that differ', post('Content-Length: 3\r\nContent-Length: 4\r\n', 'abc'), '400'],
  ['a list of lengths', post('Content-Length: 3, 3\r\n', 'abc'), '400'],
  ['a sign', post('Content-Length: +3\r\n', 'abc'), '400'],
  ['a negative length', post('Content-Length: -1\r\n'), '400'],
  ['hexadecimal', post('Content-Length: 0x3\r\n', 'abc'), '400'],
  ['a length that overflows', post('Content-Length: 99999999999999999999\r\n'), '400'],
  ['an empty length', post('Content-Length: \r\n'), '400'],
  ['chunks', post('Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\n\r\n'), 'taken'],
  ['Chunked', post('Transfer-Encoding: Chunked \r\n', '0\r\n\r\n'), 'taken'],
  ['both lengths', post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '0\r\n\r\n'), '400'],
  ['an empty coding', post('Transfer-Encoding: \r\nContent-Length: 5\r\n', 'hello'), '400'],
  [
    'an empty coding and chunked',
    post('Transfer-Encoding: \r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    '400',
  ],
  ['an empty coding alone', post('Transfer-Encoding: \r\n'), '400'],
  ['identity', post('Transfer-Encoding: identity\r\n'), '400'],
  ['xchunked', post('Transfer-Encoding: xchunked\r\n', 'x'), '400'],
  ['chunked;q=1', post('Transfer-Encoding: chunked;q=1\r\n', '0\r\n\r\n'), '400'],
  ['"chunked"', post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n'), '400'],
  [',chunked', post('Transfer-Encoding: ,chunked\r\n', '0\r\n\r\n'), '400'],
  [
    'chunked twice',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    '400',
  ],
  [
    'gzip, chunked',
    post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
    '501 ERR_HTTP1_TRANSFER_CODING',
  ],
  [
    'HTTP/1.0 with chunks',
    `POST / HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    '400 ERR_HTTP1_TRANSFER_CODING',
  ],
  [
    'a chunk size that overflows',
    post('Transfer-Encoding: chunked\r\n', 'FFFFFFFFFFFFFFFFF\r\n'),
    '400',
  ],
  [
    'a chunk size with junk',
    post('Transfer-Encoding: chunked\r\n', '3x\r\nabc\r\n0\r\n\r\n'),
    '400',
  ],
  [
    'a chunk longer than it says',
    post('Transfer-Encoding: chunked\r\n', '3\r\nabcd\r\n0\r\n\r\n'),
    '400',
  ],
  [
    'a trailer that frames',
    post('Transfer-Encoding: chunked\r\n', '0\r\nContent-Length: 3\r\n\r\n'),
    '400',
  ],
  ['a trailer that routes', post('Transfer-Encoding: chunked\r\n', '0\r\nHost: b\r\n\r\n'), '400'],
  ['obs-fold', get('GET / HTTP/1.1', 'Host: a\r\nX: a\r\n b\r\n'), '400'],
  ['space before the colon', get('GET / HTTP/1.1', 'Host: a\r\nX : a\r\n'), '400'],
  ['NUL in a value', get('GET / HTTP/1.1', 'Host: a\r\nX: a\0b\r\n'), '400'],
  ['a name that is none', get('GET / HTTP/1.1', 'Host: a\r\nX\xe9: a\r\n'), '400'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '505'],
  ['half a head', 'GET / HTTP/1.1\r\nHos', 'incomplete'],
]

describe('a request of HTTP/1.1', () => {
  it.each(cases)('%s: %j is %s', (_, text, outcome) => {
    expect(outcomeOf(text)).toMatch(new RegExp(`^${outcome.replaceAll('.', '\\.')}`))
  })

  it('that is refused for its framing is not told before', () => {
    for (const coding of ['identity', 'xchunked', 'chunked;q=1', '"chunked"', ',chunked']) {
      const events = eventsOf([post(`Transfer-Encoding: ${coding}\r\n`, '0\r\n\r\n')])
      expect(events.map(({ type }) => type)).toEqual(['MessageRefused'])
    }
  })

  it('behind one that was refused is not read', () => {
    const [event, ...others] = eventsOf([
      get('GET /\x80 HTTP/1.1') + get('GET / HTTP/1.1'),
      get('GET / HTTP/1.1'),
    ])
    expect(event).toMatchObject({ type: 'MessageRefused', status: 400 })
    expect(others).toEqual([])
  })

  it('behind Connection: close is not read', () => {
    const text = get('GET / HTTP/1.1', `${host}Connection: close\r\n`)
    expect(eventsOf([text + get('GET /2 HTTP/1.1')])).toHaveLength(2)
  })

  it('has its target taken apart', () => {
    const pathOf = (line: string): (string | undefined)[] => {
      const [event] = eventsOf([get(line)])
      if (event?.type !== 'RequestReceived') return []
      const fields = new Map(event.headers.map(([name, value]) => [name, value]))
      return [':authority', ':path'].map((name) => fields.get(name))
    }
    expect(pathOf('GET /a?b HTTP/1.1')).toEqual(['a', '/a?b'])
    expect(pathOf('GET http://b:8080/c?d HTTP/1.1')).toEqual(['b:8080', '/c?d'])
    expect(pathOf('GET http://b?d HTTP/1.1')).toEqual(['b', '/?d'])
    expect(pathOf('GET HTTP://b HTTP/1.1')).toEqual(['b', '/'])
    expect(pathOf('OPTIONS http://b HTTP/1.1')).toEqual(['b', '*'])
    expect(pathOf('CONNECT b:443 HTTP/1.1')).toEqual(['b:443', undefined])
  })
})

describe('limits of HTTP/1.1', () => {
  it.each([
    ['maxTargetLength', { maxTargetLength: 10 }, get(`GET /${'a'.repeat(10)} HTTP/1.1`), '414'],
    [
      'maxHeaderFields',
      { maxHeaderFields: 2 },
      get('GET / HTTP/1.1', `${host}A: 1\r\nB: 2\r\n`),
      '431',
    ],
    [
      'maxHeaderListSize',
      { maxHeaderListSize: 100 },
      get('GET / HTTP/1.1', `${host}A: ${'x'.repeat(100)}\r\n`),
      '431',
    ],
    [
      'a field without an end',
      { maxHeaderListSize: 100 },
      `GET / HTTP/1.1\r\n${host}A: ${'x'.repeat(200)}`,
      '431',
    ],
    [
      'white space without an end',
      { maxHeaderListSize: 100, maxTargetLength: 100 },
      `GET / HTTP/1.1\r\n${host}A:${' '.repeat(4000)}`,
      '431',
    ],
    [
      'maxChunkExtensions',
      { maxChunkExtensions: 10 },
      post('Transfer-Encoding: chunked\r\n', `1;a=${'b'.repeat(20)}\r\nx\r\n0\r\n\r\n`),
      '413',
    ],
    [
      'extensions of many chunks',
      { maxChunkExtensions: 10 },
      post('Transfer-Encoding: chunked\r\n', '1;abc\r\nx\r\n'.repeat(5)),
      '413',
    ],
    [
      'trailer fields',
      { maxHeaderFields: 2 },
      post('Transfer-Encoding: chunked\r\n', '0\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n'),
      '400 ERR_HTTP1_TRAILERS',
    ],
  ])('%s', (_, limits, text, outcome) => {
    expect(outcomeOf(text, { limits })).toMatch(new RegExp(`^${outcome}`))
  })
})
