/** RFC 9113 §6: the frames, but for flow control. */
import { expect } from 'vitest'
import { bytes, complete, type Http2Row, open, pending, row } from '../../support/conformance.ts'
import {
  ACK,
  encodeFields,
  END_HEADERS,
  END_STREAM,
  PADDED,
  type RawClient,
  requestFields,
  Type,
} from '../../support/raw-client.ts'

const fields = encodeFields(requestFields('GET', '/response/json'))

type Sent = readonly [
  section: string,
  sent: string,
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array,
  answer: string,
]

const zeros = (length: number): Buffer => Buffer.alloc(length)
const protocol = 'GOAWAY PROTOCOL_ERROR'
const size = 'GOAWAY FRAME_SIZE_ERROR'

/** A setting, as its payload. */
function setting(id: number, value: number): Buffer {
  const payload = zeros(6)
  payload.writeUInt16BE(id)
  payload.writeUInt32BE(value, 2)
  return payload
}

/** One frame on a connection whose stream 1 is open. */
const single: readonly Sent[] = [
  ['6.1', 'DATA on stream 0', Type.DATA, 0, 0, bytes(1), protocol],
  ['6.1', 'padding as long as its DATA', Type.DATA, PADDED, 1, bytes(4, 0, 0, 0), protocol],
  ['6.1', 'DATA without its pad length', Type.DATA, PADDED, 1, zeros(0), size],
  [
    '6.1',
    'DATA that is padding',
    Type.DATA,
    PADDED | END_STREAM,
    1,
    bytes(3, 0, 0, 0),
    'HEADERS(1) 200',
  ],
  ['6.2', 'HEADERS without their pad length', Type.HEADERS, complete | PADDED, 3, zeros(0), size],
  ['6.2', 'HEADERS on stream 0', Type.HEADERS, complete, 0, fields, protocol],
  [
    '6.2',
    'padding as long as its HEADERS',
    Type.HEADERS,
    complete | PADDED,
    3,
    bytes(4, 0, 0, 0),
    protocol,
  ],
  [
    '6.2',
    'HEADERS without its priority',
    Type.HEADERS,
    complete | 0x20,
    3,
    bytes(0, 0, 0, 0),
    size,
  ],
  ['6.3', 'PRIORITY on stream 0', Type.PRIORITY, 0, 0, zeros(5), protocol],
  ['6.3', 'PRIORITY of 4 bytes', Type.PRIORITY, 0, 1, zeros(4), size],
  ['6.3', 'PRIORITY of 6 bytes', Type.PRIORITY, 0, 1, zeros(6), size],
  ['6.3', 'PRIORITY on itself', Type.PRIORITY, 0, 1, bytes(0, 0, 0, 1, 15), 'nothing'],
  ['6.4', 'RST_STREAM on stream 0', Type.RST_STREAM, 0, 0, zeros(4), protocol],
  ['6.4', 'RST_STREAM of 3 bytes', Type.RST_STREAM, 0, 1, zeros(3), size],
  ['6.4', 'RST_STREAM of 5 bytes', Type.RST_STREAM, 0, 1, zeros(5), size],
  ['6.5', 'SETTINGS on a stream', Type.SETTINGS, 0, 1, zeros(0), protocol],
  ['6.5', 'SETTINGS of 5 bytes', Type.SETTINGS, 0, 0, zeros(5), size],
  ['6.5', 'an acknowledgement of 6 bytes', Type.SETTINGS, ACK, 0, setting(3, 1), size],
  ['6.5.2', 'ENABLE_PUSH of 2', Type.SETTINGS, 0, 0, setting(2, 2), protocol],
  [
    '6.5.2',
    'INITIAL_WINDOW_SIZE of 2^31',
    Type.SETTINGS,
    0,
    0,
    setting(4, 2 ** 31),
    'GOAWAY FLOW_CONTROL_ERROR',
  ],
  ['6.5.2', 'MAX_FRAME_SIZE of 16,383', Type.SETTINGS, 0, 0, setting(5, 16_383), protocol],
  ['6.5.2', 'MAX_FRAME_SIZE of 2^24', Type.SETTINGS, 0, 0, setting(5, 2 ** 24), protocol],
  ['6.5.2', 'an unknown setting', Type.SETTINGS, 0, 0, setting(0xfefe, 1), 'nothing'],
  [
    '6.6',
    'PUSH_PROMISE of a client',
    Type.PUSH_PROMISE,
    END_HEADERS,
    1,
    Buffer.concat([bytes(0, 0, 0, 2), fields]),
    protocol,
  ],
  ['6.7', 'PING on a stream', Type.PING, 0, 1, zeros(8), protocol],
  ['6.7', 'PING of 7 bytes', Type.PING, 0, 0, zeros(7), size],
  ['6.7', 'PING of 9 bytes', Type.PING, 0, 0, zeros(9), size],
  ['6.8', 'GOAWAY on a stream', Type.GOAWAY, 0, 1, zeros(8), protocol],
  ['6.8', 'GOAWAY of 7 bytes', Type.GOAWAY, 0, 0, zeros(7), size],
  ['6.9', 'WINDOW_UPDATE of 0 on the connection', Type.WINDOW_UPDATE, 0, 0, zeros(4), protocol],
  ['6.9', 'WINDOW_UPDATE of 3 bytes', Type.WINDOW_UPDATE, 0, 0, zeros(3), size],
  ['6.9', 'WINDOW_UPDATE of 5 bytes', Type.WINDOW_UPDATE, 0, 1, zeros(5), size],
  ['6.10', 'CONTINUATION behind nothing', Type.CONTINUATION, END_HEADERS, 1, fields, protocol],
  ['6.10', 'CONTINUATION on stream 0', Type.CONTINUATION, END_HEADERS, 0, fields, protocol],
]

/** A frame between HEADERS without END_HEADERS and its CONTINUATION. */
const interleaved: readonly Sent[] = [
  ['6.2', 'DATA in a block', Type.DATA, 0, 3, bytes(1), protocol],
  ['6.2', 'HEADERS of another stream in a block', Type.HEADERS, complete, 5, fields, protocol],
  ['6.2', 'PRIORITY in a block', Type.PRIORITY, 0, 3, zeros(5), protocol],
  ['6.2', 'RST_STREAM in a block', Type.RST_STREAM, 0, 3, zeros(4), protocol],
  ['6.2', 'SETTINGS in a block', Type.SETTINGS, 0, 0, zeros(0), protocol],
  ['6.2', 'PING in a block', Type.PING, 0, 0, zeros(8), protocol],
  ['6.2', 'WINDOW_UPDATE in a block', Type.WINDOW_UPDATE, 0, 0, bytes(0, 0, 0, 1), protocol],
  ['6.10', 'CONTINUATION of another stream', Type.CONTINUATION, END_HEADERS, 5, fields, protocol],
  [
    '6.10',
    'CONTINUATION of stream 0 in a block',
    Type.CONTINUATION,
    END_HEADERS,
    0,
    fields,
    protocol,
  ],
]

const acknowledgements = ({ frames }: RawClient): number =>
  frames.filter(({ type, flags }) => type === Type.SETTINGS && flags === ACK).length

const others: readonly Http2Row[] = [
  row(
    '6.1',
    'DATA and HEADERS with padding',
    (client) => {
      const padded = (payload: Uint8Array): Buffer =>
        Buffer.concat([bytes(7), payload, Buffer.alloc(7)])
      const post = encodeFields(requestFields('POST', '/request/text'))
      client.frame(Type.HEADERS, END_HEADERS | PADDED, 1, padded(post))
      client.frame(Type.DATA, PADDED | END_STREAM, 1, padded(bytes(0x61)))
    },
    'HEADERS(1) 200',
  ),
  row(
    '6.2',
    'HEADERS that depend on themselves',
    (client) => {
      const payload = Buffer.concat([bytes(0, 0, 0, 1, 15), fields])
      client.frame(Type.HEADERS, complete | 0x20, 1, payload)
    },
    protocol,
  ),
  row(
    '6.5.3',
    'SETTINGS, two times',
    (client) => {
      client.settings([[4, 100]])
      client.settings([])
    },
    'nothing',
    { check: (client) => expect(acknowledgements(client)).toBe(3) },
  ),
  row(
    '6.5.3',
    'a setting two times in a frame: the last one holds',
    (client) => {
      client.settings([
        [4, 0],
        [4, 100],
      ])
      client.get(1, '/response/json')
    },
    'HEADERS(1) 200',
    {
      check: ({ frames }) =>
        expect(frames.some(({ type, payload }) => type === Type.DATA && payload.length > 0)).toBe(
          true,
        ),
    },
  ),
  row(
    '6.7',
    'PING that is an acknowledgement',
    (client) => client.frame(Type.PING, ACK, 0, Buffer.from('answered')),
    'nothing',
    {
      check: ({ frames }) =>
        expect(frames.some(({ payload }) => payload.toString() === 'answered')).toBe(false),
    },
  ),
  row(
    '6.8',
    'GOAWAY behind a request, which is answered',
    async (client) => {
      pending(client)
      client.frame(Type.GOAWAY, 0, 0, zeros(8))
      expect((await client.nextOf(Type.HEADERS, 1)).fields[0]).toEqual([':status', '200'])
    },
    'FIN',
  ),
  row(
    '7',
    'RST_STREAM with an unknown code',
    (client) => {
      open(client)
      client.reset(1, 0xfefe)
    },
    'nothing',
  ),
]

export const frames: readonly Http2Row[] = [
  ...single.map(([section, sent, type, flags, streamId, payload, answer]) =>
    row(
      section,
      sent,
      (client) => {
        open(client)
        client.frame(type, flags, streamId, payload)
      },
      answer,
    ),
  ),
  ...interleaved.map(([section, sent, type, flags, streamId, payload, answer]) =>
    row(
      section,
      sent,
      (client) => {
        client.headers(3, requestFields('GET', '/response/json'), END_STREAM)
        client.frame(type, flags, streamId, payload)
        client.frame(Type.CONTINUATION, END_HEADERS, 3)
      },
      answer,
    ),
  ),
  ...others,
]
