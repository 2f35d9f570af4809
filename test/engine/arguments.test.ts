import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Engine, type HTTP2Error, Session } from '../../src/engine/index.ts'
import { HDDeflater, HDInflater } from '../../src/engine/hpack/index.ts'
import { outcomeOf } from '../support/engine/junk.ts'
import { Pair, one, only, openStream } from '../support/engine/pair.ts'

/** Arguments that are bytes; messages of errors; arguments that must not cause a trap. */

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

/** Values that look like bytes but are not, or not any more. */
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

describe('an argument of the engine is not converted', () => {
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
  ])('%s is accepted as bytes', (_, bytes) => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '200' }, { endStream: false })
    pair.server.sendData(id, bytes as never, true)
    const { client } = pair.flow()
    const data = only(client, 'DataReceived').map((event) => event.data)
    expect(Buffer.concat(data).toString()).toBe('abcdefgh')
    const bytesOut = pair.client.bytesToSend()
    expect(pair.server.receive(bytesOut.slice().buffer as never)).toEqual([])
    // The shortest way copies them at once.
    const short = openStream(pair)
    pair.server.submitShortResponse(short, [':status', '200'], bytes as never)
    const [event] = only(pair.flow().client, 'DataReceived')
    expect(Buffer.from(event!.data).toString()).toBe('abcdefgh')
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
  ])('the error of %s names the value: %s', (_, given, call) => {
    const session = Session.server()
    const error = outcomeOf(() => call(session)) as HTTP2Error
    expect(error.code).toBe('ERR_INVALID_ARGUMENT')
    expect(error.message.replaceAll('"', "'")).toContain(given)
  })

  it.each(noBytes)('%s: each verb refuses it as bytes', (_, value) => {
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

  it('optimized code refuses transferred memory as bytes, too', () => {
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

describe('an exception of an argument is no trap', () => {
  it('it reaches the caller unchanged, and the engine goes on', () => {
    const engine = new Engine()
    const foreign = 1n as never
    expect(() => engine.exports.nw_strerror(foreign)).toThrow(TypeError)
    expect(engine.failure).toBeUndefined()
    const outOfRange = {
      valueOf() {
        throw new RangeError('of the caller')
      },
    }
    expect(() => engine.exports.nw_strerror(outOfRange as never)).toThrow('of the caller')
    expect(engine.failure).toBeUndefined()
    expect(Session.server({ engine }).failure).toBeUndefined()
  })
})
