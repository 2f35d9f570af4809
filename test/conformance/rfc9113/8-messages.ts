/** RFC 9113 §8: HTTP messages. */
import { expect } from 'vitest'
import {
  bodyOf,
  complete,
  ended,
  type Http2Row,
  open,
  row,
  type Send,
} from '../../support/conformance.ts'
import { END_HEADERS, END_STREAM, requestFields, Type } from '../../support/raw-client.ts'

type Fields = readonly (readonly [string, string])[]

const malformed = 'RST_STREAM(1) PROTOCOL_ERROR'
const get = requestFields('GET', '/response/json')
const post = requestFields('POST', '/request/text')
const without = (name: string): Fields => get.filter(([each]) => each !== name)
const having = (name: string, value: string): Fields =>
  get.map(([each, old]) => [each, each === name ? value : old] as const)

/** Requests that are malformed by their fields (§8.1.1). */
const fields: readonly [section: string, sent: string, fields: Fields][] = [
  ['8.2', 'a name with an upper-case letter', [...get, ['X-a', '1']]],
  ['8.2.1', 'a name with a space', [...get, ['x a', '1']]],
  ['8.2.1', 'a name with a control character', [...get, ['x\x01', '1']]],
  ['8.2.1', 'a name with a byte beyond ASCII', [...get, ['x\xe4', '1']]],
  ['8.2.1', 'a name with a colon inside', [...get, ['x:a', '1']]],
  ['8.2.1', 'a name that is empty', [...get, ['', '1']]],
  ['8.2.1', 'a value with NUL', [...get, ['x-a', 'a\0b']]],
  ['8.2.1', 'a value with CR', [...get, ['x-a', 'a\rb']]],
  ['8.2.1', 'a value with LF', [...get, ['x-a', 'a\nb']]],
  ['8.2.1', 'a value that begins with a space', [...get, ['x-a', ' a']]],
  ['8.2.1', 'a value that ends with a tab', [...get, ['x-a', 'a\t']]],
  ['8.2.2', 'Connection', [...get, ['connection', 'close']]],
  ['8.2.2', 'Keep-Alive', [...get, ['keep-alive', 'timeout=5']]],
  ['8.2.2', 'Proxy-Connection', [...get, ['proxy-connection', 'keep-alive']]],
  ['8.2.2', 'Transfer-Encoding', [...get, ['transfer-encoding', 'chunked']]],
  ['8.2.2', 'Upgrade', [...get, ['upgrade', 'h2c']]],
  ['8.2.2', 'TE of another value than trailers', [...get, ['te', 'trailers, deflate']]],
  ['8.3', 'a pseudo-header field behind a field', [...without(':path'), ['x-a', '1'], get[3]!]],
  ['8.3', 'a pseudo-header field of a response', [...get, [':status', '200']]],
  ['8.3', 'a pseudo-header field that is unknown', [...get, [':unknown', '1']]],
  ['8.3', ':method two times', [...get, [':method', 'GET']]],
  ['8.3', ':path two times', [...get, [':path', '/']]],
  ['8.3', ':scheme two times', [...get, [':scheme', 'http']]],
  ['8.3', ':authority two times', [...get, [':authority', 'localhost']]],
  ['8.3.1', 'no :method', without(':method')],
  ['8.3.1', 'no :path', without(':path')],
  ['8.3.1', 'no :scheme', without(':scheme')],
  ['8.3.1', 'an empty :path', having(':path', '')],
  ['8.3.1', 'a :path that does not begin with a slash', having(':path', 'x')],
  ['8.3.1', 'a :path that is * with GET', having(':path', '*')],
  ['8.3.1', 'an :authority with user information', having(':authority', 'user@localhost')],
  [
    '8.5',
    'CONNECT with :path',
    having(':method', 'CONNECT').filter(([name]) => name !== ':scheme'),
  ],
  [
    '8.5',
    'CONNECT with :scheme',
    having(':method', 'CONNECT').filter(([name]) => name !== ':path'),
  ],
  ['8.5', 'CONNECT without :authority', [[':method', 'CONNECT']]],
]

/** Requests that the server answers. */
const answered: readonly [section: string, sent: string, fields: Fields, answer: string][] = [
  ['8.2.2', 'TE: trailers', [...get, ['te', 'trailers']], 'HEADERS(1) 200'],
  [
    '8.3.1',
    'Host without :authority',
    [...without(':authority'), ['host', 'localhost']],
    'HEADERS(1) 200',
  ],
  ['8.3.1', 'Host that is :authority', [...get, ['host', 'localhost']], 'HEADERS(1) 200'],
  ['8.3.1', 'Host that is not :authority', [...get, ['host', 'other']], 'HEADERS(1) 400'],
  [
    '8.3.1',
    'OPTIONS with :path *',
    [[':method', 'OPTIONS'], ...having(':path', '*').slice(1)],
    'HEADERS(1) 404',
  ],
]

const length = (value: string): Fields => [...post, ['content-length', value]]

/** A request with a body. */
const upload =
  (head: Fields, ...pieces: string[]): Send =>
  (client) => {
    client.headers(1, head)
    pieces.forEach((piece, i) => client.data(1, piece, i === pieces.length - 1 ? END_STREAM : 0))
  }

const bodies: readonly Http2Row[] = [
  row(
    '8.1.1',
    'a content-length that is the sum',
    upload(length('8'), 'four', 'four'),
    'HEADERS(1) 200',
  ),
  row('8.1.1', 'a content-length that is more', upload(length('9'), 'four', 'four'), malformed),
  row('8.1.1', 'a content-length that is less', upload(length('7'), 'four', 'four'), malformed),
  row('8.1.1', 'a content-length that is no number', upload(length('+8'), 'eight by'), malformed),
  row(
    '8.1.1',
    'two content-lengths',
    upload([...length('4'), ['content-length', '4']], 'four'),
    malformed,
  ),
  row(
    '8.1.1',
    'a content-length without a body',
    (client) => client.headers(1, length('1'), complete),
    malformed,
  ),
  row(
    '8.1',
    'trailers',
    async (client) => {
      client.headers(1, requestFields('POST', '/request/trailers'))
      client.data(1, 'body')
      client.headers(1, [['x-sum', '7']], complete)
      await ended(client, 1)
    },
    'HEADERS(1) 200',
    { check: (client) => expect(bodyOf(client)).toContain('["x-sum","7"]') },
  ),
  row(
    '8.1',
    'trailers without END_STREAM',
    (client) => {
      open(client)
      client.headers(1, [['x-sum', '7']], END_HEADERS)
    },
    malformed,
  ),
  row(
    '8.1',
    'trailers with a pseudo-header field',
    (client) => {
      open(client)
      client.headers(1, [[':path', '/']], complete)
    },
    malformed,
  ),
  row(
    '8.1',
    'a response before the request has ended',
    async (client) => {
      client.headers(1, requestFields('POST', '/request/unread'))
      await ended(client, 1)
    },
    'HEADERS(1) 200',
    { check: (client) => expect(bodyOf(client)).toBe('not read') },
  ),
]

const others: readonly Http2Row[] = [
  row(
    '8.2.3',
    'a cookie in three fields',
    async (client) => {
      const crumbs = ['a=1', 'b=2', 'c=3'].map((crumb) => ['cookie', crumb] as const)
      client.headers(1, [...requestFields('GET', '/request/request'), ...crumbs], complete)
      await ended(client, 1)
    },
    'HEADERS(1) 200',
    { check: (client) => expect(bodyOf(client)).toContain('"cookie":"a=1; b=2; c=3"') },
  ),
  row(
    '8.2.2',
    'a request for a response with Connection and the like',
    (client) => client.get(1, '/response/hop-by-hop'),
    'HEADERS(1) 200',
    {
      check({ frames }) {
        const names = frames.flatMap((frame) => frame.fields.map(([name]) => name))
        expect(names).toContain('x-stays')
        for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'upgrade']) {
          expect(names).not.toContain(name)
        }
      },
    },
  ),
  row(
    '8.4',
    'a request whose handler pushes, with ENABLE_PUSH of 0',
    (client) => client.get(1, `/info/push?init=${encodeURIComponent('{"path":"/pushed"}')}`),
    'HEADERS(1) 200',
    {
      settings: [[2, 0]],
      check: ({ frames }) =>
        expect(frames.some(({ type }) => type === Type.PUSH_PROMISE)).toBe(false),
    },
  ),
  row(
    '8.4',
    'a request whose handler pushes, with ENABLE_PUSH of 1',
    async (client) => {
      client.get(1, `/info/push?init=${encodeURIComponent('{"path":"/pushed"}')}`)
      const promise = await client.nextOf(Type.PUSH_PROMISE, 1)
      expect(promise.payload.readUInt32BE()).toBe(2)
      expect(
        promise.fields
          .slice(0, 4)
          .map(([name]) => name)
          .sort(),
      ).toEqual([':authority', ':method', ':path', ':scheme'])
    },
    'HEADERS(2) 200',
    { settings: [[2, 1]] },
  ),
  row(
    '8.5',
    'bytes of a tunnel, and its end',
    async (client) => {
      client.headers(1, [
        [':method', 'CONNECT'],
        [':authority', 'echo:1'],
      ])
      client.data(1, 'through', END_STREAM)
      await ended(client, 1)
    },
    'HEADERS(1) 200',
    { check: (client) => expect(bodyOf(client)).toBe('through') },
  ),
  row(
    '8.5',
    'HEADERS on a tunnel',
    async (client) => {
      client.headers(1, [
        [':method', 'CONNECT'],
        [':authority', 'echo:1'],
      ])
      await client.nextOf(Type.HEADERS, 1)
      client.headers(1, [['x-sum', '1']], complete)
      await client.nextOf(Type.RST_STREAM, 1)
      client.frames.splice(
        client.frames.findIndex(({ type }) => type === Type.HEADERS),
        1,
      )
    },
    malformed,
  ),
]

export const messages: readonly Http2Row[] = [
  ...fields.map(([section, sent, all]) =>
    row(section, sent, (client) => client.headers(1, all, complete), malformed),
  ),
  ...answered.map(([section, sent, all, answer]) =>
    row(section, sent, (client) => client.headers(1, all, complete), answer),
  ),
  ...bodies,
  ...others,
]
