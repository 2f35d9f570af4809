import { describe, expect, it } from 'vitest'
import { Session } from '../../../src/engine/index.ts'
import { Pair, one, only, openStream, request } from '../../support/engine/pair.ts'
import { codeOf, errorOf } from '../../support/engine/errors.ts'
import { wire } from '../../support/engine/frames.ts'

const pushed = { ...request, ':path': '/style.css' }

describe('push promise (RFC 9113 §8.4)', () => {
  it('is made, told, answered', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    const promised = pair.server.submitPushPromise(id, pushed)
    expect(promised).toBe(2)
    pair.server.submitResponse(promised, { ':status': '200' }, { body: new Uint8Array(7) })
    pair.server.submitResponse(id, { ':status': '200' })
    const { client, server } = pair.flow()
    expect(one(client, 'PushPromised')).toEqual({
      type: 'PushPromised',
      streamId: id,
      promisedStreamId: promised,
      headers: [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':authority', 'x'],
        [':path', '/style.css'],
      ],
      truncated: false,
    })
    const responses = only(client, 'ResponseReceived')
    expect(responses.map((event) => event.streamId).sort()).toEqual([id, promised])
    expect(one(client, 'DataReceived')).toMatchObject({ streamId: promised })
    expect(only(server, 'StreamClosed')).toHaveLength(2)
  })

  it('with a long body, and with one in pieces and trailers', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    const long = pair.server.submitPushPromise(id, pushed)
    const slow = pair.server.submitPushPromise(id, pushed)
    pair.server.submitResponse(long, { ':status': '200' }, { body: new Uint8Array(20_000) })
    pair.server.submitResponse(slow, { ':status': '200' }, { endStream: false })
    pair.flow()
    pair.server.sendData(slow, Uint8Array.of(1))
    pair.server.submitTrailers(slow, { a: 'b' })
    const { client } = pair.flow()
    expect(one(client, 'DataReceived').data).toEqual(Uint8Array.of(1))
    expect(one(client, 'TrailersReceived').streamId).toBe(slow)
  })

  it('is refused where the client takes none', () => {
    const pair = Pair.open({ client: { settings: { enablePush: false } } })
    const id = openStream(pair)
    const error = errorOf(() => pair.server.submitPushPromise(id, pushed))
    expect(error.code).toBe('NGHTTP2_ERR_PUSH_DISABLED')
    expect(error.streamId).toBe(id)
    expect(error.message).toMatch(/^push promise on stream 1: /)
  })

  it('is refused on a stream that is not there', () => {
    const pair = Pair.open()
    expect(codeOf(() => pair.server.submitPushPromise(1, pushed))).toBe('NGHTTP2_ERR_STREAM_CLOSED')
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '204' })
    pair.flow()
    expect(codeOf(() => pair.server.submitPushPromise(id, pushed))).toBe(
      'NGHTTP2_ERR_STREAM_CLOSED',
    )
  })

  it('a client makes none', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    expect(codeOf(() => pair.client.submitPushPromise(id, pushed))).toBe(
      'NGHTTP2_ERR_INVALID_ARGUMENT',
    )
  })

  it('that cannot be sent any more is reported, and its response too', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    const promised = pair.server.submitPushPromise(id, pushed)
    pair.server.submitResponse(promised, { ':status': '200' }, { body: new Uint8Array(5) })
    const { used } = pair.server.engine.memoryUsage()
    pair.client.submitRstStream(id)
    pair.server.receive(pair.client.bytesToSend())
    const { server, client } = pair.flow()
    const unsent = only(server, 'FrameNotSent')
    expect(unsent.map(({ frameType, promisedStreamId }) => [frameType, promisedStreamId])).toEqual([
      [5, promised],
      [1, 0],
    ])
    expect(unsent[0]!.error.code).toBe('NGHTTP2_ERR_STREAM_CLOSED')
    expect(only(client, 'PushPromised')).toEqual([])
    expect(pair.server.engine.memoryUsage().used).toBeLessThan(used) // the body was let go
  })

  it('a client may cancel it', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    const promised = pair.server.submitPushPromise(id, pushed)
    pair.server.submitResponse(promised, { ':status': '200' }, { body: new Uint8Array(200_000) })
    one(pair.flow().client, 'PushPromised')
    pair.client.submitRstStream(promised, 8)
    expect(one(pair.flow().server, 'StreamClosed')).toMatchObject({
      streamId: promised,
      errorCode: 8,
    })
    expect(pair.server.bufferedAmount(promised)).toBe(0)
  })

  it('beyond the streams a client takes is put off or refused, never sent', () => {
    const pair = Pair.open({ client: { settings: { maxConcurrentStreams: 1 } } })
    const id = openStream(pair)
    const promised = [1, 2, 3].map(() => pair.server.submitPushPromise(id, pushed))
    for (const p of promised)
      pair.server.submitResponse(p, { ':status': '200' }, { endStream: false })
    const sent = wire(pair.server.bytesToSend()).filter((line) => line.startsWith('HEADERS'))
    expect(sent).toEqual([`HEADERS(${promised[0]})`])
  })

  it('is off unless the client asks for it', () => {
    const client = Session.client()
    const server = Session.server()
    server.receive(client.bytesToSend())
    expect(server.setting('remote', 'enablePush')).toBe(0)
    const id = client.submitRequest(request)
    server.receive(client.bytesToSend())
    expect(codeOf(() => server.submitPushPromise(id, request))).toBe('NGHTTP2_ERR_PUSH_DISABLED')
  })
})
