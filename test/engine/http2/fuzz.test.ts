import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Engine, Session, type SessionEvent } from '../../../src/engine/index.ts'
import { HDInflater } from '../../../src/engine/hpack/index.ts'
import type { HTTP2Error } from '../../../src/engine/index.ts'
import { get, getFields, hello, join, preface } from '../../support/engine/frames.ts'
import { mutate, mutations } from '../../support/engine/mutations.ts'
import { one } from '../../support/engine/pair.ts'
import { record, serverSettings } from '../../support/engine/recording.ts'

const { up, down } = record()
const engine = new Engine()

/** Feeds `bytes` in pieces, and answers as an application would; nothing of it may throw. */
function live(session: Session, bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) {
    for (const event of session.receive(bytes.subarray(at, at + size), at)) answer(session, event)
    session.bytesToSend()
    if (session.failure) break
  }
  session.events()
  expect(engine.failure).toBeUndefined()
}

function answer(session: Session, event: SessionEvent): void {
  if (session.failure) return
  if (event.type === 'DataReceived') session.consume(event.streamId, event.data.length)
  if (event.type !== 'RequestReceived' || session.streamState(event.streamId) === undefined) return
  session.submitResponse(event.streamId, { ':status': '200' }, { body: new Uint8Array(5000) })
}

describe('random input throws nothing, traps nothing, leaks nothing, and harms no other session', () => {
  const witness = Session.server({ engine })
  witness.receive(hello())
  let witnessed = -1
  const { used } = engine.memoryUsage()

  /** Another session of the engine still does its work. */
  function witnessWorks(): void {
    const id = (witnessed += 2)
    expect(one(witness.receive(get(id)), 'RequestReceived').headers).toEqual(getFields)
    witness.submitResponse(id, { ':status': '204' })
    witness.bytesToSend()
    witness.events()
  }

  it.each([
    ['a server', 2000],
    ['a client', 1000],
  ] as const)(
    '%s, with mutated connections',
    (who, numRuns) => {
      let runs = 0
      fc.assert(
        fc.property(mutations, fc.integer({ min: 1, max: 5000 }), (changes, size) => {
          const options = { engine, settings: serverSettings }
          const session = who === 'a server' ? Session.server(options) : clientOf()
          live(session, mutate(who === 'a server' ? up : down, changes), size)
          session.dispose()
          if (++runs % 50 === 0) witnessWorks()
        }),
        { numRuns },
      )
      witness.bytesToSend()
      expect(engine.memoryUsage().used - used).toBeLessThan(20_000) // the witness has grown a little
    },
    120_000,
  )

  function clientOf(): Session {
    const session = Session.client({ engine, settings: { initialWindowSize: 200_000 } })
    for (let i = 0; i < 4; i++) session.submitRequest(getFields)
    session.bytesToSend()
    return session
  }

  it('a server, with garbage behind the preface', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const session = Session.server({ engine })
        live(session, join(preface, bytes), 64)
        session.dispose()
      }),
      { numRuns: 2000 },
    )
    witnessWorks()
  })

  it('a server, with frames of garbage', () => {
    const frames = fc.array(
      fc.record({
        type: fc.oneof(fc.nat(16), fc.nat(255)),
        flags: fc.nat(255),
        streamId: fc.oneof(fc.nat(9), fc.nat(0x7fffffff)),
        payload: fc.uint8Array({ maxLength: 60 }),
      }),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(frames, (list) => {
        const bytes = list.map(({ type, flags, streamId, payload }) => {
          const head = new DataView(new ArrayBuffer(9))
          head.setUint8(2, payload.length)
          head.setUint8(3, type)
          head.setUint8(4, flags)
          head.setUint32(5, streamId)
          return join(new Uint8Array(head.buffer), payload)
        })
        const session = Session.server({ engine })
        live(session, join(hello(), get(1), ...bytes), 1000)
        session.dispose()
      }),
      { numRuns: 2000 },
    )
    witnessWorks()
  })

  it('an HPACK decoder, with garbage: fields, or a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (block) => {
        using inflater = new HDInflater(engine)
        try {
          for (const [name, value] of inflater.inflate(block)) {
            expect(typeof name + typeof value).toBe('stringstring')
          }
        } catch (error) {
          expect((error as HTTP2Error).code).toBe('NGHTTP2_ERR_HEADER_COMP')
        }
      }),
      { numRuns: 3000 },
    )
    witnessWorks()
  })
})
