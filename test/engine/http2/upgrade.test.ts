import { describe, expect, it } from 'vitest'
import { Session } from '../../../src/engine/index.ts'
import { Type, framesOf, wire } from '../../support/engine/frames.ts'
import { one, only, request } from '../../support/engine/pair.ts'
import { codeOf } from '../../support/engine/errors.ts'

const settings = { initialWindowSize: 100_000, maxConcurrentStreams: 5, enablePush: false }

describe('packSettings', () => {
  it('is the payload of a SETTINGS frame', () => {
    const client = Session.client({ settings })
    const [frame] = framesOf(client.bytesToSend())
    expect(frame!.type).toBe(Type.SETTINGS)
    const pair = (id: number, value: Uint8Array): string => `${id}=${value.join('.')}`
    const entries = (bytes: Uint8Array): string[] =>
      Array.from({ length: bytes.length / 6 }, (_, i) =>
        pair(bytes[6 * i + 1]!, bytes.subarray(6 * i + 2, 6 * i + 6)),
      )
    expect(entries(client.packSettings(settings)).sort()).toEqual(entries(frame!.payload).sort())
    expect(client.packSettings({})).toHaveLength(0)
  })
})

describe('upgrade from HTTP/1.1 to h2c (RFC 7540 §3.2)', () => {
  /** Both ends after the 101, with the request as stream 1. */
  function upgraded(headRequest = false): { client: Session; server: Session } {
    const client = Session.client({ settings })
    const payload = client.packSettings(settings)
    client.upgrade(payload, headRequest)
    const server = Session.server()
    server.upgrade(payload, headRequest)
    return { client, server }
  }

  function flow({
    client,
    server,
  }: {
    client: Session
    server: Session
  }): ReturnType<Session['events']> {
    const seen: ReturnType<Session['events']> = []
    for (let i = 0; i < 5; i++) {
      server.receive(client.bytesToSend())
      seen.push(...client.receive(server.bytesToSend()))
    }
    return seen
  }

  it('the request is stream 1, half closed', () => {
    const { client, server } = upgraded()
    expect(server.streamState(1)).toBe('remoteClosed')
    expect(client.streamState(1)).toBe('localClosed')
    expect(client.nextStreamId).toBe(3)
  })

  it('the settings of the field are in force', () => {
    const { server } = upgraded()
    expect(server.remoteWindowSize(1)).toBe(100_000)
    expect(server.setting('remote', 'enablePush')).toBe(0)
    expect(codeOf(() => server.submitPushPromise(1, request))).toBe('NGHTTP2_ERR_PUSH_DISABLED')
  })

  it('the answer comes on stream 1, and further requests are welcome', () => {
    const ends = upgraded()
    ends.server.submitResponse(1, { ':status': '200' }, { body: new Uint8Array(80_000) })
    const seen = flow(ends)
    expect(one(seen, 'ResponseReceived').streamId).toBe(1)
    const length = only(seen, 'DataReceived').reduce((sum, { data }) => sum + data.length, 0)
    expect(length).toBe(65_535) // the connection's window
    ends.client.consume(1, length)
    one(flow(ends), 'StreamClosed')

    ends.client.submitRequest({
      ':method': 'GET',
      ':scheme': 'http',
      ':authority': 'x',
      ':path': '/',
    })
    flow(ends)
    ends.server.submitResponse(3, { ':status': '204' })
    expect(one(flow(ends), 'ResponseReceived').streamId).toBe(3)
  })

  it('of a HEAD request: content-length without a body is no error', () => {
    const ends = upgraded(true)
    ends.server.submitResponse(1, { ':status': '200', 'content-length': '5' })
    const seen = flow(ends)
    expect(one(seen, 'StreamClosed').errorCode).toBe(0)
  })

  it('is refused twice, with a wrong payload, or once streams are open', () => {
    const { client, server } = upgraded()
    for (const session of [client, server]) {
      expect(codeOf(() => session.upgrade(new Uint8Array()))).toBe('NGHTTP2_ERR_PROTO')
    }
    expect(codeOf(() => Session.server().upgrade(new Uint8Array(5)))).toBe(
      'NGHTTP2_ERR_INVALID_ARGUMENT',
    )
  })

  it('expectPreface false: where the 24 bytes were read already', () => {
    const client = Session.client()
    const bytes = client.bytesToSend()
    const server = Session.server({ expectPreface: false })
    const events = server.receive(bytes.subarray(24))
    expect(one(events, 'SettingsReceived').settings).toEqual({ enablePush: false })
    expect(wire(server.bytesToSend())).toEqual(['SETTINGS', 'SETTINGS ack'])
  })
})
