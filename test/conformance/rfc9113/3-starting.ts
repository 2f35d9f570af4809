/** RFC 9113 §3: starting HTTP/2; §4: frames and field blocks. */
import {
  bodyOf,
  bytes,
  complete,
  ended,
  type Http2Row,
  open,
  row,
} from '../../support/conformance.ts'
import { ACK, encodeFields, requestFields, type RawClient, Type } from '../../support/raw-client.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const noPreface = { settings: 'none' } as const

function begin(client: RawClient): void {
  client.socket.write(preface)
  client.settings([])
}

const isFirstSettings = (client: RawClient): void => {
  expect(client.frames[0]).toMatchObject({ type: Type.SETTINGS, flags: 0, streamId: 0 })
}

/** HEADERS of a request whose block ends with these bytes. */
const block = (client: RawClient, ...end: number[]): void => {
  const fields = encodeFields(requestFields('GET', '/response/json'))
  client.frame(Type.HEADERS, complete, 1, Buffer.concat([fields, bytes(...end)]))
}

export const starting: readonly Http2Row[] = [
  row('3.4', 'the preface', begin, 'nothing', { ...noPreface, check: isFirstSettings }),
  row(
    '3.4',
    'the preface, SETTINGS and a request at once',
    (client) => {
      begin(client)
      client.get(1, '/response/json')
    },
    'HEADERS(1) 200',
    { ...noPreface, check: isFirstSettings },
  ),
  row(
    '3.4',
    'a text that is no request',
    ({ socket }) => void socket.write('INVALID CONNECTION PREFACE\r\n\r\n'),
    'GOAWAY PROTOCOL_ERROR',
    noPreface,
  ),
  row(
    '3.4',
    'a text that is no request, in pieces',
    async ({ socket }) => {
      for (const piece of ['I', 'NVALID', ' CONNECTION PREFACE', '\r']) {
        socket.write(piece)
        await sleep(5)
      }
    },
    'GOAWAY PROTOCOL_ERROR',
    noPreface,
  ),
  row(
    '3.4',
    'a preface with another end',
    ({ socket }) => void socket.write('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n'),
    'GOAWAY PROTOCOL_ERROR',
    noPreface,
  ),
  row(
    '3.4',
    'a byte that begins no text',
    ({ socket }) => void socket.write(bytes(0x16, 3, 1, 2)),
    'GOAWAY PROTOCOL_ERROR',
    noPreface,
  ),
  row(
    '3.4',
    'PING in the place of the first SETTINGS',
    (client) => {
      client.socket.write(preface)
      client.frame(Type.PING, 0, 0, Buffer.alloc(8))
    },
    'GOAWAY PROTOCOL_ERROR',
    noPreface,
  ),
  row(
    '3.4',
    'an acknowledgement in the place of the first SETTINGS',
    (client) => {
      client.socket.write(preface)
      client.frame(Type.SETTINGS, ACK, 0)
    },
    'GOAWAY PROTOCOL_ERROR',
    noPreface,
  ),
]

export const framing: readonly Http2Row[] = [
  row(
    '4.1',
    'HEADERS with the reserved bit',
    (client) => {
      const fields = encodeFields(requestFields('GET', '/response/json'))
      client.frame(Type.HEADERS, complete, 0x8000_0001, fields)
    },
    'HEADERS(1) 200',
  ),
  row(
    '4.1',
    'PING with flags that have no meaning',
    (client) => client.frame(Type.PING, 0xfe, 0, Buffer.from('all bits')),
    'nothing',
    {
      check: ({ frames }) =>
        expect(frames.some(({ payload }) => payload.toString() === 'all bits')).toBe(true),
    },
  ),
  row('4.1', 'an unknown type', (client) => client.frame(0xee, 0xff, 0, bytes(1)), 'nothing'),
  row(
    '4.1',
    'an unknown type on an idle stream',
    (client) => client.frame(0xee, 0, 7, bytes(1)),
    'nothing',
  ),
  row(
    '4.2',
    'DATA of 16,384 bytes',
    (client) => {
      open(client)
      client.data(1, Buffer.alloc(16_384, 'x'), 1)
    },
    'HEADERS(1) 200',
  ),
  row(
    '4.2',
    'DATA of 16,385 bytes',
    (client) => {
      open(client)
      client.data(1, Buffer.alloc(16_385))
    },
    'GOAWAY FRAME_SIZE_ERROR',
  ),
  row(
    '4.2',
    'HEADERS of 16,385 bytes',
    (client) => client.frame(Type.HEADERS, complete, 1, Buffer.alloc(16_385)),
    'GOAWAY FRAME_SIZE_ERROR',
  ),
  row(
    '4.2',
    'an unknown type of 16,385 bytes',
    (client) => client.frame(0xee, 0, 0, Buffer.alloc(16_385)),
    'GOAWAY FRAME_SIZE_ERROR',
  ),
]

/** The codes of RFC 7541 that end a block. */
const undecodable: readonly [string, number[]][] = [
  ['an integer without an end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ['the index 0', [0x80]],
  ['an index beyond the tables', [0xbe]],
  ['a string longer than the block', [0x00, 0x05, 0x61]],
  ['padding of the Huffman code that is not of ones', [0x00, 0x01, 0x61, 0x81, 0x18]],
  ['padding of the Huffman code of eight bits', [0x00, 0x01, 0x61, 0x82, 0x1f, 0xff]],
  ['EOS in the Huffman code', [0x00, 0x01, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff]],
  ['a size of the table behind a field', [0x20]],
]

export const compression: readonly Http2Row[] = [
  ...undecodable.map(([sent, end]) =>
    row(
      '4.3',
      `a block with ${sent}`,
      (client) => block(client, ...end),
      'GOAWAY COMPRESSION_ERROR',
    ),
  ),
  row(
    '4.3.1',
    'a table larger than SETTINGS_HEADER_TABLE_SIZE',
    (client) => client.frame(Type.HEADERS, complete, 1, bytes(0x3f, 0xe1, 0xff, 0x7f)),
    'GOAWAY COMPRESSION_ERROR',
  ),
  row(
    '4.3',
    'a block in three frames',
    (client) => {
      const fields = encodeFields(requestFields('GET', '/response/json'))
      client.frame(Type.HEADERS, 1, 1, fields.subarray(0, 9))
      client.frame(Type.CONTINUATION, 0, 1, fields.subarray(9, 9))
      client.frame(Type.CONTINUATION, 4, 1, fields.subarray(9))
    },
    'HEADERS(1) 200',
  ),
  row(
    '4.3',
    'a field of the table, from a block on a stream that the server has reset',
    async (client) => {
      client.headers(1, [...requestFields('POST', '/request/text'), ['X-Upper', '1']])
      await client.nextOf(Type.RST_STREAM, 1)
      const indexed = Buffer.concat([bytes(0x40), encodeFields([['x-late', 'known']]).subarray(1)])
      client.frame(Type.HEADERS, complete, 1, indexed)
      const fields = encodeFields(requestFields('GET', '/request/request'))
      client.frame(Type.HEADERS, complete, 3, Buffer.concat([fields, bytes(0xbe)]))
      await ended(client, 3)
    },
    'RST_STREAM(1) PROTOCOL_ERROR',
    { check: (client) => expect(bodyOf(client, 3)).toContain('["x-late","known"]') },
  ),
]
