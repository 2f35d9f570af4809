/** Bytes of clients of a server: requests for behaviours, frames of every kind, and garbage. */
import fc from 'fast-check'
import {
  END_HEADERS,
  END_STREAM,
  frame,
  hello,
  join,
  literals,
  text,
  Type,
  u32,
} from '../engine/frames.ts'

/** What a client does next: it sends bytes, a character a byte, or lets the server run for a turn of the loop. */
export type Act = string | null
type Head = readonly (readonly [name: string, value: string])[]

function fieldsOf(method: string, path: string): Head {
  if (method === 'CONNECT') {
    return [
      [':method', method],
      [':authority', 'memory:1'],
    ]
  }
  const socket = [
    [':protocol', 'websocket'],
    ['sec-websocket-version', '13'],
  ] as const
  return [
    [':method', method === 'websocket' ? 'CONNECT' : method],
    [':scheme', 'http'],
    [':authority', 'memory'],
    [':path', path],
    ...(method === 'websocket' ? socket : []),
  ]
}

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

const methods = fc.constantFrom('GET', 'GET', 'POST', 'POST', 'HEAD', 'CONNECT', 'websocket')
const garbage = fc.uint8Array({ minLength: 1, maxLength: 40 })
const bodies = fc.oneof(fc.constantFrom(0, 1, 100, 16_384), fc.nat(3000))
const number = fc.oneof(fc.constantFrom(0, 1, 65_535, 0x7fff_ffff), fc.nat(0xffff_ffff))

/** An act of HTTP/2: a function of the next stream's identifier. */
type Frames = (next: number) => Uint8Array

/** A stream among the last ones. */
const recent = (next: number, back: number): number => Math.max(1, next - 2 - 2 * back)

const requests = (paths: readonly string[]): fc.Arbitrary<Frames> =>
  fc
    .record({ method: methods, path: fc.constantFrom(...paths), isEnd: fc.boolean() })
    .map(({ method, path, isEnd }) => (next) => {
      const flags = END_HEADERS | (isEnd && method !== 'CONNECT' ? END_STREAM : 0)
      return frame(Type.HEADERS, flags, next, literals(...fieldsOf(method, path)))
    })

const data: fc.Arbitrary<Frames> = fc.tuple(fc.nat(3), bodies, fc.boolean()).map(
  ([back, length, isEnd]) =>
    (next) =>
      frame(Type.DATA, isEnd ? END_STREAM : 0, recent(next, back), new Uint8Array(length)),
)

const control: fc.Arbitrary<Frames> = fc
  .tuple(fc.nat(6), fc.nat(3), number)
  .map(([kind, back, value]) => (next) => {
    const id = recent(next, back)
    const frames = [
      frame(Type.WINDOW_UPDATE, 0, 0, u32(value)),
      frame(Type.WINDOW_UPDATE, 0, id, u32(value)),
      frame(Type.RST_STREAM, 0, id, u32(8)),
      frame(Type.PING, 0, 0, new Uint8Array(8)),
      frame(Type.SETTINGS, 1),
      frame(Type.SETTINGS, 0, 0, join(Uint8Array.of(0, 4), u32(value))),
      frame(Type.PRIORITY_UPDATE, 0, 0, join(u32(id), text('u=2'))),
    ]
    return frames[kind]!
  })

const anyFrame: fc.Arbitrary<Frames> = fc
  .record({
    type: fc.oneof(fc.nat(10), fc.nat(255)),
    flags: fc.nat(255),
    streamId: fc.oneof(fc.nat(9), fc.nat(0x7fff_ffff)),
    payload: fc.uint8Array({ maxLength: 60 }),
  })
  .map(
    ({ type, flags, streamId, payload }) =>
      () =>
        frame(type, flags, streamId, payload),
  )

/** A client of HTTP/2. */
export function http2Acts(paths: readonly string[]): fc.Arbitrary<Act[]> {
  const act = fc.oneof(
    { weight: 6, arbitrary: requests(paths) },
    { weight: 5, arbitrary: data },
    { weight: 4, arbitrary: control },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: anyFrame },
    { weight: 1, arbitrary: garbage.map((bytes) => () => bytes) },
  )
  return fc.array(act, { maxLength: 25 }).map(withIdentifiers)
}

/** A client of HTTP/2 that sends requests with bodies, each in full before the next one, and nothing else. */
export function plainHttp2Acts(paths: readonly string[]): fc.Arbitrary<Act[]> {
  const whole = fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'HEAD'),
      path: fc.constantFrom(...paths),
      length: fc.constantFrom(-1, 0, 1, 300),
    })
    .map(({ method, path, length }): Frames => (next) => {
      const flags = END_HEADERS | (length < 0 ? END_STREAM : 0)
      const head = frame(Type.HEADERS, flags, next, literals(...fieldsOf(method, path)))
      if (length < 0) return head
      return join(head, frame(Type.DATA, END_STREAM, next, new Uint8Array(length)))
    })
  const act = fc.oneof({ weight: 6, arbitrary: whole }, { weight: 1, arbitrary: fc.constant(null) })
  return fc.array(act, { maxLength: 60 }).map(withIdentifiers)
}

/** The preface, and the acts with the identifiers of their streams. */
function withIdentifiers(acts: readonly (Frames | null)[]): Act[] {
  const all: Act[] = [textOf(hello())]
  let next = 1
  for (const act of acts) {
    const bytes = act?.(next)
    if (bytes?.[3] === Type.HEADERS) next += 2
    all.push(bytes ? textOf(bytes) : null)
  }
  return all
}

/** Fields of requests of HTTP/1.1. */
const plainFields = [
  '',
  'Connection: close\r\n',
  'TE: trailers\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
]
/** What these ask for depends on what has arrived when the server answers. */
const allFields = [
  ...plainFields,
  'Expect: 100-continue\r\n',
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n',
]

const http1Request = (paths: readonly string[], fields: readonly string[]): fc.Arbitrary<string> =>
  fc
    .record({
      method: fc.constantFrom('GET', 'GET', 'POST', 'HEAD', 'CONNECT', 'OPTIONS'),
      path: fc.constantFrom(...paths),
      version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
      length: fc.constantFrom(0, 1, 10, 200),
      framing: fc.constantFrom('length', 'chunked', 'none'),
      more: fc.constantFrom(...fields),
    })
    .map(({ method, path, version, length, framing, more }) => {
      const target = method === 'CONNECT' ? 'memory:1' : path
      const body = 'b'.repeat(length)
      const start = `${method} ${target} HTTP/${version}\r\nHost: ${method === 'CONNECT' ? target : 'memory'}\r\n${more}`
      if (framing === 'none' || method !== 'POST') return `${start}\r\n`
      if (framing === 'length') return `${start}Content-Length: ${length}\r\n\r\n${body}`
      const chunk = length > 0 ? `${length.toString(16)}\r\n${body}\r\n` : ''
      return `${start}Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\nX-Sum: 1\r\n\r\n`
    })

/** A client of HTTP/1.1. `isPlain`: what is answered does not depend on when. */
export function http1Acts(paths: readonly string[], isPlain: boolean): fc.Arbitrary<Act[]> {
  const more = isPlain ? plainFields : allFields
  const act = fc.oneof(
    { weight: 8, arbitrary: http1Request(paths, more) },
    { weight: 2, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: garbage.map(textOf) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('GET', ' / HTTP/1.1\r\n', 'Host: a\r\n\r\n', '\r\n', '0\r\n\r\n'),
    },
  )
  return fc.array(act, { minLength: 1, maxLength: 12 })
}
