import { describe, expect, it } from 'vitest'
import { Engine, Session } from '../../src/engine/index.ts'
import { HDDeflater, HDInflater } from '../../src/engine/hpack/index.ts'
import { writeConfig } from '../../src/engine/http2/session-options.ts'
import { codeOf } from '../support/engine/errors.ts'
import { get, hello, join, wire } from '../support/engine/frames.ts'
import { only } from '../support/engine/pair.ts'

/** Makes linear memory of `engine` grow by allocating in it, without a call that any session knows of. */
function grow(engine: Engine): void {
  const before = engine.exports.memory.buffer
  const { h2_session_new } = engine.exports
  writeConfig(engine, true, {})
  while (engine.exports.memory.buffer === before) h2_session_new()
}

/** The same, by what a program does. */
function growBySessions(engine: Engine): Session[] {
  const before = engine.exports.memory.buffer
  const sessions: Session[] = []
  while (engine.exports.memory.buffer === before) sessions.push(Session.server({ engine }))
  return sessions
}

describe('law 6: views outlive no growth of memory', () => {
  it('between receiving and receiving', () => {
    const engine = new Engine()
    const session = Session.server({ engine })
    session.receive(hello())
    grow(engine)
    expect(only(session.receive(get(1)), 'RequestReceived')).toHaveLength(1)
    grow(engine)
    expect(only(session.receive(get(3)), 'RequestReceived')).toHaveLength(1)
  })

  it('between receiving and sending, with a body in both forms', () => {
    const engine = new Engine()
    const session = Session.server({ engine })
    session.receive(join(hello(), get(1), get(3)))
    growBySessions(engine)
    session.submitResponse(1, { ':status': '200' }, { body: new Uint8Array(100).fill(1) })
    growBySessions(engine)
    session.submitResponse(3, { ':status': '200' }, { body: new Uint8Array(5000).fill(2) })
    growBySessions(engine)
    const out = session.bytesToSend()
    expect(wire(out)).toEqual([
      'SETTINGS',
      'SETTINGS ack',
      'HEADERS(1)',
      'HEADERS(3)',
      'DATA(1) 100 end',
      'DATA(3) 5000 end',
    ])
  })

  it('within a call: a body that makes memory grow as it is submitted', () => {
    const engine = new Engine()
    const session = Session.server({ engine })
    const ids = Array.from({ length: 2000 }, (_, i) => 2 * i + 1)
    session.receive(join(hello(), ...ids.map((id) => get(id))))
    const size = engine.exports.memory.buffer.byteLength
    for (const id of ids)
      session.submitResponse(id, { ':status': '200' }, { body: new Uint8Array(4096).fill(7) })
    expect(engine.exports.memory.buffer.byteLength).toBeGreaterThan(size)
    const sent = wire(session.bytesToSend()).filter((line) => line.startsWith('DATA'))
    // The connection's window is 65,535 bytes.
    expect(sent[0]).toBe('DATA(1) 4096 end')
    expect(sent).toHaveLength(16)
  })

  it('between the calls of HPACK and of an engine', () => {
    const engine = new Engine()
    const deflater = new HDDeflater(4096, engine)
    const inflater = new HDInflater(engine)
    grow(engine)
    const block = deflater.deflate([['a', 'b']])
    grow(engine)
    expect(inflater.inflate(block)).toEqual([['a', 'b']])
    grow(engine)
    expect(inflater.getHdTable()).toHaveLength(1)
    grow(engine)
    expect(engine.libraryVersion).toBe('1.70.0')
    grow(engine)
    expect(engine.error(-505, 'x').message).toBe('x: Protocol error')
    grow(engine)
    expect(engine.memoryUsage().size).toBe(engine.exports.memory.buffer.byteLength)
  })
})

describe('linear memory', () => {
  const mebibyte = 1024 * 1024
  const end = 1024 * mebibyte

  it('grows in steps of its own size: each costs Node a collection', () => {
    const engine = new Engine()
    const sessions: Session[] = []
    const sizes = new Set([engine.memoryUsage().size])
    expect(engine.memoryUsage().size).toBeLessThanOrEqual(2 * mebibyte)
    while (engine.memoryUsage().used < 64 * mebibyte) {
      sessions.push(Session.server({ engine }))
      sizes.add(engine.memoryUsage().size)
    }
    expect(sizes.size).toBeLessThan(20)
    expect(engine.memoryUsage().size).toBeLessThan(2 * engine.memoryUsage().used)
    for (const session of sessions) session.dispose()
  })

  it('grows by less near its end, to the last page, and then says NGHTTP2_ERR_NOMEM', () => {
    const engine = new Engine({ memoryLimit: end })
    // Pages that are reserved and not touched: a whole GiB would be slow to fill.
    expect(engine.exports.nw_scratch_reserve(900 * mebibyte)).toBe(0)
    expect(engine.exports.nw_scratch_reserve(1000 * mebibyte)).toBe(-901)
    const sessions: Session[] = []
    const fill = (): void => {
      for (;;) sessions.push(Session.server({ engine }))
    }
    expect(codeOf(fill)).toBe('NGHTTP2_ERR_NOMEM')
    expect(sessions.length).toBeGreaterThan(1000)
    expect(engine.memoryUsage().size).toBeGreaterThan(end - mebibyte)
    expect(engine.failure).toBeUndefined()
    for (const session of sessions.splice(0)) session.dispose()
    expect(engine.memoryUsage().used).toBe(0)
    const again = Session.server({ engine })
    expect(only(again.receive(join(hello(), get(1))), 'RequestReceived')).toHaveLength(1)
  })
})
