import { describe, expect, it } from 'vitest'
import { HTTP2Error, Session } from '../../../src/engine/index.ts'
import { HDDeflater, HDInflater } from '../../../src/engine/hpack/index.ts'
import { IgnoringSink } from '../../../src/engine/ignoring-sink.ts'
import { CallerError, junk, outcomeOf } from '../../support/engine/junk.ts'
import { Pair, one, openStream, post, request } from '../../support/engine/pair.ts'

/** An invalid argument throws an error that names it; no value is converted, and the engine goes on. */

type Takes = (value: unknown) => boolean
const proxies = new Set(
  Object.entries(junk).flatMap(([name, value]) => (name.includes('Proxy') ? [value] : [])),
)
const nothing: Takes = () => false
const absence: Takes = (value) => value === undefined
const aCode: Takes = (value) => value === undefined || value === 2 ** 31
const aSize: Takes = (value) => value === undefined || value === 2 ** 31
const aTime: Takes = (value) =>
  value === undefined || (Number.isFinite(value) && Number(value) >= 0)
const aBoolean: Takes = (value) => value === undefined || typeof value === 'boolean'
const aText: Takes = (value) => typeof value === 'string'
const textOrAbsence: Takes = (value) => value === undefined || typeof value === 'string'
/** A number stands for its text. */
const aValue: Takes = (value) =>
  typeof value === 'string' || typeof value === 'number' || aList(value)
/** Whether a Proxy is an instance, or a list, only its own code says. */
const instanceOrAbsence: Takes = (value) => value === undefined || proxies.has(value)
const instance: Takes = (value) => proxies.has(value)
const aList: Takes = (value) => proxies.has(value) || Array.isArray(value)
const anObject: Takes = (value) => typeof value === 'object' && value !== null
const objectOrAbsence: Takes = (value) => value === undefined || anObject(value)

type Call = (session: Session, value: never, id: number) => unknown

const sink = new IgnoringSink()
const output = { write: () => true, writev: () => true }
const noBytes = new Uint8Array(0)
const byte = new Uint8Array(1)
const ok = { ':status': '200' }
const early = { ':status': '103' }
const okFields = [':status', '200']

function upgraded(call: (session: Session) => void): void {
  using session = Session.server()
  call(session)
}

/** Every method, each argument in turn, with the invalid values that it accepts. */
const calls: Readonly<Record<string, readonly [takes: Takes, call: Call]>> = {
  'receive(bytes)': [nothing, (session, value) => session.receive(value)],
  'receive(now)': [aTime, (session, value) => session.receive(noBytes, value)],
  'feed(bytes)': [nothing, (session, value) => session.feed(value, sink)],
  'feed(sink)': [anObject, (session, value) => session.feed(noBytes, value)],
  'feed(now)': [aTime, (session, value) => session.feed(noBytes, sink, value)],
  'feed(mostRequests)': [aSize, (session, value) => session.feed(noBytes, sink, 0, value)],
  'drain(output)': [anObject, (session, value) => session.drain(value, sink)],
  'drain(sink)': [anObject, (session, value) => session.drain(output, value)],
  'drain(most)': [absence, (session, value) => session.drain(output, sink, value)],
  'drain(now)': [aTime, (session, value) => session.drain(output, sink, 1000, value)],
  'bytesToSend(most)': [absence, (session, value) => session.bytesToSend(value)],
  'bytesToSend(now)': [aTime, (session, value) => session.bytesToSend(1000, value)],
  'handleTimeout(now)': [
    (value) => value !== undefined && aTime(value),
    (session, value) => session.handleTimeout(value),
  ],
  'abandon(error)': [instance, (session, value) => session.abandon(value)],
  'bufferedAmount(streamId)': [nothing, (session, value) => session.bufferedAmount(value)],
  'forgetBody(streamId)': [nothing, (session, value) => session.forgetBody(value)],

  'submitRequest(headers)': [anObject, (session, value) => session.submitRequest(value)],
  'submitRequest(options)': [
    objectOrAbsence,
    (session, value) => session.submitRequest(request, value),
  ],
  'submitRequest(body)': [
    absence,
    (session, value) => session.submitRequest(post, { body: value }),
  ],
  'submitRequest(endStream)': [
    aBoolean,
    (session, value) => session.submitRequest(post, { endStream: value }),
  ],
  'submitRequest(halfClose)': [
    aBoolean,
    (session, value) => session.submitRequest(post, { halfClose: value }),
  ],
  'submitResponse(streamId)': [nothing, (session, value) => session.submitResponse(value, ok)],
  'submitResponse(headers)': [anObject, (session, value, id) => session.submitResponse(id, value)],
  'submitResponse(a pair)': [
    aList,
    (session, value, id) => session.submitResponse(id, [[':status', '200'], value]),
  ],
  'submitResponse(a pair of an iterable)': [
    aList,
    (session, value, id) => session.submitResponse(id, new Set([[':status', '200'], value])),
  ],
  'submitResponse(a name)': [
    aText,
    (session, value, id) =>
      session.submitResponse(id, [
        [':status', '200'],
        [value, 'x'],
      ]),
  ],
  'submitResponse(a value)': [
    aValue,
    (session, value, id) => session.submitResponse(id, { ':status': '200', x: value }),
  ],
  'submitResponse(one of several values)': [
    aValue,
    (session, value, id) => session.submitResponse(id, { ':status': '200', x: [value] }),
  ],
  'submitResponse(body)': [
    absence,
    (session, value, id) => session.submitResponse(id, ok, { body: value }),
  ],
  'submitResponse(body, to be continued)': [
    absence,
    (session, value, id) => session.submitResponse(id, ok, { body: value, endStream: false }),
  ],
  'submitShortResponse(streamId)': [
    nothing,
    (session, value) => session.submitShortResponse(value, okFields, 'x'),
  ],
  'submitShortResponse(fields)': [
    aList,
    (session, value, id) => session.submitShortResponse(id, value, 'x'),
  ],
  'submitShortResponse(a value)': [
    aText,
    (session, value, id) => session.submitShortResponse(id, [...okFields, 'x', value], 'x'),
  ],
  'submitShortResponse(a name without a value)': [
    nothing,
    (session, value, id) => session.submitShortResponse(id, [...okFields, value], 'x'),
  ],
  'submitShortResponse(body)': [
    aText,
    (session, value, id) => session.submitShortResponse(id, okFields, value),
  ],
  'submitResponseFields(streamId)': [
    nothing,
    (session, value) => session.submitResponseFields(value, okFields, {}),
  ],
  'submitResponseFields(fields)': [
    aList,
    (session, value, id) => session.submitResponseFields(id, value, {}),
  ],
  'submitResponseFields(options)': [
    objectOrAbsence,
    (session, value, id) => session.submitResponseFields(id, okFields, value),
  ],
  'submitInformational(streamId)': [
    nothing,
    (session, value) => session.submitInformational(value, early),
  ],
  'submitInformational(headers)': [
    anObject,
    (session, value, id) => session.submitInformational(id, value),
  ],
  'sendData(streamId)': [nothing, (session, value) => session.sendData(value, 'x')],
  'sendData(chunk)': [
    aText,
    (session, value, id) => {
      session.submitResponse(id, ok, { endStream: false })
      session.sendData(id, value)
    },
  ],
  'sendData(endStream)': [
    aBoolean,
    (session, value, id) => {
      session.submitResponse(id, ok, { endStream: false })
      session.sendData(id, 'x', value)
    },
  ],
  'submitTrailers(streamId)': [
    nothing,
    (session, value) => session.submitTrailers(value, { a: 'b' }),
  ],
  'submitTrailers(headers)': [anObject, (session, value, id) => session.submitTrailers(id, value)],
  'submitPushPromise(streamId)': [
    nothing,
    (session, value) => session.submitPushPromise(value, request),
  ],
  'submitPushPromise(headers)': [
    anObject,
    (session, value, id) => session.submitPushPromise(id, value),
  ],
  'submitRstStream(streamId)': [nothing, (session, value) => session.submitRstStream(value)],
  'submitRstStream(errorCode)': [aCode, (session, value, id) => session.submitRstStream(id, value)],

  'submitSettings(settings)': [anObject, (session, value) => session.submitSettings(value)],
  'submitSettings(a value)': [
    absence,
    (session, value) => session.submitSettings({ maxFrameSize: value }),
  ],
  'submitSettings(a flag)': [
    aBoolean,
    (session, value) => session.submitSettings({ noRfc7540Priorities: value }),
  ],
  'submitSettings(other)': [
    objectOrAbsence,
    (session, value) => session.submitSettings({ other: value }),
  ],
  'submitSettings(a value of other)': [
    (value) => value === 2 ** 31,
    (session, value) => session.submitSettings({ other: { 0xf000: value } }),
  ],
  'packSettings(settings)': [anObject, (session, value) => session.packSettings(value)],
  'submitPing(opaqueData)': [absence, (session, value) => session.submitPing(value)],
  'submitPing(ack)': [aBoolean, (session, value) => session.submitPing(new Uint8Array(8), value)],
  'submitGoaway(errorCode)': [aCode, (session, value) => session.submitGoaway(value)],
  'submitGoaway(lastStreamId)': [absence, (session, value) => session.submitGoaway(0, value)],
  'submitGoaway(debugData)': [textOrAbsence, (session, value) => session.submitGoaway(0, 0, value)],
  'terminate(errorCode)': [aCode, (session, value) => session.terminate(value)],
  'submitWindowUpdate(streamId)': [
    nothing,
    (session, value) => session.submitWindowUpdate(value, 1),
  ],
  'submitWindowUpdate(increment)': [
    nothing,
    (session, value) => session.submitWindowUpdate(0, value),
  ],
  'setLocalWindowSize(streamId)': [
    nothing,
    (session, value) => session.setLocalWindowSize(value, 70_000),
  ],
  'setLocalWindowSize(size)': [nothing, (session, value) => session.setLocalWindowSize(0, value)],
  'consume(streamId)': [nothing, (session, value) => session.consume(value, 1)],
  'consume(length)': [nothing, (session, value, id) => session.consume(id, value)],
  'discard(streamId)': [nothing, (session, value) => session.discard(value, 1)],
  'discard(length)': [nothing, (session, value, id) => session.discard(id, value)],
  'submitPriorityUpdate(streamId)': [
    nothing,
    (session, value) => session.submitPriorityUpdate(value, 'u=1'),
  ],
  'submitPriorityUpdate(value)': [
    aText,
    (session, value, id) => session.submitPriorityUpdate(id, value),
  ],
  'submitAltsvc(streamId)': [
    nothing,
    (session, value) => session.submitAltsvc(value, 'https://a', 'h2=":1"'),
  ],
  'submitAltsvc(origin)': [aText, (session, value) => session.submitAltsvc(0, value, 'h2=":1"')],
  'submitAltsvc(value)': [aText, (session, value) => session.submitAltsvc(0, 'https://a', value)],
  'submitOrigin(origins)': [aList, (session, value) => session.submitOrigin(value)],
  'submitOrigin(an origin)': [aText, (session, value) => session.submitOrigin([value])],
  'submitUnknownFrame(frameType)': [
    nothing,
    (session, value) => session.submitUnknownFrame(value, 0, 0, byte),
  ],
  'submitUnknownFrame(flags)': [
    nothing,
    (session, value) => session.submitUnknownFrame(0xee, value, 0, byte),
  ],
  'submitUnknownFrame(streamId)': [
    nothing,
    (session, value) => session.submitUnknownFrame(0xee, 0, value, byte),
  ],
  'submitUnknownFrame(payload)': [
    nothing,
    (session, value) => session.submitUnknownFrame(0xee, 0, 0, value),
  ],
  'upgrade(settings)': [nothing, (_, value) => upgraded((session) => session.upgrade(value))],
  'upgrade(headRequest)': [
    aBoolean,
    (_, value) => upgraded((session) => session.upgrade(noBytes, value)),
  ],
  'priority(streamId)': [nothing, (session, value) => session.priority(value)],
  'changePriority(streamId)': [
    nothing,
    (session, value) => session.changePriority(value, { urgency: 1, incremental: false }),
  ],
  'changePriority(priority)': [anObject, (session, value, id) => session.changePriority(id, value)],
  'changePriority(urgency)': [
    nothing,
    (session, value, id) => session.changePriority(id, { urgency: value, incremental: false }),
  ],
  'changePriority(incremental)': [
    aBoolean,
    (session, value, id) => session.changePriority(id, { urgency: 1, incremental: value }),
  ],
  'changePriority(ignoreClient)': [
    aBoolean,
    (session, value, id) => session.changePriority(id, { urgency: 1, incremental: true }, value),
  ],
  'remoteWindowSize(streamId)': [absence, (session, value) => session.remoteWindowSize(value)],
  'localWindowSize(streamId)': [absence, (session, value) => session.localWindowSize(value)],
  'unacknowledgedLength(streamId)': [
    absence,
    (session, value) => session.unacknowledgedLength(value),
  ],
  'streamState(streamId)': [nothing, (session, value) => session.streamState(value)],
  'setting(side)': [nothing, (session, value) => session.setting(value, 'maxFrameSize')],
  'setting(name)': [nothing, (session, value) => session.setting('local', value)],

  'Session.server(options)': [objectOrAbsence, (_, value) => Session.server(value).dispose()],
  'Session.server(now)': [aTime, (_, value) => Session.server({ now: value }).dispose()],
  'Session.client(settings)': [
    objectOrAbsence,
    (_, value) => Session.client({ settings: value }).dispose(),
  ],
  'onFailure(listener)': [
    (value) => typeof value === 'function',
    (session, value) => session.engine.onFailure(value)(),
  ],
  'HDDeflater(maxTableSize)': [aSize, (_, value) => new HDDeflater(value).dispose()],
  'HDDeflater(engine)': [instanceOrAbsence, (_, value) => new HDDeflater(4096, value).dispose()],
  'HDInflater(engine)': [instanceOrAbsence, (_, value) => new HDInflater(value).dispose()],
  'deflate(headers)': [
    (value) => anObject(value) || typeof value === 'function',
    (_, value) => new HDDeflater().deflate(value),
  ],
  'deflate(a pair)': [aList, (_, value) => new HDDeflater().deflate([value])],
  'deflate(a name)': [aText, (_, value) => new HDDeflater().deflate([[value, 'a']])],
  'deflate(a value)': [aText, (_, value) => new HDDeflater().deflate([['a', value]])],
  'changeTableSize(size) of an encoder': [
    (value) => value === 2 ** 31,
    (_, value) => new HDDeflater().changeTableSize(value),
  ],
  'changeTableSize(size) of a decoder': [
    (value) => value === 2 ** 31,
    (_, value) => new HDInflater().changeTableSize(value),
  ],
  'inflate(block)': [nothing, (_, value) => new HDInflater().inflate(value)],
}

const invalid = /^ERR_INVALID_(ARGUMENT|SETTING|FIELD_NAME|FIELD_VALUE)$/
/** Of a state, not of a type. */
const ofState = /^(?:NGHTTP2_ERR_(?!NOMEM|CALLBACK_FAILURE|INTERNAL)|ERR_INVALID_MESSAGE$)/

/** The defect of a call's result; `undefined` where there is none. */
function faultOf(error: unknown, name: string, isTaken: boolean): string | undefined {
  if (error instanceof HTTP2Error) {
    return invalid.test(error.code) || (isTaken && ofState.test(error.code))
      ? undefined
      : error.code
  }
  if (!isTaken) return error === undefined ? 'was taken' : `${error}`
  const isOwn = error instanceof CallerError || (error instanceof TypeError && /Proxy/.test(name))
  return error === undefined || isOwn ? undefined : `${error}`
}

/** The engine still carries a conversation. */
function serves(pair: Pair): boolean {
  const id = openStream(pair)
  pair.server.submitResponse(id, ok, { body: new Uint8Array(3) })
  return one(pair.flow().client, 'StreamEnded').streamId === id
}

describe('a piece of junk is taken for what it is, or named', () => {
  it.each(Object.entries(calls))('%s', (_, [takes, call]) => {
    const beside = Pair.open()
    const faults: string[] = []
    for (const [name, value] of Object.entries(junk)) {
      const pair = Pair.open()
      const id = openStream(pair, post)
      const error = outcomeOf(() => call(pair.server, value as never, id))
      const fault = faultOf(error, name, takes(value))
      if (fault !== undefined) faults.push(`${name}: ${fault}`)
      if (pair.server.failure) faults.push(`${name}: the session failed`)
      if (!serves(beside)) faults.push(`${name}: the engine serves no more`)
      pair.dispose()
    }
    expect(faults).toEqual([])
    expect(beside.server.engine.failure).toBeUndefined()
    beside.dispose()
  })
})
