import { expect, it } from 'vitest'
import { Session, type SessionEvent } from '../../src/engine/index.ts'
import {
  END_HEADERS,
  Type,
  frame,
  framesOf,
  getFields,
  headers,
  hello,
  join,
  literals,
  postFields,
  settings,
  text,
  u32,
} from '../support/engine/frames.ts'
import { one } from '../support/engine/pair.ts'
import { describeVectors, fromHex, readVectors } from '../support/vectors.ts'

interface Vector {
  readonly description: string
  readonly wire: string
  /** The codes of which one must be given; `null`: the frame is well formed. */
  readonly error: readonly number[] | null
}

const fields = getFields.map(([name, value]) => [name, value] as const)

/** A server with stream 1 (its body to come) and stream 5 open. */
function server(): Session {
  const session = Session.server()
  session.receive(
    join(hello(), headers(1, literals(...postFields)), headers(5, literals(...postFields))),
  )
  session.bytesToSend()
  return session
}

/** A client with stream 1 open, and what the server promised on it, even ids up to `promised`. */
function client(promised = 0): Session {
  const session = Session.client({ settings: { enablePush: true } })
  session.submitRequest(fields)
  session.bytesToSend()
  session.receive(settings())
  for (let id = 2; id <= promised; id += 2) {
    session.receive(frame(Type.PUSH_PROMISE, END_HEADERS, 1, join(u32(id), literals(...fields))))
  }
  session.bytesToSend()
  return session
}

/** The error code of the last RST_STREAM or GOAWAY that `session` sends. */
function errorSent(session: Session): number | undefined {
  const last = framesOf(session.bytesToSend()).findLast(
    ({ type }) => type === Type.RST_STREAM || type === Type.GOAWAY,
  )
  if (!last) return undefined
  const { payload } = last
  return new DataView(payload.buffer, payload.byteOffset).getUint32(
    last.type === Type.GOAWAY ? 4 : 0,
  )
}

/** `wire` with the header block "this is dummy", which HPACK cannot read, replaced by a real one. */
function withBlock(wire: Uint8Array, block: Uint8Array): Uint8Array {
  const dummy = text('this is dummy')
  const at = wire.findIndex((_, i) => dummy.every((byte, j) => wire[i + j] === byte))
  const [{ type, flags, streamId }] = framesOf(wire) as [ReturnType<typeof framesOf>[number]]
  return frame(
    type,
    flags,
    streamId,
    join(wire.subarray(9, at), block, wire.subarray(at + dummy.length)),
  )
}

type Check = (wire: Uint8Array) => void

function expectRequest(events: readonly SessionEvent[], streamId: number): void {
  expect(one(events, 'RequestReceived')).toMatchObject({ streamId, headers: fields })
}

/** What a well-formed frame means to a session in the state that it needs. */
const meaning: Readonly<Record<string, Check>> = {
  'data/normal.json': (wire) => {
    const session = client(2)
    session.receive(headers(2, literals([':status', '200'])))
    expect(one(session.receive(wire), 'DataReceived')).toMatchObject({
      streamId: 2,
      data: text('Hello, world!'), // without its padding
    })
  },
  'headers/normal.json': (wire) => {
    expectRequest(Session.server().receive(join(hello(), withBlock(wire, literals(...fields)))), 1)
    const session = Session.server()
    session.receive(join(hello(), wire))
    expect(errorSent(session)).toBe(9) // COMPRESSION_ERROR: the dummy went to HPACK
  },
  'headers/priority.json': (wire) => {
    // The dependency and the weight are skipped, as RFC 9113 §5.3.2 wants; so is the padding.
    expectRequest(Session.server().receive(join(hello(), withBlock(wire, literals(...fields)))), 3)
  },
  'priority/normal.json': (wire) => {
    const session = server()
    expect(session.receive(wire)).toEqual([]) // RFC 9113 §5.3.2: ignored
    expect(session.bytesToSend()).toHaveLength(0)
  },
  'rst_stream/normal.json': (wire) => {
    expect(one(server().receive(wire), 'StreamReset')).toMatchObject({ streamId: 5, errorCode: 8 })
  },
  'settings/normal.json': (wire) => {
    const session = server()
    expect(one(session.receive(wire), 'SettingsReceived').settings).toEqual({
      headerTableSize: 8192,
      maxConcurrentStreams: 5000,
    })
    expect(session.bytesToSend()).toEqual(frame(Type.SETTINGS, 1))
  },
  'push_promise/normal.json': (wire) => {
    // Promised on stream 10, which a server opened: RFC 9113 §6.6 wants one that the client did.
    const session = client(10)
    session.receive(wire)
    expect(errorSent(session)).toBe(1)
    const [{ flags, payload }] = framesOf(withBlock(wire, literals(...fields))) as [
      ReturnType<typeof framesOf>[number],
    ]
    const promise = frame(Type.PUSH_PROMISE, flags, 1, payload)
    expect(one(client(10).receive(promise), 'PushPromised')).toMatchObject({
      promisedStreamId: 12,
      headers: fields,
    })
    // And a client makes no promises: RFC 9113 §8.4.
    const receiver = server()
    receiver.receive(wire)
    expect(errorSent(receiver)).toBe(1)
  },
  'ping/normal.json': (wire) => {
    const session = server()
    expect(one(session.receive(wire), 'PingReceived').opaqueData).toEqual(text('deadbeef'))
    expect(session.bytesToSend()).toEqual(frame(Type.PING, 1, 0, text('deadbeef')))
  },
  'goaway/normal.json': (wire) => {
    expect(one(server().receive(wire), 'GoawayReceived')).toMatchObject({
      lastStreamId: 30,
      errorCode: 9,
      debugData: text('hpack is broken'),
    })
  },
  'window_update/normal.json': (wire) => {
    const session = server()
    let promised = 0
    while (promised < 50) promised = session.submitPushPromise(1, fields)
    session.submitResponse(promised, { ':status': '200' }, { endStream: false })
    session.bytesToSend()
    expect(one(session.receive(wire), 'WindowUpdated')).toMatchObject({
      streamId: 50,
      increment: 1000,
    })
    expect(session.remoteWindowSize(50)).toBe(65_535 + 1000)
  },
  'continuation/normal.json': continues,
  'continuation/header.json': continues,
}

/** Legal behind HEADERS of its stream and a connection error elsewhere (RFC 9113 §6.10). */
function continues(wire: Uint8Array): void {
  const session = client(50)
  session.receive(join(frame(Type.HEADERS, 0, 50, literals([':status', '200'])), wire))
  expect(session.bytesToSend()).toHaveLength(0)
  const [{ payload }] = framesOf(wire) as [ReturnType<typeof framesOf>[number]]
  const isDummy = payload.length > 0
  const end = frame(
    Type.CONTINUATION,
    END_HEADERS,
    50,
    isDummy ? new Uint8Array() : literals(['a', 'b']),
  )
  const events = session.receive(end)
  if (isDummy) expect(errorSent(session)).toBe(9)
  else expect(one(events, 'ResponseReceived').headers.at(-1)).toEqual(['a', 'b'])

  const alone = client(50)
  alone.receive(wire)
  expect(errorSent(alone)).toBe(1)
}

describeVectors('frames of the vectors', () => {
  const cases = readVectors<Vector>('frames')
  const valid = cases.filter(([, { error }]) => error === null)
  const wrong = cases.filter(([, { error }]) => error !== null)

  it('are exactly those that this test expects', () => {
    expect(valid.map(([name]) => name)).toEqual(Object.keys(meaning).sort())
    expect(wrong.length).toBeGreaterThan(20)
  })

  it.each(valid)('%s is understood', (name, { wire }) => meaning[name]!(fromHex(wire)))

  it.each(wrong)('%s is answered with its error', (name, { wire, error }) => {
    // A server may send PUSH_PROMISE, a client may not: those go to a client.
    const session = name.includes('push_promise') ? client() : server()
    session.receive(fromHex(wire))
    expect(error).toContain(errorSent(session))
    expect(session.wantRead).toBe(false)
  })
})
