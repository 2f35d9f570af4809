import { describe, expect, it } from 'vitest'
import { Engine, type Limits, Session } from '../../src/engine/index.ts'
import {
  headers,
  hello,
  hpackString,
  isSame,
  join,
  literals,
  postFields,
  wire,
} from '../support/engine/frames.ts'
import { Pair, one, only, openStream, post, request } from '../support/engine/pair.ts'
import { codeOf } from '../support/engine/errors.ts'

const MiB = 1024 * 1024

describe('law 3: large bodies do not enter linear memory on the way out', () => {
  it('sends 64 MiB without growing it', () => {
    const engine = new Engine()
    const windows = {
      settings: { initialWindowSize: 0x7fffffff },
      connectionWindowSize: 0x7fffffff,
    }
    const pair = Pair.open({ client: { ...windows, engine }, server: { engine } })
    const id = openStream(pair)
    const body = new Uint8Array(64 * MiB).fill(0x61)
    const before = engine.memoryUsage()
    pair.server.submitResponse(id, { ':status': '200' }, { body })
    expect(engine.memoryUsage().used - before.used).toBeLessThan(4096)

    let sent = 0
    for (;;) {
      const error = pair.server.drain(
        {
          write: () => true,
          writev: (chunks) => {
            for (const chunk of chunks) if (chunk.buffer === body.buffer) sent += chunk.length
            return true
          },
        },
        sinkOf(pair.server),
      )
      expect(error).toBeUndefined()
      if (!pair.server.wantWrite) break
    }
    expect(sent).toBe(body.length) // the very bytes, none copied
    expect(engine.memoryUsage().size).toBe(before.size)
  })

  it('are cut from what `view` makes of them, frame headers too', () => {
    class View extends Uint8Array {}
    const view = (bytes: Uint8Array): View =>
      new View(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
    const pair = Pair.open({ server: { view } })
    const id = openStream(pair)
    const body = new Uint8Array(50_000).fill(7)
    pair.server.submitResponse(id, { ':status': '200' }, { body })
    const chunks: Uint8Array[] = []
    const output = {
      write: () => true,
      writev: (more: readonly Uint8Array[]) => chunks.push(...more) > 0,
    }
    pair.server.drain(output, sinkOf(pair.server))
    expect(chunks.length).toBe(8) // HEADERS with the first frame's header, then in turns
    expect(chunks.every((chunk) => chunk instanceof View)).toBe(true)
    const data = only(pair.client.receive(join(...chunks)), 'DataReceived')
    expect(isSame(join(...data.map((event) => event.data)), body)).toBe(true)
  })

  it('sends a short body by value with its header fields', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    const body = Uint8Array.of(1, 2, 3)
    pair.server.submitResponse(id, { ':status': '200' }, { body })
    body.fill(9) // the engine has its own
    expect(one(pair.flow().client, 'DataReceived').data).toEqual(Uint8Array.of(1, 2, 3))
  })
})

/** A sink that does nothing but what a sink's owner must. */
function sinkOf(session: Session): Parameters<Session['drain']>[1] {
  const handler: ProxyHandler<object> = {
    get: (_, name) => (streamId: number) => {
      if (name === 'streamClosed') session.forgetBody(streamId)
    },
  }
  return new Proxy({}, handler) as Parameters<Session['drain']>[1]
}

describe('law 4: bodies are not copied on the way in', () => {
  it('gives parts of the very chunk that was fed', () => {
    const pair = Pair.open()
    pair.client.submitRequest(post, { body: new Uint8Array(40_000).fill(5) })
    const chunk = pair.client.bytesToSend()
    const data = only(pair.server.receive(chunk), 'DataReceived')
    expect(data.map((event) => event.data.length).reduce((a, b) => a + b)).toBe(40_000)
    for (const event of data) expect(event.data.buffer).toBe(chunk.buffer)
  })

  it('also where the chunk is larger than the input region, or begins within its buffer', () => {
    const pair = Pair.open({
      server: { settings: { initialWindowSize: MiB }, connectionWindowSize: MiB },
    })
    const body = Uint8Array.from({ length: 500_000 }, (_, i) => (i * 7) >> 3)
    pair.client.submitRequest(post, { body })
    const bytes = join(new Uint8Array(11), pair.client.bytesToSend())
    const data = only(pair.server.receive(bytes.subarray(11)), 'DataReceived')
    expect(isSame(join(...data.map((event) => event.data)), body)).toBe(true)
    for (const event of data) expect(event.data.buffer).toBe(bytes.buffer)
  })
})

describe('law 9: memory is bounded and counted', () => {
  const big = 'v'.repeat(1000)

  /** Requests without end, each with a field that the decoder keeps. */
  function fill(session: Session, streams: number): ReturnType<Session['receive']> {
    return session.receive(
      join(
        ...Array.from({ length: streams }, (_, i) => headers(2 * i + 1, literals(...postFields))),
      ),
    )
  }

  it('fails a session at its own limit, and no other', () => {
    const engine = new Engine()
    const limits: Limits = { maxSessionMemory: 100_000 }
    const poor = Session.server({ engine, limits })
    const rich = Session.server({ engine })
    poor.receive(hello())
    rich.receive(hello())

    const failed = one(fill(poor, 1000), 'SessionFailed').error
    expect(failed.code).toBe('NGHTTP2_ERR_NOMEM')
    expect(failed.errno).toBe(-901)
    expect(wire(poor.bytesToSend()).at(-1)).toMatch(/^GOAWAY \d+ INTERNAL_ERROR$/)
    expect(codeOf(() => poor.submitPing())).toBe('NGHTTP2_ERR_NOMEM')

    expect(only(fill(rich, 1000), 'RequestReceived')).toHaveLength(1000)
    expect(engine.failure).toBeUndefined()
    expect(() => poor.dispose()).not.toThrow()
  })

  it('fails the session that meets the limit of all', () => {
    const engine = new Engine({ memoryLimit: 300_000 })
    const first = Session.server({ engine })
    first.receive(hello())
    one(fill(first, 3000), 'SessionFailed')
    first.dispose()
    const second = Session.server({ engine })
    second.receive(hello())
    expect(only(fill(second, 10), 'RequestReceived')).toHaveLength(10)
  })

  it('says NGHTTP2_ERR_NOMEM when there is no room for a session at all', () => {
    const engine = new Engine({ memoryLimit: 1000 })
    expect(codeOf(() => Session.server({ engine }))).toBe('NGHTTP2_ERR_NOMEM')
    expect(engine.memoryUsage().used).toBe(0)
  })

  it('counts what a session holds, and gives it back', () => {
    const engine = new Engine()
    const empty = engine.memoryUsage().used
    const session = Session.server({ engine, settings: { headerTableSize: 65_536 } })
    session.receive(hello())
    const before = session.memoryUsed
    const indexed = join(
      literals(...postFields),
      Uint8Array.of(0x40),
      hpackString('k'),
      hpackString(big),
    )
    session.receive(headers(1, indexed))
    expect(session.memoryUsed).toBeGreaterThan(before + big.length)
    expect(engine.memoryUsage().used).toBe(empty + session.memoryUsed)
    session.dispose()
    expect(engine.memoryUsage().used).toBe(empty)
  })

  it('frees what is queued when a session is disposed of in the middle of everything', () => {
    const engine = new Engine()
    const empty = engine.memoryUsage().used
    const pair = Pair.open({ client: { engine }, server: { engine } })
    const id = openStream(pair, post)
    const { server, client } = pair
    const promised = server.submitPushPromise(id, request)
    server.submitResponse(promised, { ':status': '200' }, { body: new Uint8Array(100) })
    server.submitInformational(id, { ':status': '103' })
    server.submitResponse(id, { ':status': '200' }, { body: new Uint8Array(3000) })
    server.submitTrailers(id, { 'x-sum': '1' })
    server.submitUnknownFrame(0xf0, 0, 0, new Uint8Array(1000))
    server.submitAltsvc(0, 'http://x', 'h2=":1"')
    server.submitOrigin(['https://a', 'https://b'])
    server.submitGoaway(0, 0, 'debug')
    server.submitPing()
    server.submitSettings({ maxConcurrentStreams: 3 })
    client.submitRequest(post, { body: new Uint8Array(100_000) })
    client.submitPriorityUpdate(id, 'u=1')
    // Half a frame in, half of the output taken.
    server.receive(join(frameHead(), new Uint8Array(3)))
    client.bytesToSend(10)
    pair.dispose()
    expect(engine.memoryUsage().used).toBe(empty)
  })

  /** An unknown frame of 100 bytes that has not arrived in full. */
  function frameHead(): Uint8Array {
    return Uint8Array.of(0, 0, 100, 0xf1, 0, 0, 0, 0, 0)
  }

  it('stays where it is after ten thousand sessions', () => {
    const engine = new Engine()
    const life = (): void => {
      const pair = Pair.open({ client: { engine }, server: { engine } })
      const id = openStream(pair)
      pair.server.submitResponse(
        id,
        { ':status': '200', 'x-a': String(id) },
        { body: new Uint8Array(64) },
      )
      pair.flow()
      pair.dispose()
    }
    for (let i = 0; i < 100; i++) life()
    const { size, used } = engine.memoryUsage()
    for (let i = 0; i < 5000; i++) life() // two sessions each
    expect(engine.memoryUsage()).toEqual({ size, used })
  })
})
