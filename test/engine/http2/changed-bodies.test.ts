import { describe, expect, it } from 'vitest'
import { ErrorCode, HTTP2Error, Session, type SessionEvent } from '../../../src/engine/index.ts'
import { OutgoingBody } from '../../../src/engine/http2/outgoing.ts'
import { Pair, one, only, openStream, post } from '../../support/engine/pair.ts'

/*
 * A body is kept by reference until it is sent. A change of its buffer in that time ends the stream and nothing else:
 * frames keep the length that they announce, and no client takes the body for complete.
 */

const KiB = 1024

function detach(bytes: Uint8Array): void {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] })
}

function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251)
}

function answer(pair: Pair, id: number, body: Uint8Array, endStream = true): void {
  pair.server.submitResponse(id, { ':status': '200' }, { body, endStream })
}

/** All but one stream go on: the body that comes on it is whole. */
function expectOther(pair: Pair, id: number): void {
  const body = patterned(200 * KiB)
  answer(pair, id, body)
  const { client } = flowAndConsume(pair)
  const received = only(client, 'DataReceived').filter(({ streamId }) => streamId === id)
  expect(Buffer.concat(received.map(({ data }) => data)).equals(body)).toBe(true)
  expect(one(client, 'StreamEnded').streamId).toBe(id)
}

function flowAndConsume(pair: Pair): { client: SessionEvent[]; server: SessionEvent[] } {
  const all: { client: SessionEvent[]; server: SessionEvent[] } = { client: [], server: [] }
  for (;;) {
    const { client, server } = pair.flow()
    all.client.push(...client)
    all.server.push(...server)
    const data = only(client, 'DataReceived')
    if (data.length === 0) return all
    for (const { streamId, data: bytes } of data) pair.client.consume(streamId, bytes.length)
  }
}

it('compiled code that has met resizable buffers notices the transfer of a body', () => {
  const resizable = Reflect.construct(ArrayBuffer, [2 * KiB, { maxByteLength: 4 * KiB }])
  let missed = 0
  for (let i = 0; i < 50_000; i++) {
    const body = new OutgoingBody()
    const isTransferred = i % 100 === 0
    const chunk = new Uint8Array(i % 2 === 0 ? 2 * KiB : resizable)
    body.push(chunk)
    if (isTransferred) detach(chunk)
    body.take(body.length, [])
    if (body.isChanged !== isTransferred) missed += 1
  }
  expect(missed).toBe(0)
})

describe.each([0, 100])(
  'a body whose buffer changes, with padding of up to %i bytes',
  (padding) => {
    const open = (): Pair => Pair.open({ server: { padding } })

    it.each([
      ['a response that is complete', true, 8 * KiB],
      ['a response of several frames', true, 50 * KiB],
      ['a response that would go on', false, 8 * KiB],
    ])('%s is transferred before it is sent: RST_STREAM', (_, endStream, length) => {
      const pair = open()
      const [id, other] = [openStream(pair), openStream(pair)]
      const body = patterned(length)
      answer(pair, id, body, endStream)
      detach(body)
      const { client, server } = flowAndConsume(pair)
      expect(one(server, 'BodyChanged')).toMatchObject({
        streamId: id,
        error: { code: 'ERR_BODY_CHANGED', streamId: id },
      })
      expect(one(client, 'StreamReset')).toMatchObject({
        streamId: id,
        errorCode: ErrorCode.INTERNAL_ERROR,
      })
      expect(only(client, 'StreamEnded')).toEqual([])
      expect(pair.client.failure).toBeUndefined()
      expectOther(pair, other)
    })

    it('transferred after some of it was sent: what came is right, and does not end', () => {
      const pair = open()
      const [id, other] = [openStream(pair), openStream(pair)]
      const body = patterned(200 * KiB)
      answer(pair, id, body)
      const first = only(pair.flow().client, 'DataReceived')
      const before = Buffer.concat(first.map(({ data }) => data))
      expect(before.equals(body.subarray(0, before.length))).toBe(true)
      expect(before.length).toBeGreaterThan(60_000)
      detach(body)
      for (const { data } of first) pair.client.consume(id, data.length)
      const { client } = flowAndConsume(pair)
      expect(one(client, 'StreamReset').errorCode).toBe(ErrorCode.INTERNAL_ERROR)
      expect(only(client, 'StreamEnded')).toEqual([])
      expectOther(pair, other)
    })

    it('made smaller before it is sent: RST_STREAM', () => {
      const pair = open()
      const [id, other] = [openStream(pair), openStream(pair)]
      // Resizable buffers are younger than the library in use here.
      const Resizable = ArrayBuffer as unknown as new (
        length: number,
        options: { maxByteLength: number },
      ) => ArrayBuffer & { resize(length: number): void }
      const buffer = new Resizable(20 * KiB, { maxByteLength: 40 * KiB })
      answer(pair, id, new Uint8Array(buffer))
      buffer.resize(10 * KiB)
      const { client, server } = flowAndConsume(pair)
      expect(one(server, 'BodyChanged').streamId).toBe(id)
      expect(one(client, 'StreamReset').streamId).toBe(id)
      expectOther(pair, other)
    })

    it('made larger before it is sent: what was there is sent', () => {
      const pair = open()
      const id = openStream(pair)
      const Resizable = ArrayBuffer as unknown as new (
        length: number,
        options: { maxByteLength: number },
      ) => ArrayBuffer & { resize(length: number): void }
      const buffer = new Resizable(20 * KiB, { maxByteLength: 40 * KiB })
      answer(pair, id, new Uint8Array(buffer))
      buffer.resize(30 * KiB)
      const { client } = flowAndConsume(pair)
      const length = only(client, 'DataReceived').reduce((sum, { data }) => sum + data.length, 0)
      expect(length).toBe(20 * KiB)
      expect(one(client, 'StreamEnded').streamId).toBe(id)
    })

    it('the body of a request', () => {
      const pair = open()
      const body = patterned(20 * KiB)
      const id = pair.client.submitRequest(post, { body })
      detach(body)
      const { server, client } = pair.flow()
      expect(one(client, 'BodyChanged').streamId).toBe(id)
      // Another may follow: nghttp2 has not heard of the first.
      expect(only(server, 'StreamReset')[0]).toMatchObject({
        streamId: id,
        errorCode: ErrorCode.INTERNAL_ERROR,
      })
      expect(only(server, 'StreamEnded')).toEqual([])
    })
  },
)

describe('an output that throws', () => {
  it('has lost bytes: the session fails with ERR_OUTPUT_FAILED', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '200' }, { body: patterned(100) })
    const cause = new Error('no room')
    const fail = (): never => {
      throw cause
    }
    const sink = { dataSent() {}, streamClosed() {} } as never
    const drain = (): unknown => pair.server.drain({ write: fail, writev: fail }, sink)
    expect(drain).toThrow(HTTP2Error)
    expect(pair.server.failure).toMatchObject({ code: 'ERR_OUTPUT_FAILED', cause })
    expect(pair.server.bytesToSend()).toEqual(new Uint8Array(0))
    expect(() => pair.server.submitPing()).toThrow(/output/)
    expect(one(pair.server.receive(new Uint8Array(1)), 'SessionFailed')).toMatchObject({
      error: { code: 'ERR_OUTPUT_FAILED' },
    })
  })
})

describe('Session.abandon()', () => {
  it('sends GOAWAY with the code of the error, and no other frame', () => {
    const pair = Pair.open()
    const id = openStream(pair)
    pair.server.submitResponse(id, { ':status': '200' }, { body: patterned(100) })
    const { ENHANCE_YOUR_CALM } = ErrorCode
    const error = new HTTP2Error('ERR_TEST', 'enough', { errorCode: ENHANCE_YOUR_CALM })
    pair.server.abandon(error)
    expect(pair.server.wantWrite).toBe(true)
    const events = pair.client.receive(pair.server.bytesToSend())
    expect(events).toMatchObject([
      { type: 'GoawayReceived', lastStreamId: id, errorCode: ENHANCE_YOUR_CALM },
    ])
    expect(pair.server.wantWrite).toBe(false)
    expect(pair.server.bytesToSend().length).toBe(0)
    expect(() => pair.server.submitPing()).toThrow(error)
    const server = Session.server()
    server.abandon(error)
    expect(server.failure).toBe(error)
  })
})
