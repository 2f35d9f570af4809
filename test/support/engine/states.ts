// States that a connection can be in, each with something that a session owns there.
import {
  type Engine,
  HTTP2Error,
  type Session,
  type SessionOptions,
} from '../../../src/engine/index.ts'
import { Type, frame, getFields, hpackString, join, literals } from './frames.ts'
import { Pair, openStream, post, request } from './pair.ts'

/** Parts of a state: a connection whose client's windows are shut, and one of its streams. */
export interface Scene extends Pair {
  readonly engine: Engine
  readonly id: number
}

export function sceneOf(
  engine: Engine,
  client: SessionOptions = {},
  server: SessionOptions = {},
): Scene {
  const limits = { maxOutboundAcks: 20 }
  const pair = Pair.open({
    client: { engine, limits, settings: { initialWindowSize: 0 }, ...client },
    server: { engine, limits, ...server },
  })
  return Object.assign(pair, { engine, id: openStream(pair, post) })
}

export const ok = { ':status': '200' }
export const unfinished = { endStream: false }
export const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7)
/** An unknown frame of 100 bytes, of which three have come. */
const halfUnknown = join(Uint8Array.of(0, 0, 100, 0xf1, 0, 0, 0, 0, 0), bytes(3))
const indexed = join(Uint8Array.of(0x40), hpackString('x-kept'), hpackString('v'.repeat(300)))
export const full = { write: () => false, writev: () => false }

export const states: Readonly<Record<string, (scene: Scene) => void>> = {
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

/** A sink that ignores everything. */
export const ignore = new Proxy({} as Parameters<Session['drain']>[1], { get: () => () => {} })

/** Accepts an `HTTP2Error`; another error is a defect. */
export function attempt(verb: () => void): void {
  try {
    verb()
  } catch (error) {
    if (!(error instanceof HTTP2Error)) throw error
  }
}
