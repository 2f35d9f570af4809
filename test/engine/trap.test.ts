import { describe, expect, it } from 'vitest'
import { Engine, type HTTP2Error, Session } from '../../src/engine/index.ts'
import { Io } from '../../src/engine/abi.ts'
import { HDDeflater } from '../../src/engine/hpack/index.ts'
import { END_STREAM, get, headers, hello, join, wire } from '../support/engine/frames.ts'
import { Pair, only, one } from '../support/engine/pair.ts'
import { codeOf, errorOf } from '../support/engine/errors.ts'

/** Overwrites what is not zero in linear memory, but not the regions' addresses: pointers lead out of it. */
function corrupt(engine: Engine): void {
  const { words } = engine.memory
  const io = new Set(Object.values(Io).map((field) => engine.memory.io(field)))
  for (let i = 0; i < words.length; i++)
    if (words[i] !== 0 && !io.has(words[i]!)) words[i] = 0xfffffff0
}

describe('law 8: a trap is the end of an instance and of nothing else', () => {
  it('fails every session of the engine, and the next session gets a fresh one', () => {
    const engine = Engine.shared()
    const session = Session.server()
    const other = Session.server()
    expect(other.engine).toBe(engine)
    const told: HTTP2Error[] = []
    engine.onFailure((error) => told.push(error))
    session.receive(hello())

    corrupt(engine)
    const events = session.receive(get(1))
    const { error } = one(events, 'SessionFailed')
    expect(error.code).toBe('ERR_ENGINE_FAILED')
    expect(error.cause).toBeInstanceOf(Error)

    expect(told).toEqual([error])
    expect(engine.failure).toBe(error)
    expect(other.failure).toBe(error)
    expect(one(other.receive(hello()), 'SessionFailed').error).toBe(error)
    expect(codeOf(() => other.submitPing())).toBe('ERR_ENGINE_FAILED')
    expect(other.wantRead).toBe(false)
    expect(other.wantWrite).toBe(true)
    // The last words do not need the engine.
    expect(wire(other.bytesToSend())).toEqual([`GOAWAY ${0x7fffffff} INTERNAL_ERROR`])
    expect(other.wantWrite).toBe(false)
    expect(other.bytesToSend()).toHaveLength(0)
    expect(() => other.dispose()).not.toThrow()

    const next = Session.server()
    expect(next.engine).not.toBe(engine)
    expect(only(next.receive(join(hello(), get(1))), 'RequestReceived')).toHaveLength(1)
  })

  it('is met while sending just as well', () => {
    const engine = new Engine()
    const pair = Pair.open({ server: { engine } })
    pair.server.submitPing()
    corrupt(engine)
    const goaway = pair.client.receive(pair.server.bytesToSend())
    expect(goaway).toMatchObject([{ type: 'GoawayReceived', errorCode: 2 }])
    expect(pair.server.failure?.code).toBe('ERR_ENGINE_FAILED')
    pair.client.submitPing()
    expect(pair.flow().client).toEqual([])
    expect(pair.server.wantWrite).toBe(false)
  })

  it('is met by a verb, which throws it', () => {
    const engine = new Engine()
    const session = Session.server({ engine })
    corrupt(engine)
    const error = errorOf(() => session.submitSettings({ maxConcurrentStreams: 1 }))
    expect(error.code).toBe('ERR_ENGINE_FAILED')
    expect(error.cause).toBeInstanceOf(WebAssembly.RuntimeError)
  })

  it('a handle that is none traps, and is caught', () => {
    const engine = new Engine()
    const session = Session.server({ engine })
    expect(codeOf(() => engine.exports.h2_session_receive(0x7ffffff0, 9, 0, 1))).toBe(
      'ERR_ENGINE_FAILED',
    )
    expect(session.failure?.code).toBe('ERR_ENGINE_FAILED')
    expect(codeOf(() => new HDDeflater(4096, engine))).toBe('ERR_ENGINE_FAILED')
  })

  it('is met by dispose(), which does not throw', () => {
    const engine = new Engine()
    const session = Session.server({ engine })
    corrupt(engine)
    session.dispose()
    expect(engine.failure?.code).toBe('ERR_ENGINE_FAILED')
  })

  it('every listener of a trap is called, except those that were removed', () => {
    const engine = new Engine()
    let told = 0
    engine.onFailure(() => {
      throw new Error('a bug in a listener')
    })
    engine.onFailure(() => told++)
    engine.onFailure(() => told++)()
    codeOf(() => engine.exports.h2_session_del(0x7ffffff0))
    expect(told).toBe(1)
  })
})

describe('a sink that throws', () => {
  it('fails its session, and mixes up nothing in the others', () => {
    const engine = new Engine()
    const broken = Session.server({ engine })
    const sound = Session.server({ engine })
    const thrower = new Proxy(
      {},
      {
        get: () => () => {
          throw new TypeError('a bug in the sink')
        },
      },
    ) as Parameters<Session['feed']>[1]
    // By the static table, whose strings every session shares.
    const indexed = headers(1, Uint8Array.of(0x82, 0x86, 0x84, 0x41, 0x01, 0x78), END_STREAM)
    expect(() => broken.feed(join(hello(), indexed), thrower)).toThrow('a bug in the sink')
    expect(broken.failure?.code).toBe('ERR_SINK_FAILED')

    const [request] = only(sound.receive(join(hello(), indexed)), 'RequestReceived')
    expect(request!.headers).toEqual([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':path', '/'],
      [':authority', 'x'],
    ])
  })
})
