/** RFC 9113 §6.9: flow control. */
import { expect } from 'vitest'
import { bodyOf, ended, type Http2Row, open, row } from '../../support/conformance.ts'
import { END_STREAM, type RawClient, requestFields, Type } from '../../support/raw-client.ts'

const overflow = 'GOAWAY FLOW_CONTROL_ERROR'
const INITIAL_WINDOW_SIZE = 4
const most = 0x7fff_ffff
const post = requestFields('POST', '/request/text')
/** The handler reads one piece of the body. */
const unread = requestFields('POST', '/request/slow-reader?tag=conformance')

const isAnswered = (client: RawClient): void => expect(bodyOf(client)).toBe('{"a":1}')

const dataLengths = ({ frames }: RawClient): number[] =>
  frames.filter(({ type }) => type === Type.DATA).map(({ payload }) => payload.length)

export const flowControl: readonly Http2Row[] = [
  row(
    '6.9',
    'WINDOW_UPDATE of 0 on a stream',
    (client) => {
      open(client)
      client.windowUpdate(1, 0)
    },
    'GOAWAY PROTOCOL_ERROR',
  ),
  row(
    '6.9',
    'more DATA than the window of the stream',
    (client) => {
      client.headers(1, unread)
      const frame = Buffer.alloc(16_384)
      for (let i = 0; i < 140; i++) client.data(1, frame)
    },
    overflow,
  ),
  row(
    '6.9.1',
    'a window of the connection beyond 2^31-1',
    (client) => client.windowUpdate(0, most),
    overflow,
  ),
  row(
    '6.9.1',
    'a window of a stream beyond 2^31-1',
    (client) => {
      open(client)
      client.windowUpdate(1, most)
    },
    overflow, // A stream error would do: docs/CONFORMANCE.md.
  ),
  row(
    '6.9.1',
    'a window of one byte: the body comes byte by byte',
    async (client) => {
      client.get(1, '/response/json')
      for (let length = 1; length < 7; length++) {
        await client.next(() => bodyOf(client).length === length)
        client.windowUpdate(1, 1)
      }
      await ended(client, 1)
    },
    'HEADERS(1) 200',
    {
      settings: [[INITIAL_WINDOW_SIZE, 1]],
      check(client) {
        isAnswered(client)
        expect(Math.max(...dataLengths(client))).toBe(1)
      },
    },
  ),
  row(
    '6.9.1',
    'a body longer than the window of the connection',
    async (client) => {
      client.get(1, '/response/large')
      await client.next(() => bodyOf(client).length === 65_535)
    },
    'HEADERS(1) 200',
    {
      settings: [[INITIAL_WINDOW_SIZE, 1 << 20]],
      check: (client) => expect(bodyOf(client)).toHaveLength(65_535),
    },
  ),
  row(
    '6.9.1',
    'a window that is shut when the body has ended: END_STREAM comes',
    (client) => {
      client.get(1, '/response/json')
      return ended(client, 1).then(() => {})
    },
    'HEADERS(1) 200',
    { settings: [[INITIAL_WINDOW_SIZE, 7]], check: isAnswered },
  ),
  row(
    '6.9.2',
    'a larger INITIAL_WINDOW_SIZE opens the streams that there are',
    async (client) => {
      client.get(1, '/response/json')
      await client.nextOf(Type.HEADERS, 1)
      client.settings([[INITIAL_WINDOW_SIZE, 100]])
      await ended(client, 1)
    },
    'HEADERS(1) 200',
    { settings: [[INITIAL_WINDOW_SIZE, 0]], check: isAnswered },
  ),
  row(
    '6.9.2',
    'a window below zero, which WINDOW_UPDATE opens',
    async (client) => {
      client.get(1, '/response/json')
      await client.next(() => bodyOf(client).length === 3)
      client.settings([[INITIAL_WINDOW_SIZE, 0]])
      client.windowUpdate(1, 3)
      expect(await client.isAlive()).toBe(true)
      expect(bodyOf(client)).toHaveLength(3)
      client.windowUpdate(1, 4)
      await ended(client, 1)
    },
    'HEADERS(1) 200',
    { settings: [[INITIAL_WINDOW_SIZE, 3]], check: isAnswered },
  ),
  row(
    '6.9.2',
    'an INITIAL_WINDOW_SIZE that takes a window beyond 2^31-1',
    (client) => {
      open(client)
      client.windowUpdate(1, most - 65_535)
      client.settings([[INITIAL_WINDOW_SIZE, 65_536]])
    },
    overflow,
  ),
  row(
    '6.9',
    'a body on a stream that was reset gives its window back',
    async (client) => {
      client.headers(1, [...unread, ['X-Upper', '1']])
      await client.nextOf(Type.RST_STREAM, 1)
      for (let i = 0; i < 3; i++) client.data(1, Buffer.alloc(16_384))
      await client.next(({ type, streamId }) => type === Type.WINDOW_UPDATE && streamId === 0)
      client.headers(3, post)
      client.data(3, Buffer.alloc(16_384, 'x'), END_STREAM)
      await ended(client, 3)
    },
    'RST_STREAM(1) PROTOCOL_ERROR',
  ),
]
