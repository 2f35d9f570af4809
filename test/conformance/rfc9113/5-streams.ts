/** RFC 9113 §5: streams and their states. */
import { expect } from 'vitest'
import {
  answered,
  bytes,
  complete,
  type Http2Row,
  open,
  pending,
  refused,
  row,
  type Send,
} from '../../support/conformance.ts'
import { encodeFields, type RawClient, requestFields, Type } from '../../support/raw-client.ts'

type Step = (client: RawClient) => void

const data: Step = (client) => client.data(1, 'late', 1)
const trailers: Step = (client) => client.headers(1, [['x-sum', '1']], complete)
const request: Step = (client) => client.get(1, '/response/json')
const cancel: Step = (client) => client.reset(1, 8)
const widen: Step = (client) => client.windowUpdate(1, 100)
const priority: Step = (client) => client.frame(Type.PRIORITY, 0, 1, bytes(0, 0, 0, 0, 15))

/** A state, then the frame that is sent in it. */
const then =
  (state: Send, ...steps: Step[]): Send =>
  async (client) => {
    await state(client)
    for (const step of steps) step(client)
  }

/** A stream that the client has reset while its handler waits for the body. */
const cancelled: Send = (client) => {
  open(client)
  cancel(client)
}

/** A stream that has ended on both sides, with trailers. */
const withTrailers: Send = async (client) => {
  open(client)
  trailers(client)
  await client.nextOf(Type.HEADERS, 1)
}

const idle: readonly Http2Row[] = [
  row('5.1', 'DATA on an idle stream', data, 'GOAWAY PROTOCOL_ERROR'),
  row('5.1', 'RST_STREAM on an idle stream', cancel, 'GOAWAY PROTOCOL_ERROR'),
  row('5.1', 'WINDOW_UPDATE on an idle stream', widen, 'GOAWAY PROTOCOL_ERROR'),
  row(
    '5.1',
    'CONTINUATION on an idle stream',
    (client) => client.frame(Type.CONTINUATION, 4, 1, encodeFields(requestFields('GET', '/'))),
    'GOAWAY PROTOCOL_ERROR',
  ),
  row('5.1', 'PRIORITY on an idle stream', priority, 'nothing'),
]

const halfClosed: readonly Http2Row[] = [
  row('5.1', 'DATA behind END_STREAM', then(pending, data), 'GOAWAY STREAM_CLOSED'),
  row('5.1', 'trailers behind END_STREAM', then(pending, trailers), 'GOAWAY STREAM_CLOSED'),
  row('5.1', 'a second request behind END_STREAM', then(pending, request), 'GOAWAY STREAM_CLOSED'),
  row('5.1', 'WINDOW_UPDATE behind END_STREAM', then(pending, widen), 'HEADERS(1) 200'),
  row('5.1', 'PRIORITY behind END_STREAM', then(pending, priority), 'HEADERS(1) 200'),
  row('5.1', 'RST_STREAM behind END_STREAM', then(pending, cancel), 'nothing'),
]

const closed: readonly Http2Row[] = [
  row('5.1', 'DATA on a stream that is answered', then(answered, data), 'GOAWAY STREAM_CLOSED'),
  row('5.1', 'trailers on one that is answered', then(answered, trailers), 'GOAWAY STREAM_CLOSED'),
  row('5.1', 'a request on one that is answered', then(answered, request), 'GOAWAY STREAM_CLOSED'),
  row('5.1', 'DATA behind trailers', then(withTrailers, data), 'GOAWAY STREAM_CLOSED'),
  row('5.1', 'DATA behind RST_STREAM', then(cancelled, data), 'GOAWAY STREAM_CLOSED'),
  row('5.1', 'trailers behind RST_STREAM', then(cancelled, trailers), 'GOAWAY STREAM_CLOSED'),
  row('5.1', 'WINDOW_UPDATE on a stream that is answered', then(answered, widen), 'HEADERS(1) 200'),
  row('5.1', 'RST_STREAM on one that is answered', then(answered, cancel), 'HEADERS(1) 200'),
  row('5.1', 'PRIORITY on one that is answered', then(answered, priority), 'HEADERS(1) 200'),
  row(
    '5.1',
    'what crosses RST_STREAM of the server',
    then(refused, (client) => client.data(1, 'late'), widen, trailers),
    'RST_STREAM(1) PROTOCOL_ERROR',
  ),
  row(
    '5.1',
    'RST_STREAM that crosses RST_STREAM of the server',
    then(refused, cancel),
    'RST_STREAM(1) PROTOCOL_ERROR',
  ),
]

const identifiers: readonly Http2Row[] = [
  row(
    '5.1.1',
    'a request on an even stream',
    (client) => client.get(2, '/response/json'),
    'GOAWAY PROTOCOL_ERROR',
  ),
  row(
    '5.1.1',
    'a request on a stream lower than one before',
    then(
      (client) => answered(client, 5),
      (client) => client.get(3, '/response/json'),
    ),
    'GOAWAY PROTOCOL_ERROR',
  ),
  row(
    '5.1.1',
    'a request on a stream far lower than one before',
    then(answered, (client) => {
      client.get(0x7fff_fffd, '/response/json')
      client.get(3, '/response/json')
    }),
    'GOAWAY PROTOCOL_ERROR',
  ),
  row(
    '5.1.1',
    'DATA on a stream that was skipped',
    then(
      (client) => answered(client, 5),
      (client) => client.data(3, 'x'),
    ),
    'GOAWAY PROTOCOL_ERROR',
  ),
  row(
    '5.1.1',
    'a request on a stream much higher than one before',
    then(answered, (client) => client.get(1001, '/response/json')),
    'HEADERS(1001) 200',
  ),
  row(
    '5.1.1',
    'the last stream that there is',
    (client) => client.get(0x7fff_ffff, '/response/json'),
    'HEADERS(2147483647) 200',
  ),
  row(
    '5.1.2',
    'a stream more than SETTINGS_MAX_CONCURRENT_STREAMS',
    (client) => {
      for (let id = 1; id <= 257; id += 2) open(client, id)
    },
    'RST_STREAM(257) REFUSED_STREAM',
  ),
]

const errors: readonly Http2Row[] = [
  row(
    '5.4.1',
    'an error of the connection behind two requests',
    async (client) => {
      await answered(client, 1)
      await answered(client, 3)
      client.frame(Type.PING, 0, 1, Buffer.alloc(8))
    },
    'GOAWAY PROTOCOL_ERROR',
    {
      check: ({ frames }) =>
        expect(frames.findLast(({ type }) => type === Type.GOAWAY)!.payload.readUInt32BE(0)).toBe(
          3,
        ),
    },
  ),
  row('5.4.2', 'RST_STREAM of an open stream', cancelled, 'nothing'),
  row(
    '5.5',
    'an unknown type between the frames of a block',
    (client) => {
      client.headers(1, requestFields('GET', '/'), 1)
      client.frame(0xee, 0, 1, bytes(0))
    },
    'GOAWAY PROTOCOL_ERROR',
  ),
]

export const streams: readonly Http2Row[] = [
  ...idle,
  ...halfClosed,
  ...closed,
  ...identifiers,
  ...errors,
]
