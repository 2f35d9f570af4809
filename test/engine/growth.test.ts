import { describe, expect, it } from 'vitest'
import { Engine, Session } from '../../src/engine/index.ts'
import { HDDeflater, HDInflater } from '../../src/engine/hpack.ts'
import { writeConfig } from '../../src/engine/session-options.ts'
import { get, hello, join, wire } from './support/frames.ts'
import { only } from './support/pair.ts'

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
