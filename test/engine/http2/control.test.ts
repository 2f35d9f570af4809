import { describe, expect, it } from 'vitest'
import { ErrorCode, Session } from '../../../src/engine/index.ts'
import { ACK, Type, frame, get, hello, join, settings, wire } from '../../support/engine/frames.ts'
import { Pair, one, only, openStream, post, request } from '../../support/engine/pair.ts'
import { codeOf } from '../../support/engine/errors.ts'

describe('SETTINGS (RFC 9113 §6.5)', () => {
  const ours = {
    headerTableSize: 8192,
    maxConcurrentStreams: 50,
    initialWindowSize: 100_000,
    maxFrameSize: 32_768,
    maxHeaderListSize: 20_000,
    noRfc7540Priorities: true,
  }

  it('go both ways and are acknowledged', () => {
    const pair = new Pair({
      client: { settings: { ...ours, enablePush: false } },
      server: { settings: { ...ours, enableConnectProtocol: true, other: { 0x42: 7 } } },
    })
    const { client, server } = pair.flow()
    expect(one(server, 'SettingsReceived').settings).toEqual({ ...ours, enablePush: false })
    expect(one(client, 'SettingsReceived').settings).toEqual({
      ...ours,
      enableConnectProtocol: true,
      other: { 0x42: 7 },
    })
    one(server, 'SettingsAcknowledged')
    one(client, 'SettingsAcknowledged')
  })

  it('setting() tells those in force: the defaults first, ours when acknowledged', () => {
    const pair = new Pair({ server: { settings: ours } })
    expect(pair.server.setting('local', 'initialWindowSize')).toBe(65_535)
    expect(pair.client.setting('remote', 'initialWindowSize')).toBe(65_535)
    expect(pair.client.setting('remote', 'enablePush')).toBe(1)
    expect(pair.client.setting('remote', 'maxFrameSize')).toBe(16_384)
    expect(pair.client.setting('remote', 'maxHeaderListSize')).toBe(0xffffffff)
    pair.flow()
    for (const side of ['local', 'remote'] as const) {
      const session = side === 'local' ? pair.server : pair.client
      expect(session.setting(side, 'initialWindowSize')).toBe(100_000)
      expect(session.setting(side, 'headerTableSize')).toBe(8192)
      expect(session.setting(side, 'maxConcurrentStreams')).toBe(50)
      expect(session.setting(side, 'maxHeaderListSize')).toBe(20_000)
      expect(session.setting(side, 'noRfc7540Priorities')).toBe(1)
    }
  })

  it('can change later', () => {
    const pair = Pair.open()
    pair.server.submitSettings({ maxConcurrentStreams: 3 })
    const { client, server } = pair.flow()
    expect(one(client, 'SettingsReceived').settings).toEqual({ maxConcurrentStreams: 3 })
    one(server, 'SettingsAcknowledged')
    expect(pair.client.setting('remote', 'maxConcurrentStreams')).toBe(3)
  })

  it.each([
    { initialWindowSize: 2 ** 31 },
    { initialWindowSize: -1 },
    { maxFrameSize: 16_383 },
    { maxFrameSize: 2 ** 24 },
    { maxConcurrentStreams: 2 ** 32 },
    { maxConcurrentStreams: 1.5 },
    { headerTableSize: NaN },
    { other: { 0x10000: 1 } },
    { other: { 0x42: -1 } },
  ])('out of range are refused: %o', (wrong) => {
    expect(codeOf(() => Session.server({ settings: wrong }))).toBe('ERR_INVALID_SETTING')
    const { used } = Session.server().engine.memoryUsage()
    expect(codeOf(() => Session.client({ settings: wrong }))).toBe('ERR_INVALID_SETTING')
    expect(codeOf(() => Session.server().packSettings(wrong))).toBe('ERR_INVALID_SETTING')
    expect(Session.server().engine.memoryUsage().used - used).toBeLessThan(100_000)
  })

  it('a session that is refused leaves nothing behind', () => {
    const { engine } = Session.server()
    const { used } = engine.memoryUsage()
    for (let i = 0; i < 100; i++) codeOf(() => Session.server({ settings: { maxFrameSize: 1 } }))
    expect(engine.memoryUsage().used).toBe(used)
  })

  it('more of them than a frame or a region holds are not sent, and hurt nothing', () => {
    const other = Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [i + 100, i]))
    const server = Session.server()
    server.submitSettings({ other })
    expect(wire(server.bytesToSend())).toEqual(['SETTINGS']) // the first
    expect(one(server.events(), 'FrameNotSent').error.code).toBe('NGHTTP2_ERR_FRAME_SIZE_ERROR')
    expect(only(server.receive(join(hello(), get(1))), 'RequestReceived')).toHaveLength(1)
  })

  it('bound the streams a client opens', () => {
    const pair = Pair.open({ server: { settings: { maxConcurrentStreams: 2 } } })
    const ids = [1, 2, 3].map(() => pair.client.submitRequest(request))
    expect(only(pair.flow().server, 'RequestReceived').map((event) => event.streamId)).toEqual([
      1, 3,
    ])
    pair.server.submitResponse(1, { ':status': '204' })
    expect(only(pair.flow().server, 'RequestReceived').map((event) => event.streamId)).toEqual([
      ids[2],
    ])
  })

  it('peerMaxConcurrentStreams does so before the server has spoken', () => {
    const client = Session.client({ peerMaxConcurrentStreams: 2 })
    for (let i = 0; i < 5; i++) client.submitRequest(request)
    expect(wire(client.bytesToSend())).toEqual(['SETTINGS', 'HEADERS(1) end', 'HEADERS(3) end'])
  })
})

describe('the acknowledgement of SETTINGS in time (RFC 9113 §6.5.3)', () => {
  it('ends the session with SETTINGS_TIMEOUT when it does not come', () => {
    const session = Session.server({ settingsTimeout: 5000, now: 1000 })
    expect(session.nextTimeout()).toBe(6000)
    session.receive(hello(), 2000)
    expect(session.nextTimeout()).toBe(6000)
    session.handleTimeout(5999)
    expect(wire(session.bytesToSend())).not.toContain('GOAWAY 0 SETTINGS_TIMEOUT')
    session.handleTimeout(6000)
    expect(wire(session.bytesToSend())).toEqual(['GOAWAY 0 SETTINGS_TIMEOUT'])
    expect(session.nextTimeout()).toBeUndefined()
    expect(session.wantRead).toBe(false)
  })

  it('each frame has its own deadline, in order', () => {
    const session = Session.server({ settingsTimeout: 1000, now: 0 })
    session.receive(hello(), 500)
    session.submitSettings({ maxConcurrentStreams: 9 })
    expect(session.nextTimeout()).toBe(1000)
    session.receive(frame(Type.SETTINGS, ACK), 600)
    expect(session.nextTimeout()).toBe(1500)
    session.receive(frame(Type.SETTINGS, ACK), 700)
    expect(session.nextTimeout()).toBeUndefined()
  })

  it('can be off', () => {
    expect(Session.server({ settingsTimeout: 0 }).nextTimeout()).toBeUndefined()
  })
})

describe('PING (RFC 9113 §6.7)', () => {
  const eight = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

  it('is answered by the engine', () => {
    const pair = Pair.open()
    pair.client.submitPing(eight)
    const { client, server } = pair.flow()
    expect(one(server, 'PingReceived').opaqueData).toEqual(eight)
    expect(one(client, 'PingAcknowledged').opaqueData).toEqual(eight)
  })

  it('is answered by hand where autoPingAck is off', () => {
    const pair = Pair.open({ server: { autoPingAck: false } })
    pair.client.submitPing(eight)
    const first = pair.flow()
    one(first.server, 'PingReceived')
    expect(only(first.client, 'PingAcknowledged')).toEqual([])
    pair.server.submitPing(eight, true)
    expect(one(pair.flow().client, 'PingAcknowledged').opaqueData).toEqual(eight)
  })

  it('carries eight bytes, neither more nor fewer', () => {
    const { client } = Pair.open()
    expect(codeOf(() => client.submitPing(new Uint8Array(7)))).toBe('ERR_INVALID_ARGUMENT')
    client.submitPing()
    expect(client.outboundQueueSize).toBe(1)
  })
})

describe('the end of a connection', () => {
  it('GOAWAY with code and debug data (RFC 9113 §6.8)', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitGoaway(ErrorCode.ENHANCE_YOUR_CALM, id, 'enough')
    const { client, server } = pair.flow()
    const goaway = one(client, 'GoawayReceived')
    expect(goaway).toMatchObject({ lastStreamId: id, errorCode: 11 })
    expect(new TextDecoder().decode(goaway.debugData)).toBe('enough')
    expect(one(server, 'GoawaySent')).toEqual({
      type: 'GoawaySent',
      lastStreamId: id,
      errorCode: 11,
    })
    expect(pair.client.isRequestAllowed).toBe(false)
  })

  it('streams below it are served to their end, those above are closed as refused', () => {
    const pair = Pair.open()
    const served = openStream(pair)
    const late = pair.client.submitRequest(request)
    const lateBytes = pair.client.bytesToSend()
    pair.server.submitGoaway()
    const client = pair.client.receive(pair.server.bytesToSend())
    expect(one(client, 'GoawayReceived').lastStreamId).toBe(served)
    expect(one(client, 'StreamClosed')).toMatchObject({ streamId: late, errorCode: 7 })
    expect(only(pair.server.receive(lateBytes), 'RequestReceived')).toEqual([])
    pair.server.submitResponse(served, { ':status': '200' })
    const rest = pair.flow()
    one(rest.client, 'ResponseReceived')
    for (const session of [pair.client, pair.server]) {
      expect([session.wantRead, session.wantWrite]).toEqual([false, false])
    }
  })

  it('a shutdown notice lets requests on their way in', () => {
    const pair = Pair.open()
    const id = pair.client.submitRequest(request)
    const onTheWay = pair.client.bytesToSend()
    pair.server.submitShutdownNotice()
    const notice = one(pair.client.receive(pair.server.bytesToSend()), 'GoawayReceived')
    expect(notice).toMatchObject({ lastStreamId: 2 ** 31 - 1, errorCode: 0 })
    expect(one(pair.server.receive(onTheWay), 'RequestReceived').streamId).toBe(id)
    pair.server.submitGoaway()
    pair.server.submitResponse(id, { ':status': '204' })
    expect(one(pair.flow().client, 'GoawayReceived').lastStreamId).toBe(id)
    expect(pair.server.wantRead).toBe(false)
  })

  it('a client has no shutdown notice', () => {
    expect(codeOf(() => Session.client().submitShutdownNotice())).toBe('NGHTTP2_ERR_INVALID_STATE')
  })

  it('terminate ends it at once', () => {
    const pair = Pair.open()
    openStream(pair, post)
    pair.server.terminate(ErrorCode.INADEQUATE_SECURITY)
    expect(pair.server.wantWrite).toBe(true)
    const sent = pair.server.bytesToSend()
    expect(wire(sent)).toEqual(['GOAWAY 1 INADEQUATE_SECURITY'])
    expect([pair.server.wantRead, pair.server.wantWrite]).toEqual([false, false])
    one(pair.server.events(), 'GoawaySent')
    expect(pair.server.receive(get(3))).toEqual([])
    expect(pair.server.bytesToSend()).toHaveLength(0)
  })
})

describe('RST_STREAM (RFC 9113 §6.4)', () => {
  it('ends a stream for both', () => {
    const pair = Pair.open()
    const id = openStream(pair, post)
    pair.client.submitRstStream(id)
    const { client, server } = pair.flow()
    expect(server.map((event) => event.type)).toEqual(['StreamReset', 'StreamClosed'])
    expect(one(server, 'StreamReset')).toMatchObject({ streamId: id, errorCode: ErrorCode.CANCEL })
    expect(one(client, 'StreamClosed')).toMatchObject({ streamId: id, errorCode: ErrorCode.CANCEL })
  })

  it('drops what was queued, held or spliced', () => {
    const pair = Pair.open()
    const [a, b] = [openStream(pair), openStream(pair)]
    pair.server.submitResponse(a, { ':status': '200' }, { body: new Uint8Array(100) })
    pair.server.submitResponse(b, { ':status': '200' }, { body: new Uint8Array(100_000) })
    pair.server.submitRstStream(a, ErrorCode.INTERNAL_ERROR)
    pair.server.submitRstStream(b, ErrorCode.INTERNAL_ERROR)
    expect(wire(pair.server.bytesToSend())).toEqual([
      `RST_STREAM(${a}) INTERNAL_ERROR`,
      `RST_STREAM(${b}) INTERNAL_ERROR`,
    ])
    pair.flow()
    expect(pair.server.bufferedAmount(b)).toBe(0)
  })

  it('in the middle of a body that had begun to go out', () => {
    const pair = Pair.open({
      client: { settings: { initialWindowSize: 1_000_000 }, connectionWindowSize: 1_000_000 },
    })
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '200' }, { body: new Uint8Array(500_000) })
    pair.client.receive(pair.server.bytesToSend(30_000))
    pair.client.submitRstStream(id)
    pair.server.receive(pair.client.bytesToSend())
    expect(wire(pair.server.bytesToSend())).toEqual([])
    const next = openStream(pair)
    pair.server.submitResponse(next, { ':status': '200' }, { body: new Uint8Array(10) })
    expect(wire(pair.server.bytesToSend())).toEqual([`HEADERS(${next})`, `DATA(${next}) 10 end`])
  })
})

describe('wantRead, wantWrite', () => {
  it('follow what there is to do', () => {
    const session = Session.server()
    expect([session.wantRead, session.wantWrite]).toEqual([true, true]) // SETTINGS
    session.bytesToSend()
    expect([session.wantRead, session.wantWrite]).toEqual([true, false])
    session.receive(join(hello(), settings()))
    expect(session.wantWrite).toBe(true) // acknowledgements
    session.bytesToSend()
    session.submitPing()
    expect([session.outboundQueueSize, session.wantWrite]).toEqual([1, true])
  })
})
