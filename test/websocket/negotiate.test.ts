import { describe, expect, it } from 'vitest'
import { negotiate } from '../../src/websocket/index.ts'

const request = (fields: Record<string, string> = {}): Record<string, string> => ({
  'sec-websocket-version': '13',
  ...fields,
})
const protocols = (list: string): Record<string, string> =>
  request({ 'sec-websocket-protocol': list })
const extensions = (list: string): Record<string, string> =>
  request({ 'sec-websocket-extensions': list })

describe('a WebSocket handshake', () => {
  it('needs no more than the version', () => {
    expect(negotiate(request())).toEqual({
      isAccepted: true,
      protocol: '',
      extensions: '',
      isCompressed: false,
      fields: [],
    })
  })

  it('is read from Headers, pairs or an object', () => {
    const pairs: [string, string][] = [
      ['Sec-WebSocket-Version', '13'],
      ['sec-websocket-protocol', 'a'],
      ['sec-websocket-protocol', 'b'],
      ['cookie', 'c=d'],
    ]
    const lists = [pairs, new Headers(pairs), { ...protocols('a, b') }]
    for (const list of lists) {
      expect(negotiate(list, { protocol: 'b' })).toMatchObject({
        isAccepted: true,
        protocol: 'b',
        fields: [['sec-websocket-protocol', 'b']],
      })
    }
  })

  it.each([{}, { 'sec-websocket-version': '8' }, { 'sec-websocket-version': '13, 8' }])(
    'is refused with %o',
    (fields) => {
      expect(negotiate(fields as Record<string, string>)).toMatchObject({
        isAccepted: false,
        status: 400,
        fields: [['sec-websocket-version', '13']],
      })
    },
  )

  it.each(['a b', 'a, a', 'a, "b"'])('is refused with the subprotocols %s', (list) => {
    expect(negotiate(protocols(list))).toMatchObject({ isAccepted: false, status: 400 })
  })

  it.each(['a b', 'a; b c', 'a; =b', '; a', 'a; b="c d"', 'a;'])(
    'is refused with the extensions %s',
    (list) => {
      expect(negotiate(extensions(list))).toMatchObject({ isAccepted: false, status: 400 })
    },
  )
})

describe('the subprotocol of a WebSocket', () => {
  it.each([
    ['a, b', 'b', 'b'],
    ['a, b', ['c', 'b', 'a'], 'b'],
    ['a, b', 'c', ''],
    ['a, b', undefined, ''],
    ['', 'a', ''],
    ['a,,b ,', ['b'], 'b'],
    ['a, b', (offered: readonly string[]) => offered[1], 'b'],
    ['a, b', () => null, ''],
    ['A', 'a', ''],
  ])('of %s with %o is %o', (offered, protocol, chosen) => {
    const agreement = negotiate(protocols(offered), protocol === undefined ? {} : { protocol })
    expect(agreement).toMatchObject({ isAccepted: true, protocol: chosen })
    expect(agreement.fields).toEqual(chosen === '' ? [] : [['sec-websocket-protocol', chosen]])
  })

  it('cannot be one that was not offered', () => {
    expect(() => negotiate(protocols('a'), { protocol: () => 'b' })).toThrow(TypeError)
  })
})

describe('permessage-deflate', () => {
  const usual = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover'

  it.each([
    ['permessage-deflate', usual],
    // As Chromium, Firefox and Safari offer it.
    ['permessage-deflate; client_max_window_bits', usual],
    ['permessage-deflate;client_max_window_bits=9 ; server_no_context_takeover', usual],
    ['permessage-deflate; client_max_window_bits="10"', usual],
    ['permessage-deflate; client_no_context_takeover', usual],
    ['permessage-deflate; server_max_window_bits=15', `${usual}; server_max_window_bits=15`],
    ['x-webkit-deflate-frame, permessage-deflate', usual],
    ['permessage-deflate; server_max_window_bits=10, permessage-deflate', usual],
  ])('is agreed on when offered as %s', (offer, agreed) => {
    expect(negotiate(extensions(offer))).toMatchObject({
      isAccepted: true,
      isCompressed: true,
      extensions: agreed,
      fields: [['sec-websocket-extensions', agreed]],
    })
  })

  it.each([
    'permessage-deflate; server_max_window_bits=14',
    'permessage-deflate; server_max_window_bits',
    'permessage-deflate; server_max_window_bits=015',
    'permessage-deflate; client_max_window_bits=7',
    'permessage-deflate; client_max_window_bits=16',
    'permessage-deflate; server_no_context_takeover=1',
    'permessage-deflate; client_no_context_takeover; client_no_context_takeover',
    'permessage-deflate; unknown',
    'permessage-bzip2',
    'Permessage-Deflate',
    '',
  ])('is not agreed on when offered as %s', (offer) => {
    expect(negotiate(extensions(offer))).toMatchObject({
      isAccepted: true,
      isCompressed: false,
      extensions: '',
      fields: [],
    })
  })

  it('can be turned off', () => {
    expect(negotiate(extensions('permessage-deflate'), { compression: false })).toMatchObject({
      isCompressed: false,
      fields: [],
    })
  })
})
