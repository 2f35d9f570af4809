import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HDDeflater, HDInflater } from '../../src/engine/hpack/index.ts'
import { Engine, HTTP2Error, Session, type SessionOptions } from '../../src/engine/index.ts'
import { Type, frame, hpackString, join, settings } from '../support/engine/frames.ts'
import { type Pair, openStream, post } from '../support/engine/pair.ts'
import {
  attempt,
  bytes,
  full,
  ignore,
  ok,
  sceneOf,
  states,
  unfinished,
} from '../support/engine/states.ts'

/** Ways in which sessions end. */
const ends: Readonly<Record<string, (scene: Pair) => void>> = {
  'is disposed of': () => {},
  'is disposed of with half of its output taken': ({ server, client }) => {
    for (const session of [server, client]) session.drain(full, ignore, 100)
  },
  'fails, and is disposed of': ({ server, client }) => {
    const ping = frame(Type.PING, 0, 0, bytes(8))
    const flood = join(...Array.from({ length: 50 }, () => ping))
    for (const session of [server, client]) session.receive(flood)
  },
  'fails, says its last words, and is disposed of': ({ server, client }) => {
    const ping = frame(Type.PING, 0, 0, bytes(8))
    const flood = join(...Array.from({ length: 50 }, () => ping))
    for (const session of [server, client]) {
      session.receive(flood)
      session.bytesToSend()
    }
  },
  'has said all, and is disposed of': (pair) => {
    pair.flow()
  },
}

describe('all that a session owns goes back', () => {
  for (const [end, finish] of Object.entries(ends)) {
    describe(`when it ${end}`, () => {
      it.each(Object.entries(states))('%s', (_, bring) => {
        const engine = new Engine()
        const { used } = engine.memoryUsage()
        const scene = sceneOf(engine, {}, { settings: { maxConcurrentStreams: 2 } })
        expect(engine.memoryUsage().used).toBeGreaterThan(used)
        bring(scene)
        finish(scene)
        scene.dispose()
        expect(engine.failure).toBeUndefined()
        expect(engine.memoryUsage().used).toBe(used)
      })
    })
  }

  it('of a stream that ends: its piece, its trailers', () => {
    const engine = new Engine()
    const scene = sceneOf(engine)
    scene.flow()
    const life = (): void => {
      const id = openStream(scene, post)
      scene.server.submitResponse(id, ok, unfinished)
      scene.server.sendData(id, bytes(1000))
      scene.server.submitTrailers(id, { 'x-sum': '1' })
      scene.flow()
      scene.client.submitRstStream(id)
      scene.flow()
    }
    for (let i = 0; i < 3; i++) life()
    const { used } = engine.memoryUsage()
    for (let i = 0; i < 100; i++) life()
    expect(engine.memoryUsage().used).toBe(used)
    scene.dispose()
  })

  it('of an upgrade', () => {
    const engine = new Engine()
    const { used } = engine.memoryUsage()
    const client = Session.client({ engine })
    const server = Session.server({ engine })
    const payload = client.packSettings({ initialWindowSize: 0 })
    client.upgrade(payload)
    server.upgrade(payload)
    server.submitResponse(1, ok, unfinished)
    server.sendData(1, bytes(1000))
    server.receive(client.bytesToSend())
    client.receive(server.bytesToSend())
    client.dispose()
    server.dispose()
    expect(engine.memoryUsage().used).toBe(used)
  })

  it('of sessions that could not be made', () => {
    const engine = new Engine()
    const { used } = engine.memoryUsage()
    const wrong: SessionOptions[] = [
      { settings: { maxFrameSize: 100 } },
      { connectionWindowSize: 2 ** 31 },
      ...Array.from({ length: 120 }, (_, i) => ({ limits: { maxSessionMemory: 1 + 250 * i } })),
    ]
    let failed = 0
    for (const options of wrong) {
      for (const make of [Session.server, Session.client]) {
        try {
          make({ engine, ...options }).dispose()
        } catch (error) {
          if (!(error instanceof HTTP2Error)) throw error
          failed++
        }
        expect(engine.memoryUsage().used).toBe(used)
      }
    }
    expect(failed).toBeGreaterThan(20)
  })

  it('of HPACK coders, made or not', () => {
    for (let memoryLimit = 1; memoryLimit < 20_000; memoryLimit += 250) {
      const engine = new Engine({ memoryLimit })
      const coders: { dispose(): void }[] = []
      attempt(() => {
        const deflater = new HDDeflater(4096, engine)
        coders.push(deflater)
        const inflater = new HDInflater(engine)
        coders.push(inflater)
        const fields = [['x-kept', 'v'.repeat(300)]] as const
        for (let i = 0; i < 3; i++) inflater.inflate(deflater.deflate(fields))
        deflater.changeTableSize(100)
        inflater.inflate(deflater.deflate([['a', 'b'.repeat(50)]]))
        inflater.inflate(join(Uint8Array.of(0x40), hpackString('x')))
      })
      for (const coder of coders) coder.dispose()
      expect(engine.memoryUsage().used).toBe(0)
    }
  })

  it('after any walk through these states', () => {
    const bringers = Object.values(states)
    const finishers = Object.values(ends)
    const step = fc.record({ bring: fc.nat(bringers.length - 1), flows: fc.boolean() })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 12 }),
        fc.nat(finishers.length - 1),
        fc.constantFrom(0, 1000, 100_000),
        (steps, end, window) => {
          const engine = new Engine()
          const scene = sceneOf(engine, { settings: { initialWindowSize: window } })
          for (const { bring, flows } of steps) {
            attempt(() => bringers[bring]!(scene))
            if (flows) scene.flow()
            attempt(() => Object.assign(scene, { id: openStream(scene, post) }))
          }
          finishers[end]!(scene)
          scene.dispose()
          expect(engine.failure).toBeUndefined()
          expect(engine.memoryUsage().used).toBe(0)
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('settings of a peer', () => {
  it('that change nothing take no memory', () => {
    const engine = new Engine()
    const scene = sceneOf(engine)
    const { used } = engine.memoryUsage()
    for (let i = 0; i < 50; i++) {
      scene.server.receive(settings([4, 0], [3, 100]))
      scene.server.bytesToSend()
    }
    expect(engine.memoryUsage().used).toBe(used)
    scene.dispose()
  })
})
