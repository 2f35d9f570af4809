import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HDDeflater, HDInflater } from '../../src/engine/hpack.ts'
import { Engine, HTTP2Error, Session, type SessionOptions } from '../../src/engine/index.ts'
import { Type, frame, getFields, hpackString, join, literals, settings } from './support/frames.ts'
import { Pair, openStream, post, request } from './support/pair.ts'

/** What a state is made of: a connection whose client lets nothing of a body through, and one of its streams. */
interface Scene extends Pair {
  readonly engine: Engine
  readonly id: number
}

function sceneOf(engine: Engine, client: SessionOptions = {}, server: SessionOptions = {}): Scene {
  const limits = { maxOutboundAcks: 20 }
  const pair = Pair.open({
    client: { engine, limits, settings: { initialWindowSize: 0 }, ...client },
    server: { engine, limits, ...server },
  })
  return Object.assign(pair, { engine, id: openStream(pair, post) })
}

const ok = { ':status': '200' }
const unfinished = { endStream: false }
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7)
/** An unknown frame of 100 bytes, of which three have come. */
const halfUnknown = join(Uint8Array.of(0, 0, 100, 0xf1, 0, 0, 0, 0, 0), bytes(3))
const indexed = join(Uint8Array.of(0x40), hpackString('x-kept'), hpackString('v'.repeat(300)))
const full = { write: () => false, writev: () => false }

const states: Readonly<Record<string, (scene: Scene) => void>> = {
  'nothing but an open stream': () => {},
  'a held body that waits for a window': ({ server, id }) => {
    server.submitResponse(id, ok, { body: bytes(3000) })
  },
  'a credit that waits for a window': ({ server, id }) => {
    server.submitResponse(id, ok, { body: bytes(100_000) })
  },
  'a body that is deferred': (scene) => {
    scene.server.submitResponse(scene.id, ok, unfinished)
    scene.flow()
  },
  'a piece that waits': (scene) => {
    scene.server.submitResponse(scene.id, ok, unfinished)
    scene.server.sendData(scene.id, bytes(1000))
    scene.flow()
  },
  'a piece that was not asked for yet': ({ server, id }) => {
    server.submitResponse(id, ok, unfinished)
    server.sendData(id, bytes(1000))
  },
  'a piece that has grown': (scene) => {
    scene.server.submitResponse(scene.id, ok, unfinished)
    for (let i = 0; i < 5; i++) scene.server.sendData(scene.id, bytes(200))
    scene.flow()
  },
  'a piece half sent': (scene) => {
    scene.client.submitWindowUpdate(scene.id, 400)
    scene.server.submitResponse(scene.id, ok, unfinished)
    scene.server.sendData(scene.id, bytes(1000))
    scene.flow()
  },
  'a piece all sent': (scene) => {
    scene.client.submitWindowUpdate(scene.id, 4000)
    scene.server.submitResponse(scene.id, ok, unfinished)
    scene.server.sendData(scene.id, bytes(1000))
    scene.flow()
    scene.server.sendData(scene.id, bytes(900))
  },
  'trailers behind a body that waits': (scene) => {
    scene.server.submitResponse(scene.id, ok, unfinished)
    scene.server.sendData(scene.id, bytes(1000))
    scene.server.submitTrailers(scene.id, { 'x-sum': '1' })
    scene.flow()
  },
  'trailers behind a held body': (scene) => {
    scene.server.submitResponse(scene.id, ok, { body: bytes(1000) })
    scene.server.submitTrailers(scene.id, { 'x-sum': '1' })
    scene.flow()
  },
  'trailers that nghttp2 has, not sent': (scene) => {
    scene.server.submitResponse(scene.id, ok, unfinished)
    scene.flow()
    scene.server.submitTrailers(scene.id, { 'x-sum': '1' })
    scene.server.bytesToSend(1)
  },
  'a tunnel with one end closed': (scene) => {
    const { client, server, id } = scene
    server.submitResponse(id, ok, { endStream: false, halfClose: true })
    client.submitWindowUpdate(id, 10)
    server.sendData(id, bytes(10), true)
    scene.flow()
    client.sendData(id, bytes(1000))
  },
  'a promised stream with its response': (scene) => {
    const promised = scene.server.submitPushPromise(scene.id, request)
    scene.server.submitResponse(promised, ok, { body: bytes(100) })
    scene.flow()
  },
  'a promise without a response': (scene) => {
    scene.server.submitPushPromise(scene.id, request)
    scene.flow()
  },
  'a promise that is not sent, its stream was reset': (scene) => {
    const { client, server, id } = scene
    const promised = server.submitPushPromise(id, request)
    server.submitResponse(promised, ok, unfinished)
    server.sendData(promised, bytes(500))
    client.submitRstStream(id)
    server.receive(client.bytesToSend())
    scene.flow()
  },
  'a promise that the client refuses': (scene) => {
    const promised = scene.server.submitPushPromise(scene.id, request)
    scene.server.submitResponse(promised, ok, { body: bytes(100) })
    scene.flow()
    scene.client.submitRstStream(promised)
    scene.flow()
  },
  'a response on a stream that is not there': (scene) => {
    scene.server.submitResponse(2, ok, { body: bytes(100) })
    scene.flow()
  },
  'a response on a stream that is not there, not sent': ({ server }) => {
    server.submitResponse(2, ok, { body: bytes(100) })
  },
  'two responses on a stream': (scene) => {
    scene.server.submitResponse(scene.id, ok, { body: bytes(100) })
    attempt(() => scene.server.submitResponse(scene.id, ok, { body: bytes(200) }))
    scene.flow()
  },
  'a response queued on a stream that is reset': (scene) => {
    scene.server.submitResponse(scene.id, ok, { body: bytes(100) })
    scene.server.submitRstStream(scene.id)
    scene.flow()
  },
  'requests beyond what the server takes at once': (scene) => {
    for (let i = 0; i < 5; i++) scene.client.submitRequest(post, { body: bytes(100) })
    scene.flow()
  },
  'requests that wait when the server goes away': (scene) => {
    for (let i = 0; i < 5; i++) scene.client.submitRequest(post, { body: bytes(100) })
    scene.server.submitGoaway()
    scene.flow()
  },
  'a request that is reset before it is sent': (scene) => {
    const id = scene.client.submitRequest(post, unfinished)
    scene.client.sendData(id, bytes(100))
    scene.client.submitRstStream(id)
    scene.flow()
  },
  'a request with a piece of its body, not sent': ({ client }) => {
    client.sendData(client.submitRequest(post, unfinished), bytes(100))
  },
  'an unknown frame queued': ({ server, client }) => {
    server.submitUnknownFrame(0xf0, 0, 0, bytes(1000))
    client.submitUnknownFrame(0xf0, 0, 0, bytes(1000))
  },
  'unknown frames sent, one of a stream that is gone': (scene) => {
    scene.server.submitRstStream(scene.id)
    scene.server.submitUnknownFrame(0xf0, 0, scene.id, bytes(1000))
    scene.server.submitUnknownFrame(0xf0, 0, 0, bytes(1000))
    scene.flow()
  },
  'unknown frames queued behind the last GOAWAY': (scene) => {
    scene.server.terminate()
    scene.server.submitUnknownFrame(0xf0, 0, 0, bytes(1000))
    scene.flow()
    attempt(() => scene.server.submitUnknownFrame(0xf0, 0, 0, bytes(1000)))
  },
  'an unknown frame half received': ({ server, client }) => {
    server.receive(halfUnknown)
    client.receive(halfUnknown)
  },
  'an unknown frame that does not fit the memory': (scene) => {
    scene.server.receive(frame(0xf1, 0, 0, bytes(16_384)))
  },
  'a header block half received': ({ server }) => {
    server.receive(frame(Type.HEADERS, 0, 3, join(literals(...getFields), indexed)))
  },
  'a field half received': ({ server }) => {
    server.receive(frame(Type.HEADERS, 4, 3, join(literals(...getFields), indexed)).subarray(0, 90))
  },
  'fields in the tables, and in the string cache': (scene) => {
    scene.server.receive(frame(Type.HEADERS, 5, 3, join(literals(...getFields), indexed)))
    scene.server.receive(
      frame(Type.HEADERS, 5, 5, join(literals(...getFields), Uint8Array.of(0xbe))),
    )
  },
  'a malformed header block': ({ server }) => {
    server.receive(frame(Type.HEADERS, 5, 3, join(literals(...getFields, ['Bad', 'v']), indexed)))
  },
  'DATA half received': ({ server, id }) => {
    server.receive(frame(Type.DATA, 0, id, bytes(1000)).subarray(0, 300))
  },
  'frames half received that nghttp2 buffers': ({ server, client }) => {
    server.receive(frame(Type.GOAWAY, 0, 0, bytes(100)).subarray(0, 50))
    client.receive(frame(Type.ALTSVC, 0, 0, bytes(100)).subarray(0, 50))
  },
  'PING, SETTINGS, GOAWAY, ALTSVC and ORIGIN queued': ({ server, client }) => {
    for (const session of [server, client]) {
      session.submitPing()
      session.submitSettings({ maxConcurrentStreams: 3 })
      session.submitGoaway(0, 0, 'debug')
      session.submitWindowUpdate(0, 100)
    }
    server.submitShutdownNotice()
    server.submitAltsvc(0, 'http://x', 'h2=":1"')
    server.submitOrigin(['https://a', 'https://b'])
  },
  'output that found no room': ({ server }) => {
    for (let i = 0; i < 20; i++) server.submitUnknownFrame(0xf0, 0, 0, bytes(16_384))
    server.drain(full, ignore, 1 << 20)
  },
  'output half taken': ({ server, client }) => {
    for (const session of [server, client]) {
      for (let i = 0; i < 5; i++) session.submitPing()
      session.drain(full, ignore, 10)
    }
  },
  '1xx responses queued': ({ server, id }) => {
    for (let i = 0; i < 3; i++) server.submitInformational(id, { ':status': '103', link: '</x>' })
  },
  'a priority update queued, and one received': (scene) => {
    scene.client.submitPriorityUpdate(scene.id, 'u=1')
    scene.client.submitPriorityUpdate(scene.id + 2, 'u=1')
    scene.flow()
    scene.client.submitPriorityUpdate(scene.id, 'u=2, i')
  },
  'windows changed, bytes consumed': (scene) => {
    scene.client.sendData(scene.id, bytes(1000))
    scene.flow()
    scene.server.consume(scene.id, 500)
    scene.server.setLocalWindowSize(0, 1 << 20)
    scene.server.setLocalWindowSize(scene.id, 1 << 20)
  },
  'terminated, and the last words sent': (scene) => {
    scene.server.submitResponse(scene.id, ok, { body: bytes(100) })
    scene.server.terminate()
    scene.flow()
  },
  'terminated in the middle of a frame': ({ server }) => {
    server.receive(halfUnknown)
    server.terminate()
    server.receive(bytes(97))
  },
}

/** What a session sees is of no interest here. */
const ignore = new Proxy({} as Parameters<Session['drain']>[1], { get: () => () => {} })

/** An error of ours is an answer; another is a fault. */
function attempt(verb: () => void): void {
  try {
    verb()
  } catch (error) {
    if (!(error instanceof HTTP2Error)) throw error
  }
}

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
