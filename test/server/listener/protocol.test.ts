import { expect, it } from 'vitest'
import { describeServers } from '../../support/server.ts'
import {
  ACK,
  encodeFields,
  encodeFrame,
  END_HEADERS,
  END_STREAM,
  RawClient,
  requestFields,
  Type,
} from '../../support/raw-client.ts'

describeServers('frames on a connection', (server) => {
  it('SETTINGS come first, and say what the server takes', async () => {
    await using client = await RawClient.connect(server)
    const [first] = client.frames
    expect(first).toMatchObject({ type: Type.SETTINGS, flags: 0, streamId: 0 })
    const settings = new Map<number, number>()
    for (let at = 0; at < first!.payload.length; at += 6) {
      settings.set(first!.payload.readUInt16BE(at), first!.payload.readUInt32BE(at + 2))
    }
    expect(settings.get(3)).toBe(128)
    expect(settings.get(4)).toBeGreaterThanOrEqual(1 << 20)
    expect(settings.get(6)).toBe(65_536)
    // The connection's window opens once there is a body to send.
    client.headers(1, requestFields('POST', '/echo'))
    client.data(1, 'x')
    const update = await client.nextOf(Type.WINDOW_UPDATE, 0)
    expect(update.payload.readUInt32BE()).toBeGreaterThan(1 << 20)
  })

  it('PING is answered with its bytes', async () => {
    await using client = await RawClient.connect(server)
    client.frame(Type.PING, 0, 0, Buffer.from('12345678'))
    const { flags, payload } = await client.nextOf(Type.PING)
    expect([flags, payload.toString()]).toEqual([ACK, '12345678'])
  })

  it('a request byte by byte', async () => {
    await using client = await RawClient.connect(server)
    const request = encodeFields(requestFields('GET', '/'))
    const frame = encodeFrame(Type.HEADERS, END_HEADERS | END_STREAM, 1, request)
    for (const byte of frame) {
      client.socket.write(Uint8Array.of(byte))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await client.nextOf(Type.DATA, 1)).payload.toString()).toBe('nghttp2 FTW\n')
  })

  it('a header block in CONTINUATION frames', async () => {
    await using client = await RawClient.connect(server)
    const block = encodeFields([...requestFields('GET', '/'), ['x-long', 'x'.repeat(5000)]])
    client.frame(Type.HEADERS, END_STREAM, 1, block.subarray(0, 20))
    client.frame(Type.CONTINUATION, 0, 1, block.subarray(20, 100))
    client.frame(Type.CONTINUATION, END_HEADERS, 1, block.subarray(100))
    expect((await client.nextOf(Type.DATA, 1)).payload.toString()).toBe('nghttp2 FTW\n')
  })

  it('padding of headers and data', async () => {
    await using client = await RawClient.connect(server)
    const padded = (bytes: Uint8Array): Buffer =>
      Buffer.concat([Buffer.of(7), bytes, Buffer.alloc(7)])
    const fields = encodeFields(requestFields('POST', '/echo'))
    client.frame(Type.HEADERS, END_HEADERS | 8, 1, padded(fields))
    client.frame(Type.DATA, 8, 1, padded(Buffer.from('padded ')))
    client.frame(Type.DATA, 8 | END_STREAM, 1, padded(Buffer.from('body')))
    expect((await client.nextOf(Type.DATA, 1)).payload.toString()).toBe('padded body')
  })

  it('a frame of an unknown type, and PRIORITY, are ignored', async () => {
    await using client = await RawClient.connect(server)
    client.frame(0xee, 0xff, 0, Buffer.from('what is this'))
    client.frame(0xee, 0, 7, Buffer.alloc(0))
    client.frame(Type.PRIORITY, 0, 1, Buffer.from([0, 0, 0, 0, 15]))
    client.get(3, '/')
    expect((await client.nextOf(Type.DATA, 3)).payload.toString()).toBe('nghttp2 FTW\n')
  })

  it.each([
    ['DATA on stream 0', Type.DATA, 0, 0, 'x'],
    ['HEADERS on stream 0', Type.HEADERS, END_HEADERS, 0, 'x'],
    ['HEADERS on an even stream', Type.HEADERS, END_HEADERS, 2, '\x82'],
    ['SETTINGS on a stream', Type.SETTINGS, 0, 1, ''],
    ['PUSH_PROMISE by a client', Type.PUSH_PROMISE, END_HEADERS, 1, '\0\0\0\x02'],
    ['CONTINUATION out of turn', Type.CONTINUATION, END_HEADERS, 1, ''],
    ['WINDOW_UPDATE by nothing', Type.WINDOW_UPDATE, 0, 0, '\0\0\0\0'],
    ['RST_STREAM of an idle stream', Type.RST_STREAM, 0, 9, '\0\0\0\0'],
  ])('%s ends the connection with PROTOCOL_ERROR', async (_, type, flags, streamId, payload) => {
    await using client = await RawClient.connect(server)
    client.frame(type, flags, streamId, Buffer.from(payload, 'latin1'))
    expect((await client.goaway()).errorCode).toBe(1)
  })

  it.each([
    ['PING of seven bytes', Type.PING, 7],
    ['SETTINGS of five bytes', Type.SETTINGS, 5],
    ['a frame longer than we take', Type.PING, 20_000],
  ])('%s: FRAME_SIZE_ERROR', async (_, type, length) => {
    await using client = await RawClient.connect(server)
    client.frame(type, 0, 0, Buffer.alloc(length))
    expect((await client.goaway()).errorCode).toBe(6)
  })

  it('a header block that cannot be decoded: COMPRESSION_ERROR', async () => {
    await using client = await RawClient.connect(server)
    client.frame(Type.HEADERS, END_HEADERS | END_STREAM, 1, Buffer.from([0xff, 0xff, 0xff, 0xff]))
    expect((await client.goaway()).errorCode).toBe(9)
    expect(await server.line('error', 'COMPRESSION_ERROR')).toMatchObject({ source: 'connection' })
  })

  it.each([
    [
      'no :path',
      [
        [':method', 'GET'],
        [':scheme', 'http'],
      ],
    ],
    ['two paths', [...requestFields('GET', '/'), [':path', '/two']]],
    ['a pseudo-header field last', [['x-a', '1'], ...requestFields('GET', '/')]],
    ['an upper-case name', [...requestFields('GET', '/'), ['X-Upper', '1']]],
    ['connection', [...requestFields('GET', '/'), ['connection', 'close']]],
    ['transfer-encoding', [...requestFields('GET', '/'), ['transfer-encoding', 'chunked']]],
    ['te', [...requestFields('GET', '/'), ['te', 'gzip']]],
    ['a line break in a value', [...requestFields('GET', '/'), ['x-a', 'a\r\nb']]],
    [
      'two lengths',
      [...requestFields('POST', '/'), ['content-length', '1'], ['content-length', '2']],
    ],
  ] as [string, [string, string][]][])('a malformed request is reset: %s', async (_, fields) => {
    await using client = await RawClient.connect(server)
    client.headers(1, fields, END_HEADERS | END_STREAM)
    const { payload } = await client.nextOf(Type.RST_STREAM, 1)
    expect(payload.readUInt32BE()).toBe(1)
    expect(await client.isAlive()).toBe(true)
  })

  it('trailers without END_STREAM, and with a pseudo-header field', async () => {
    await using client = await RawClient.connect(server)
    client.get(1, '/echo', [], END_HEADERS)
    client.headers(1, [[':path', '/']], END_HEADERS | END_STREAM)
    expect((await client.nextOf(Type.RST_STREAM, 1)).payload.readUInt32BE()).toBe(1)
    client.get(3, '/echo', [], END_HEADERS)
    client.headers(3, [['x-sum', '1']], END_HEADERS)
    expect((await client.nextOf(Type.RST_STREAM, 3)).payload.readUInt32BE()).toBe(1)
    expect(await client.isAlive()).toBe(true)
  })

  it('bytes that are no HTTP at all', async () => {
    await using client = await RawClient.open(server)
    client.socket.write(
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 3]),
    )
    client.socket.write(Buffer.alloc(100))
    expect((await client.goaway()).errorCode).toBe(1)
    const errors = server.lines().filter(({ code }) => code === 'NGHTTP2_ERR_BAD_CLIENT_MAGIC')
    expect(errors).toHaveLength(1)
  })

  it('a connection without a word', async () => {
    await using client = await RawClient.open(server)
    client.socket.end()
    await client.ended()
    await using other = await server.connect()
    expect((await other.get('/')).status).toBe(200)
  })

  it.each([0, 1])('a flow-control window that overflows, of stream %i', async (streamId) => {
    await using client = await RawClient.connect(server)
    client.get(1, '/hold', [], END_HEADERS)
    client.windowUpdate(streamId, 0x7fffffff)
    expect((await client.goaway()).errorCode).toBe(3)
  })

  it('SETTINGS that change the windows of open streams', async () => {
    await using client = await RawClient.connect(server, [[4, 5]])
    client.get(1, '/')
    const { payload } = await client.nextOf(Type.DATA, 1)
    expect(payload.toString()).toBe('nghtt')
    client.settings([[4, 100]])
    const rest = await client.next(({ type, flags }) => type === Type.DATA && flags === END_STREAM)
    expect(rest.payload.toString()).toBe('p2 FTW\n')
  })

  it('frames no larger than the client takes', async () => {
    await using client = await RawClient.connect(server, [
      [4, 1 << 20],
      [5, 16_384],
    ])
    client.windowUpdate(0, 8 << 20)
    client.get(1, '/download?size=500000')
    await client.next(({ type, flags }) => type === Type.DATA && (flags & END_STREAM) !== 0)
    const sizes = client.frames.map(({ payload }) => payload.length)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16_384)
    expect(sizes.reduce((sum, size) => sum + size)).toBeGreaterThan(500_000)
  })
})
