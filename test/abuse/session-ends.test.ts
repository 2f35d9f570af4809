import { expect, it } from 'vitest'
import { ErrorCode } from '../../src/common/errors.ts'
import {
  encodeFields,
  encodeFrame,
  END_HEADERS,
  END_STREAM,
  RawClient,
  requestFields,
  Type,
} from '../support/raw-client.ts'
import {
  apis,
  type Attacked,
  describeTargets,
  HonestClient,
  type Target,
} from '../support/abuse/target.ts'
import { send } from '../support/abuse/wire.ts'

const zero = Buffer.alloc(4)
const request = (streamId: number, path: string): Buffer =>
  encodeFrame(
    Type.HEADERS,
    END_HEADERS | END_STREAM,
    streamId,
    encodeFields(requestFields('GET', path)),
  )
const requests = (count: number, path: string, firstId = 1): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => request(firstId + 2 * i, path)))
const repeated = (count: number, frame: Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, () => frame))

/** Causes of a session's end, with the error code of its GOAWAY. */
const ends: readonly (readonly [name: string, frames: Buffer, errorCode: number])[] = [
  [
    '1,100 PINGs',
    repeated(1100, encodeFrame(Type.PING, 0, 0, Buffer.alloc(8))),
    ErrorCode.ENHANCE_YOUR_CALM,
  ],
  [
    'WINDOW_UPDATE by 0 on stream 0',
    encodeFrame(Type.WINDOW_UPDATE, 0, 0, zero),
    ErrorCode.PROTOCOL_ERROR,
  ],
  [
    'SETTINGS of 5 bytes',
    encodeFrame(Type.SETTINGS, 0, 0, Buffer.alloc(5)),
    ErrorCode.FRAME_SIZE_ERROR,
  ],
  ['DATA on stream 0', encodeFrame(Type.DATA, 0, 0, zero), ErrorCode.PROTOCOL_ERROR],
  [
    'a reference to no entry of the table',
    encodeFrame(Type.HEADERS, END_HEADERS | END_STREAM, 10_001, Buffer.from([0xff, 0xff, 0x7f])),
    ErrorCode.COMPRESSION_ERROR,
  ],
  [
    '20 CONTINUATION frames',
    Buffer.concat([
      encodeFrame(Type.HEADERS, END_STREAM, 10_001, encodeFields(requestFields('GET', '/'))),
      repeated(20, encodeFrame(Type.CONTINUATION, 0, 10_001, encodeFields([['x', 'y']]))),
    ]),
    ErrorCode.ENHANCE_YOUR_CALM,
  ],
]

/** Checks that the connection ended in order, with a GOAWAY of this code and FIN, and with one report. */
async function expectGoaway(
  attacked: Attacked,
  client: RawClient,
  errorCode: number,
): Promise<void> {
  await client.ended(20_000)
  expect(client.hasEnded).toBe(true)
  const last = client.frames.at(-1)!
  expect(last.type).toBe(Type.GOAWAY)
  expect(last.payload.readUInt32BE(4)).toBe(errorCode)
  const { reports } = await attacked.expectUnharmed()
  expect(reports).toMatchObject([{ source: 'connection', name: 'HTTPError' }])
}

const cases = ends.flatMap(([name, frames, errorCode]) =>
  apis.map((api) => ({ name, frames, errorCode, api })),
)

/** A runtime may read the 1,100 PINGs in parts. */
const options = { limits: { maxOutboundAcks: 500 } }

function suite(target: Target): void {
  it.each(cases)('$name behind 30 GETs, $api', async ({ api, frames, errorCode }) => {
    await using attacked = await target.openFor(api, options)
    await using honest = new HonestClient(attacked)
    await using client = await RawClient.connect(target, [], attacked.port)
    client.socket.write(Buffer.concat([requests(30, '/hello'), frames]))
    await expectGoaway(attacked, client, errorCode)
    await honest.expectServed()
  })

  it.each(cases)(
    '$name behind 30 GETs whose responses are not read, $api',
    async ({ api, frames, errorCode }) => {
      await using attacked = await target.openFor(api, options)
      await using honest = new HonestClient(attacked)
      // INITIAL_WINDOW_SIZE: all bodies are on their way.
      await using client = await RawClient.connect(target, [[4, 1 << 24]], attacked.port)
      client.windowUpdate(0, 1 << 29)
      client.socket.pause()
      client.socket.write(requests(100, '/download?size=1000000'))
      await attacked.until(({ begun }) => begun['/download'] === 100)
      client.socket.write(Buffer.concat([requests(20, '/hello', 201), frames]))
      await new Promise((resolve) => setTimeout(resolve, 200))
      client.socket.resume()
      await expectGoaway(attacked, client, errorCode)
      await honest.expectServed()
    },
  )

  it.each(apis)(
    '1,200 requests that are reset in the same write begin no handler, %s',
    async (api) => {
      await using attacked = await target.openFor(api, options)
      await using honest = new HonestClient(attacked)
      await using client = await RawClient.connect(target, [], attacked.port)
      const cancel = Buffer.from([0, 0, 0, ErrorCode.CANCEL])
      // The budget is 1,000 resets, and 33 more for each second that they take.
      const both = Array.from({ length: 1200 }, (_, i) =>
        Buffer.concat([
          request(1 + 2 * i, '/reset'),
          encodeFrame(Type.RST_STREAM, 0, 1 + 2 * i, cancel),
        ]),
      )
      client.socket.write(Buffer.concat(both))
      await expectGoaway(attacked, client, ErrorCode.INTERNAL_ERROR)
      // The reads of the system may part a request from its reset.
      const { begun } = await attacked.state()
      expect(begun['/reset'] ?? 0).toBeLessThan(5)
      await honest.expectServed()
    },
  )
}

function suiteOfOneApi(target: Target): void {
  it('a client that goes on sending is dropped after 16 MiB', async () => {
    await using attacked = await target.openFor('handler')
    await using client = await RawClient.connect(target, [], attacked.port)
    client.frame(Type.WINDOW_UPDATE, 0, 0, zero)
    const mebibyte = Buffer.alloc(1024 * 1024)
    let sent = 0
    // What the system holds on the way is sent as well.
    for (; sent < 64 && !client.socket.destroyed; sent++) await send(client, mebibyte)
    expect(sent).toBeGreaterThanOrEqual(16)
    expect(sent).toBeLessThan(64)
    await attacked.expectUnharmed()
  })
}

const name = 'what ends a session in the read of requests'
describeTargets(name, suite)
describeTargets(name, suite, 'TLS')
describeTargets('a session that has ended', suiteOfOneApi)
describeTargets('a session that has ended', suiteOfOneApi, 'TLS')
