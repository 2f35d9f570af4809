import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Engine, HTTP2Error, Session } from '../../src/engine/index.ts'
import { HDDeflater, HDInflater } from '../../src/engine/hpack.ts'
import { Pair, one, only, openStream, post, request } from './support/pair.ts'

/** A caller's mistake is the caller's error: it is told by name, nothing is converted, and the engine lives. */

const throwing = new Proxy(
  {},
  {
    get() {
      throw new Error('a getter of the caller')
    },
    ownKeys() {
      throw new Error('a trap of the caller')
    },
  },
)

function detached(length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  return bytes
}

/** Memory that was made smaller under a view of it, as far as the runtime has such memory. */
function outOfBounds(): Uint8Array {
  const Resizable = ArrayBuffer as new (length: number, options: object) => ArrayBuffer
  const buffer = new Resizable(16, { maxByteLength: 16 }) as ArrayBuffer & {
    resize(length: number): void
  }
  const bytes = new Uint8Array(buffer, 8, 8)
  buffer.resize(4)
  return bytes
}

/** What could be taken for bytes and is none, or none any more. */
const noBytes: readonly (readonly [string, unknown])[] = [
  ['detached bytes', detached(8)],
  ['a view beyond the end of its memory', outOfBounds()],
  ['a Proxy of bytes', new Proxy(new Uint8Array(8), {})],
  ['an object with the prototype of bytes', Object.create(Uint8Array.prototype)],
  ['an object with the prototype of a buffer', Object.create(ArrayBuffer.prototype)],
  ['an object that says it is a buffer', { [Symbol.toStringTag]: 'ArrayBuffer', length: 8, 0: 1 }],
  ['a throwing Proxy', throwing],
  ['a Blob', new Blob(['x'])],
  ['a list of numbers', [1, 2, 3]],
]

const junk: readonly (readonly [string, unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['true', true],
  ['1n', 1n],
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-1', -1],
  ['1.5', 1.5],
  ['2 ** 31', 2 ** 31],
  ['2 ** 32', 2 ** 32],
  ["'1'", '1'],
  ["'x'", 'x'],
  ['Symbol()', Symbol('x')],
  ['{}', {}],
  ['[]', []],
  ['[[5, 5]]', [[5, 5]]],
  ['a function', () => {}],
  ['a list with holes', Array.from({ length: 3 }).fill(undefined)],
  ['bytes of another realm', runInNewContext('new Uint8Array(8)')],
  // Without those that throw by themselves when they are iterated, as a list of fields is.
  ...noBytes.filter(([, value]) => ArrayBuffer.isView(value) || !(value instanceof Uint8Array)),
]

/** What a wrong argument may lead to; the library's own are of a state, not of a type. */
const legal =
  /^(ERR_INVALID_(ARGUMENT|SETTING|FIELD_NAME|FIELD_VALUE)|NGHTTP2_ERR_(?!NOMEM|CALLBACK_FAILURE|INTERNAL).*)$/

type Call = (session: Session, value: never, id: number) => unknown

/** Every verb and question, each argument in turn. */
const calls: Record<string, Call> = {
  'receive(bytes)': (session, value) => session.receive(value),
  'receive(now)': (session, value) => session.receive(new Uint8Array(0), value),
  'bytesToSend(most)': (session, value) => session.bytesToSend(value),
  'bytesToSend(now)': (session, value) => session.bytesToSend(1000, value),
  'handleTimeout(now)': (session, value) => session.handleTimeout(value),
  'submitRequest(headers)': (session, value) => session.submitRequest(value),
  'submitRequest(options)': (session, value) => session.submitRequest(request, value),
  'submitRequest(body)': (session, value) => session.submitRequest(post, { body: value }),
  'submitRequest(endStream)': (session, value) => session.submitRequest(post, { endStream: value }),
  'submitResponse(streamId)': (session, value) =>
    session.submitResponse(value, { ':status': '200' }),
  'submitResponse(headers)': (session, value, id) => session.submitResponse(id, value),
  'submitResponse(field value)': (session, value, id) =>
    session.submitResponse(id, { ':status': '200', x: value }),
  'submitInformational(streamId)': (session, value) =>
    session.submitInformational(value, { ':status': '103' }),
  'submitInformational(headers)': (session, value, id) => session.submitInformational(id, value),
  'sendData(streamId)': (session, value) => session.sendData(value, 'x'),
  'sendData(endStream)': (session, value, id) => session.sendData(id, 'x', value),
  'submitRequest(halfClose)': (session, value) => session.submitRequest(post, { halfClose: value }),
  'submitShortResponse(streamId)': (session, value) =>
    session.submitShortResponse(value, [':status', '200'], 'x'),
  'submitShortResponse(fields)': (session, value, id) =>
    session.submitShortResponse(id, value, 'x'),
  'submitShortResponse(body)': (session, value, id) =>
    session.submitShortResponse(id, [':status', '200'], value),
  'submitResponseFields(streamId)': (session, value) =>
    session.submitResponseFields(value, [':status', '200'], {}),
  'submitPing(ack)': (session, value) => session.submitPing(new Uint8Array(8), value),
  'terminate(errorCode)': (session, value) => session.terminate(value),
  'upgrade(settings)': (session, value) => session.upgrade(value),
  'upgrade(headRequest)': (session, value) => session.upgrade(new Uint8Array(0), value),
  'changePriority(ignoreClient)': (session, value, id) =>
    session.changePriority(id, { urgency: 1, incremental: false }, value),
  'HDDeflater(engine)': (_, value) => new HDDeflater(4096, value).dispose(),
  'HDInflater(engine)': (_, value) => new HDInflater(value).dispose(),
  'onFailure(listener)': (session, value) => session.engine.onFailure(value)(),
  'Session.server(options)': (_, value) => Session.server(value).dispose(),
  'Session.server(now)': (_, value) => Session.server({ now: value }).dispose(),
  'Session.client(settings)': (_, value) => Session.client({ settings: value }).dispose(),
  'sendData(chunk)': (session, value, id) => session.sendData(id, value),
  'submitTrailers(streamId)': (session, value) => session.submitTrailers(value, { a: 'b' }),
  'submitTrailers(headers)': (session, value, id) => session.submitTrailers(id, value),
  'submitPushPromise(streamId)': (session, value) => session.submitPushPromise(value, request),
  'submitPushPromise(headers)': (session, value, id) => session.submitPushPromise(id, value),
  'submitRstStream(streamId)': (session, value) => session.submitRstStream(value),
  'submitRstStream(errorCode)': (session, value) => session.submitRstStream(999_999, value),
  'submitSettings(settings)': (session, value) => session.submitSettings(value),
  'submitSettings(value)': (session, value) => session.submitSettings({ maxFrameSize: value }),
  'submitSettings(flag)': (session, value) =>
    session.submitSettings({ noRfc7540Priorities: value }),
  'submitSettings(other)': (session, value) => session.submitSettings({ other: value }),
  'submitPing(opaqueData)': (session, value) => session.submitPing(value),
  'submitGoaway(lastStreamId)': (session, value) => session.submitGoaway(0, value),
  'submitGoaway(debugData)': (session, value) => session.submitGoaway(0, 0, value),
  'submitWindowUpdate(streamId)': (session, value) => session.submitWindowUpdate(value, 1),
  'submitWindowUpdate(increment)': (session, value) => session.submitWindowUpdate(0, value),
  'setLocalWindowSize(streamId)': (session, value) => session.setLocalWindowSize(value, 70_000),
  'setLocalWindowSize(size)': (session, value) => session.setLocalWindowSize(0, value),
  'consume(streamId)': (session, value) => session.consume(value, 1),
  'consume(length)': (session, value, id) => session.consume(id, value),
  'consumeConnection(length)': (session, value) => session.consumeConnection(value),
  'submitPriorityUpdate(streamId)': (session, value) => session.submitPriorityUpdate(value, 'u=1'),
  'submitPriorityUpdate(value)': (session, value, id) => session.submitPriorityUpdate(id, value),
  'submitAltsvc(streamId)': (session, value) => session.submitAltsvc(value, 'https://a', 'h2=":1"'),
  'submitAltsvc(origin)': (session, value) => session.submitAltsvc(0, value, 'h2=":1"'),
  'submitAltsvc(value)': (session, value) => session.submitAltsvc(0, 'https://a', value),
  'submitOrigin(origins)': (session, value) => session.submitOrigin(value),
  'submitOrigin(origin)': (session, value) => session.submitOrigin([value]),
  'submitUnknownFrame(type)': (session, value) =>
    session.submitUnknownFrame(value, 0, 0, new Uint8Array(1)),
  'submitUnknownFrame(flags)': (session, value) =>
    session.submitUnknownFrame(0xee, value, 0, new Uint8Array(1)),
  'submitUnknownFrame(streamId)': (session, value) =>
    session.submitUnknownFrame(0xee, 0, value, new Uint8Array(1)),
  'submitUnknownFrame(payload)': (session, value) => session.submitUnknownFrame(0xee, 0, 0, value),
  'packSettings(settings)': (session, value) => session.packSettings(value),
  'priority(streamId)': (session, value) => session.priority(value),
  'changePriority(streamId)': (session, value) =>
    session.changePriority(value, { urgency: 1, incremental: false }),
  'changePriority(priority)': (session, value, id) => session.changePriority(id, value),
  'changePriority(urgency)': (session, value, id) =>
    session.changePriority(id, { urgency: value, incremental: false }),
  'changePriority(incremental)': (session, value, id) =>
    session.changePriority(id, { urgency: 1, incremental: value }),
  'remoteWindowSize(streamId)': (session, value) => session.remoteWindowSize(value),
  'localWindowSize(streamId)': (session, value) => session.localWindowSize(value),
  'unacknowledgedLength(streamId)': (session, value) => session.unacknowledgedLength(value),
  'streamState(streamId)': (session, value) => session.streamState(value),
  'setting(side)': (session, value) => session.setting(value, 'maxFrameSize'),
  'setting(name)': (session, value) => session.setting('local', value),
  'deflate(headers)': (_, value) => new HDDeflater().deflate(value),
  'deflate(value)': (_, value) => new HDDeflater().deflate([['a', value]]),
  'HDDeflater(maxTableSize)': (_, value) => new HDDeflater(value).dispose(),
  'changeTableSize(size)': (_, value) => new HDDeflater().changeTableSize(value),
  'inflate(block)': (_, value) => new HDInflater().inflate(value),
}

function outcomeOf(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return error
  }
}

describe.each(Object.entries(calls))('%s', (_, call) => {
  it.each(junk)('with %s does something legal, or says what is wrong', (name, value) => {
    const pair = Pair.open()
    const id = openStream(pair, post)
    const error = outcomeOf(() => call(pair.server, value as never, id))
    if (error !== undefined && !/caller/.test(String(error))) {
      expect(error).toBeInstanceOf(HTTP2Error)
      expect((error as HTTP2Error).code, name).toMatch(legal)
    }
    expect(pair.server.engine.failure).toBeUndefined()
    // The same engine still carries a conversation.
    const next = Pair.open()
    const streamId = openStream(next)
    next.server.submitResponse(streamId, { ':status': '200' }, { body: new Uint8Array(3) })
    expect(one(next.flow().client, 'StreamEnded').streamId).toBe(streamId)
    next.dispose()
    pair.dispose()
  })
})

describe('nothing is converted in silence', () => {
  const text = new TextEncoder().encode('abcdefgh')

  it.each([
    ['an ArrayBuffer', text.slice().buffer],
    ['a DataView', new DataView(text.buffer)],
    ['a view of other elements', new Uint16Array(text.slice().buffer)],
    [
      'an array of another realm',
      runInNewContext('Uint8Array.from({ length: 8 }, (_, i) => 97 + i)'),
    ],
    [
      'an ArrayBuffer of another realm',
      runInNewContext('Uint8Array.from({ length: 8 }, (_, i) => 97 + i).buffer'),
    ],
  ])('%s is bytes', (_, bytes) => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '200' }, { endStream: false })
    pair.server.sendData(id, bytes as never, true)
    const { client } = pair.flow()
    const data = only(client, 'DataReceived').map((event) => event.data)
    expect(Buffer.concat(data).toString()).toBe('abcdefgh')
    const bytesOut = pair.client.bytesToSend()
    expect(pair.server.receive(bytesOut.slice().buffer as never)).toEqual([])
  })

  it.each([
    [
      'submitRstStream',
      "'CANCEL'",
      (session: Session) => session.submitRstStream(1, 'CANCEL' as never),
    ],
    ['sendData', "'1'", (session: Session) => session.sendData('1' as never, 'x')],
    ['sendData', 'an object', (session: Session) => session.sendData(1, new Blob(['x']) as never)],
    ['changeTableSize', 'NaN', () => new HDDeflater().changeTableSize(NaN)],
    [
      'changePriority',
      '1n',
      (session: Session) => session.changePriority(1, { urgency: 1n as never, incremental: false }),
    ],
  ])('%s says what it was given: %s', (_, given, call) => {
    const session = Session.server()
    const error = outcomeOf(() => call(session)) as HTTP2Error
    expect(error.code).toBe('ERR_INVALID_ARGUMENT')
    expect(error.message.replaceAll('"', "'")).toContain(given)
  })

  it.each(noBytes)('%s: no verb takes it for bytes', (_, value) => {
    const given = value as Uint8Array
    const session = Session.server()
    for (const call of [
      () => session.receive(given),
      () => session.sendData(1, given),
      () => session.submitPing(given),
      () => session.submitUnknownFrame(0xee, 0, 0, given),
      () => session.submitGoaway(0, 0, given),
      () => session.submitShortResponse(1, [':status', '200'], given),
      () => session.upgrade(given),
      () => new HDInflater().inflate(given),
      () => new HDDeflater().deflate([['a', given]]),
    ]) {
      expect(outcomeOf(call)).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
    }
  })

  it('what was transferred is none to optimized code, either', () => {
    const session = Session.server()
    const others = [new Uint8Array(8), new Uint8Array(0), new DataView(new ArrayBuffer(8))]
    const gone = detached(8)
    let taken = 0
    for (let i = 0; i < 20_000; i++) {
      for (const given of [...others, ...noBytes.map(([, value]) => value)]) {
        outcomeOf(() => session.receive(given as Uint8Array))
      }
      if (outcomeOf(() => session.receive(gone)) === undefined) taken++
    }
    expect(taken).toBe(0)
  })

  it('null is not the default', () => {
    const error = outcomeOf(() => Session.server({ now: null as never }))
    expect(error).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
  })

  it('more origins than a call takes arguments are an error of their frame', () => {
    const origins = Array.from({ length: 200_000 }, () => 'https://a.example')
    const error = outcomeOf(() => Session.server().submitOrigin(origins))
    expect(error).toMatchObject({ code: 'NGHTTP2_ERR_INVALID_ARGUMENT' })
  })

  it('a list of fields that throws midway leaves the session as it was', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    function* fields(): Generator<[string, string]> {
      yield [':status', '200']
      throw new Error('midway')
    }
    expect(() => pair.server.submitResponse(id, fields())).toThrow('midway')
    pair.server.submitResponse(id, { ':status': '204' })
    expect(one(pair.flow().client, 'ResponseReceived').headers).toEqual([[':status', '204']])
  })
})

describe('what is no trap', () => {
  it('passes as what it is, and the engine lives', () => {
    const engine = new Engine()
    const foreign = 1n as never
    expect(() => engine.exports.h2_strerror(foreign)).toThrow(TypeError)
    expect(engine.failure).toBeUndefined()
    const outOfRange = {
      valueOf() {
        throw new RangeError('of the caller')
      },
    }
    expect(() => engine.exports.h2_strerror(outOfRange as never)).toThrow('of the caller')
    expect(engine.failure).toBeUndefined()
    expect(Session.server({ engine }).failure).toBeUndefined()
  })
})
