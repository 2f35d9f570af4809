import { describe, expect, it } from 'vitest'
import { Engine, type Limits, Session, type SessionEvent } from '../../../src/engine/index.ts'
import {
  END_HEADERS,
  END_STREAM,
  Type,
  frame,
  get,
  getFields,
  headers,
  hello,
  hpackString,
  join,
  literals,
  postFields,
  preface,
  settings,
  text,
  u32,
  wire,
} from '../../support/engine/frames.ts'
import { one, only } from '../../support/engine/pair.ts'

function serving(limits: Limits = {}, options: Parameters<typeof Session.server>[0] = {}): Session {
  const server = Session.server({ limits, ...options })
  server.receive(hello())
  server.bytesToSend()
  return server
}

/** The error code of the last GOAWAY of `session`. */
function goaway(session: Session): string | undefined {
  return wire(session.bytesToSend()).findLast((line) => line.startsWith('GOAWAY'))
}

const ids = (count: number): number[] => Array.from({ length: count }, (_, i) => 2 * i + 1)

describe('attacks end the connection that makes them', () => {
  it('rapid reset (CVE-2023-44487)', () => {
    const server = serving()
    let requests = 0
    let last: string | undefined
    for (const id of ids(5000)) {
      const events = server.receive(join(get(id), frame(Type.RST_STREAM, 0, id, u32(8))))
      requests += only(events, 'RequestReceived').length
      if ((last = goaway(server))) break
    }
    expect(requests).toBe(1001)
    expect(last).toBe('GOAWAY 2001 INTERNAL_ERROR')
    expect(server.wantRead).toBe(false)
  })

  it('PING flood: acknowledgements that the client does not read', () => {
    const server = serving()
    const ping = frame(Type.PING, 0, 0, new Uint8Array(8))
    const events = server.receive(join(...Array.from({ length: 1100 }, () => ping)))
    expect(one(events, 'SessionFailed').error.code).toBe('NGHTTP2_ERR_FLOODED')
    expect(goaway(server)).toBe('GOAWAY 0 ENHANCE_YOUR_CALM')
    expect([server.wantRead, server.wantWrite]).toEqual([false, false])
  })

  it('SETTINGS flood', () => {
    const server = serving()
    const events = server.receive(join(...Array.from({ length: 1100 }, () => settings())))
    expect(one(events, 'SessionFailed').error.code).toBe('NGHTTP2_ERR_FLOODED')
    expect(goaway(server)).toBe('GOAWAY 0 ENHANCE_YOUR_CALM')
  })

  it('PING that is read is no flood', () => {
    const server = serving()
    for (let i = 0; i < 5000; i++) {
      server.receive(frame(Type.PING, 0, 0, new Uint8Array(8)))
      server.bytesToSend()
    }
    expect(server.wantRead).toBe(true)
  })

  it('a SETTINGS frame with too many entries (CVE-2020-11080)', () => {
    const server = serving()
    server.receive(settings(...Array.from({ length: 33 }, (_, i) => [i + 100, 0] as const)))
    expect(goaway(server)).toBe('GOAWAY 0 ENHANCE_YOUR_CALM')
    expect(server.wantRead).toBe(false)
  })

  it('CONTINUATION flood (CVE-2024-28182)', () => {
    const server = serving()
    const piece = frame(Type.CONTINUATION, 0, 1, literals(['x', 'y']))
    const attack = join(
      frame(Type.HEADERS, END_STREAM, 1, literals(...getFields)),
      ...Array(20).fill(piece),
    )
    const events = server.receive(attack)
    expect(one(events, 'SessionFailed').error.code).toBe('NGHTTP2_ERR_TOO_MANY_CONTINUATIONS')
    expect(goaway(server)).toMatch(/ENHANCE_YOUR_CALM$/)
  })

  it('as many CONTINUATION frames as are allowed, in any pieces, are no flood', () => {
    const server = serving()
    const piece = frame(Type.CONTINUATION, 0, 1, literals(['x', 'y']))
    const block = join(
      frame(Type.HEADERS, END_STREAM, 1, literals(...getFields)),
      ...Array<Uint8Array>(7).fill(piece),
      frame(Type.CONTINUATION, END_HEADERS, 1, literals(['x', 'y'])),
    )
    const events: SessionEvent[] = []
    for (const byte of block) events.push(...server.receive(Uint8Array.of(byte)))
    expect(one(events, 'RequestReceived').headers).toHaveLength(4 + 8)
  })

  it('empty DATA frames (CVE-2019-9518)', () => {
    const server = serving()
    server.receive(headers(1, literals(...postFields)))
    const empty = frame(Type.DATA, 0, 1)
    for (let i = 0; i < 11; i++) server.receive(join(...Array<Uint8Array>(1000).fill(empty)))
    expect(goaway(server)).toBe('GOAWAY 1 ENHANCE_YOUR_CALM')
  })

  it('WINDOW_UPDATE frames beyond four for each frame that was sent', () => {
    const server = serving()
    const update = frame(Type.WINDOW_UPDATE, 0, 0, u32(1))
    server.receive(join(...Array<Uint8Array>(9000).fill(update)))
    expect(goaway(server)).toBeUndefined()
    server.receive(join(...Array<Uint8Array>(1100).fill(update)))
    expect(goaway(server)).toBe('GOAWAY 0 ENHANCE_YOUR_CALM')
  })

  it('a WINDOW_UPDATE for each byte that is sent, on the stream and on the connection, is no flood', () => {
    const server = serving({ glitchBurst: 100, glitchRate: 0 })
    server.receive(settings([4, 0]))
    server.receive(get(1))
    server.submitResponse(1, [[':status', '200']], { body: new Uint8Array(20_000) })
    server.bytesToSend()
    for (let i = 0; i < 20_000; i++) {
      server.receive(frame(Type.WINDOW_UPDATE, 0, 1, u32(1)))
      server.receive(frame(Type.WINDOW_UPDATE, 0, 0, u32(1)))
      server.bytesToSend()
    }
    expect(server.wantRead).toBe(true)
  })

  it('PRIORITY frames without end', () => {
    const server = serving()
    const priority = frame(Type.PRIORITY, 0, 1, Uint8Array.of(0, 0, 0, 3, 10))
    for (let i = 0; i < 11; i++) server.receive(join(...Array<Uint8Array>(1000).fill(priority)))
    expect(goaway(server)).toBe('GOAWAY 0 ENHANCE_YOUR_CALM')
  })

  it('streams beyond maxConcurrentStreams are refused, before and after it is acknowledged (RFC 9113 §5.1.2)', () => {
    const options = { settings: { maxConcurrentStreams: 2 } }
    const early = serving({}, options)
    early.receive(join(...ids(3).map((id) => get(id))))
    expect(wire(early.bytesToSend())).toEqual(['RST_STREAM(5) REFUSED_STREAM'])
    const late = serving({}, options)
    late.receive(join(frame(Type.SETTINGS, 1), ...ids(3).map((id) => get(id))))
    expect(wire(late.bytesToSend())).toEqual(['RST_STREAM(5) REFUSED_STREAM'])
    expect(late.setting('local', 'maxConcurrentStreams')).toBe(2)
  })

  describe('resets that the server is made to send (CVE-2025-8671, MadeYouReset)', () => {
    /** For stream `id`: a request, and then a frame that makes nghttp2 reset it. */
    const malformed: ReadonlyArray<readonly [string, (id: number) => Uint8Array]> = [
      [
        'a body longer than content-length',
        (id) =>
          join(
            headers(id, literals(...postFields, ['content-length', '1'])),
            frame(Type.DATA, 0, id, text('xx')),
          ),
      ],
      [
        'a body shorter than content-length',
        (id) =>
          join(
            headers(id, literals(...postFields, ['content-length', '9'])),
            frame(Type.DATA, END_STREAM, id, text('xx')),
          ),
      ],
      ['a malformed field', (id) => headers(id, literals(...getFields, ['X', 'y']), END_STREAM)],
      ['a missing field', (id) => headers(id, literals(...getFields.slice(1)), END_STREAM)],
      [
        'pseudo-header fields in trailers',
        (id) =>
          join(
            headers(id, literals(...postFields)),
            headers(id, literals([':path', '/']), END_STREAM),
          ),
      ],
      [
        'trailers without END_STREAM',
        (id) => join(headers(id, literals(...postFields)), headers(id, literals(['a', 'b']))),
      ],
    ]

    it.each(malformed)('%s', (_, attack) => {
      const server = serving({ streamResetBurst: 50, streamResetRate: 1 })
      let resets = 0
      for (const id of ids(200)) {
        server.receive(attack(id))
        const sent = wire(server.bytesToSend())
        resets += sent.filter((line) => line.startsWith('RST_STREAM')).length
        if (sent.some((line) => line.startsWith('GOAWAY'))) {
          expect(sent.at(-1)).toMatch(/ENHANCE_YOUR_CALM$/)
          break
        }
      }
      expect(resets).toBeLessThanOrEqual(51)
      expect(server.wantRead).toBe(false)
    })

    it('frames on closed streams, and zero or overflowing windows, end the connection at once', () => {
      for (const wrong of [
        frame(Type.WINDOW_UPDATE, 0, 1, u32(0)),
        frame(Type.WINDOW_UPDATE, 0, 1, u32(0x7fffffff)),
        frame(Type.DATA, 0, 1, text('after the end')),
        frame(Type.PRIORITY, 0, 1, new Uint8Array(4)),
        headers(1, literals(['a', 'b']), END_STREAM),
      ]) {
        const server = serving()
        server.receive(get(1))
        server.receive(wrong)
        expect(goaway(server)).toBeDefined()
        expect(server.wantRead).toBe(false)
      }
    })
  })

  it('answers that the client does not read: the queue is bounded', () => {
    const server = serving({ maxOutboundQueue: 500 }, { autoPingAck: false })
    for (let i = 0; i < 50 && server.wantRead; i++) {
      // Each is refused with a RST_STREAM of its own.
      server.receive(
        join(...ids(20).map((id) => headers(40 * i + id, literals(['a', 'b']), END_STREAM))),
      )
    }
    expect(goaway(server)).toMatch(/ENHANCE_YOUR_CALM$/)
  })

  it('a client is bounded as well: promises it never reads', () => {
    const client = Session.client({ limits: { maxReservedStreams: 10 } })
    client.submitRequest(getFields)
    client.bytesToSend()
    const promise = (id: number): Uint8Array =>
      frame(Type.PUSH_PROMISE, END_HEADERS, 1, join(u32(id), literals(...getFields)))
    const events = client.receive(
      join(settings(), ...Array.from({ length: 30 }, (_, i) => promise(2 * i + 2))),
    )
    expect(only(events, 'PushPromised').length).toBeLessThanOrEqual(10)
    expect(wire(client.bytesToSend()).filter((line) => line.endsWith('CANCEL'))).not.toHaveLength(0)
  })
})

describe('HPACK bombs', () => {
  const value = 'v'.repeat(4000)
  const stored = join(Uint8Array.of(0x40), hpackString('x'), hpackString(value))
  /** References to the dynamic table's newest entry, a byte each. */
  const references = (count: number): Uint8Array => new Uint8Array(count).fill(0xbe)

  it('one block up to 4 × maxHeaderListSize: it is cut at the limit', () => {
    const server = serving()
    const block = join(literals(...getFields), stored, references(40))
    const event = one(server.receive(headers(1, block, END_STREAM)), 'RequestReceived')
    expect(event.truncated).toBe(true)
    const size = event.headers.reduce((sum, [name, v]) => sum + name.length + v.length + 32, 0)
    expect(size).toBeLessThanOrEqual(65_536)
  })

  it('many blocks in one chunk: memory comes back, and the connection is the only one to suffer', () => {
    const engine = new Engine()
    const patient = { streamResetBurst: 100_000 } // each of these blocks costs a token
    const other = Session.server({ engine })
    const server = serving(patient, { engine })
    server.receive(headers(1, join(literals(...getFields), stored), END_STREAM))
    const block = join(literals(...getFields), references(15))
    const chunk = join(...ids(3000).map((id) => headers(id + 2, block, END_STREAM)))
    expect(only(server.receive(chunk), 'RequestReceived')).toHaveLength(3000)
    server.dispose()
    expect(engine.memoryUsage().size).toBeLessThan(16 * 1024 * 1024)
    expect(only(other.receive(join(hello(), get(1))), 'RequestReceived')).toHaveLength(1)
    const { size } = engine.memoryUsage()
    for (let i = 0; i < 10; i++) {
      const again = serving(patient, { engine })
      again.receive(headers(1, join(literals(...getFields), stored), END_STREAM))
      again.receive(chunk)
      again.dispose()
    }
    expect(engine.memoryUsage().size).toBe(size)
  })

  it('a table larger than was offered is a compression error', () => {
    const server = serving()
    server.receive(headers(1, join(Uint8Array.of(0x3f, 0xff, 0xff, 0x03), literals(...getFields))))
    expect(goaway(server)).toMatch(/COMPRESSION_ERROR$/)
  })
})

describe('input that is no HTTP/2', () => {
  it.each([
    ['HTTP/1.1', text('GET / HTTP/1.1\r\nhost: x\r\n\r\n')],
    ['TLS', Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3)],
    ['a preface with a mistake', preface.with(20, 0x21)],
    ['zeroes', new Uint8Array(100)],
  ])('%s: GOAWAY PROTOCOL_ERROR and the end', (_, bytes) => {
    const server = Session.server()
    const { error } = one(server.receive(bytes), 'SessionFailed')
    expect(error.code).toBe('NGHTTP2_ERR_BAD_CLIENT_MAGIC')
    expect(goaway(server)).toBe('GOAWAY 0 PROTOCOL_ERROR')
    expect([server.wantRead, server.wantWrite]).toEqual([false, false])
    expect(one(server.receive(bytes), 'SessionFailed').error).toBe(error)
  })

  it('a preface without SETTINGS (RFC 9113 §3.4)', () => {
    const server = Session.server()
    server.receive(join(preface, get(1)))
    expect(goaway(server)).toBe('GOAWAY 0 PROTOCOL_ERROR')
  })

  it('an HTTP/1.1 answer to a client', () => {
    const client = Session.client()
    client.bytesToSend()
    client.receive(text('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'))
    expect(goaway(client)).toBeDefined()
    expect(client.wantRead).toBe(false)
  })
})
