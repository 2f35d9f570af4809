/** What Node's HTTP/2 had advisories for in 2026, on each runtime. */
import { expect, it } from 'vitest'
import { ErrorCode } from '../../src/common/errors.ts'
import { apis, describeTargets, HonestClient, type Target } from '../support/abuse/target.ts'
import { posting } from '../support/abuse/wire.ts'
import { describeProgram } from '../support/program-server.ts'
import { get, RawHttp1, statusesIn } from '../support/raw-http1.ts'
import {
  encodeFields,
  encodeFrame,
  END_HEADERS,
  END_STREAM,
  RawClient,
  requestFields,
  Type,
} from '../support/raw-client.ts'

const advisories = {
  connectionWindow: 'CVE-2026-21714, a window of the connection beyond 2^31-1',
  streamWindow: 'CVE-2026-21714, a window of a stream beyond 2^31-1',
  afterGoaway: 'CVE-2026-48937, requests behind a protocol error',
  origins: 'CVE-2026-48619, ORIGIN without end',
  verbs: 'nodejs/node#64113, RST_STREAM while bytes are taken in',
  fields: 'more header fields than the limit',
  proto: 'CVE-2026-21710, a field named __proto__',
} as const

const mostIncrement = Buffer.from([0x7f, 0xff, 0xff, 0xff])
const clients = 20
const manyFields = Array.from({ length: 200 }, (_, i): [string, string] => [`x-${i}`, 'v'])

/** Mistakes, by their frames; the streams before them wait for windows. */
const mistakes = [
  {
    advisory: advisories.connectionWindow,
    frames: encodeFrame(Type.WINDOW_UPDATE, 0, 0, mostIncrement),
  },
  {
    advisory: advisories.streamWindow,
    // The window is 0 before them.
    frames: Buffer.concat([1, 2].map(() => encodeFrame(Type.WINDOW_UPDATE, 0, 1, mostIncrement))),
  },
] as const

function suite(target: Target): void {
  const cases = mistakes.flatMap((mistake) => apis.map((api) => ({ ...mistake, api })))

  it.each(cases)('$advisory, $api: GOAWAY, and all of the connection is gone', async (one) => {
    await using attacked = await target.openFor(one.api)
    const connect = (): Promise<RawClient> => RawClient.connect(target, [[4, 1000]], attacked.port)
    const attack = async (): Promise<number> => {
      await using client = await connect()
      client.get(1, '/download?size=100000')
      client.socket.write(posting(3, '/read?how=reader'))
      await client.nextOf(Type.DATA, 1)
      client.socket.write(one.frames)
      return (await client.goaway()).errorCode
    }
    // The first session makes what all sessions share.
    await attack()
    const { stats: before } = await attacked.until(({ stats }) => stats.connectionsOpen === 0)
    const honest = new HonestClient(attacked)
    const codes = await Promise.all(Array.from({ length: clients }, attack))
    expect(codes).toEqual(codes.map(() => ErrorCode.FLOW_CONTROL_ERROR))
    await honest.expectServed()
    const { stats } = await attacked.until((state) => state.stats.connectionsOpen === 0)
    expect([stats.streamsOpen, stats.memory.used]).toEqual([0, before.memory.used])
    const { reports } = await attacked.expectUnharmed()
    expect(reports.filter(({ source }) => source !== 'connection')).toEqual([])
    expect(reports).toHaveLength(clients + 1)
  })

  it.each(apis)(`${advisories.afterGoaway}, %s: no handler is told of them`, async (api) => {
    await using attacked = await target.openFor(api)
    await using client = await RawClient.connect(target, [], attacked.port)
    const late = Array.from({ length: 100 }, (_, i) => {
      const block = encodeFields(requestFields('GET', '/late'))
      return encodeFrame(Type.HEADERS, END_HEADERS | END_STREAM, 1 + 2 * i, block)
    })
    client.socket.write(encodeFrame(Type.DATA, 0, 0, Buffer.alloc(4)))
    client.socket.write(Buffer.concat(late))
    expect((await client.goaway()).errorCode).toBe(ErrorCode.PROTOCOL_ERROR)
    client.socket.write(Buffer.concat(late))
    client.socket.end()
    await client.closed
    const { begun, stats } = await attacked.until((state) => state.stats.connectionsOpen === 0)
    expect([begun, stats.streamsOpen]).toEqual([{}, 0])
    expect((await attacked.expectUnharmed()).reports).toHaveLength(1)
  })

  it.each(apis)(`${advisories.fields}, HTTP/2, %s: 431, and other streams go on`, async (api) => {
    await using attacked = await target.openFor(api)
    await using client = await RawClient.connect(target, [], attacked.port)
    client.get(1, '/events?size=300')
    client.socket.cork()
    for (let i = 0; i < 50; i++) client.get(3 + 4 * i, '/hello', manyFields)
    for (let i = 0; i < 50; i++) client.get(203 + 2 * i, '/hello')
    // Trailers have the same limit.
    client.socket.write(posting(401, '/read?how=reader'))
    client.headers(401, manyFields, END_HEADERS | END_STREAM)
    client.socket.uncork()
    const statusOf = async (streamId: number): Promise<string> =>
      (await client.nextOf(Type.HEADERS, streamId)).fields[0]![1]
    const refused = await Promise.all(Array.from({ length: 49 }, (_, i) => statusOf(3 + 4 * i)))
    expect(new Set(refused)).toEqual(new Set(['431']))
    expect(await statusOf(301)).toBe('200')
    expect(await statusOf(401)).toBe('431')
    await client.next(({ streamId, flags }) => streamId === 1 && (flags & END_STREAM) !== 0)
    expect(await client.isAlive()).toBe(true)
    await attacked.expectUnharmed()
  })

  it.each(apis)(
    `${advisories.fields}, HTTP/1.1, %s: 431, and other connections go on`,
    async (api) => {
      await using attacked = await target.openFor(api)
      await using other = await RawHttp1.open(attacked.port)
      other.send(get('/events?size=300'))
      const fields = manyFields.map(([name, value]) => `${name}: ${value}`)
      const texts = await Promise.all(
        Array.from({ length: clients }, () =>
          RawHttp1.talk(attacked.port, get('/hello', ...fields)),
        ),
      )
      expect(texts.map(statusesIn)).toEqual(texts.map(() => [431]))
      await other.until(/\r\n0\r\n\r\n$/)
      other.send(get('/hello'))
      await other.until(/hello$/)
      await attacked.expectUnharmed()
    },
  )

  it.each(apis)(`${advisories.proto}, %s: an ordinary field`, async (api) => {
    await using attacked = await target.openFor(api)
    await using client = await RawClient.connect(target, [], attacked.port)
    client.get(1, '/hello', [['__proto__', 'x']])
    expect(String((await client.nextOf(Type.DATA, 1)).payload)).toBe('hello')
    const text = await RawHttp1.talk(
      attacked.port,
      get('/hello', '__proto__: x', 'Connection: close'),
    )
    expect(statusesIn(text)).toEqual([200])
    await attacked.expectUnharmed()
  })
}

describeTargets("Node's advisories of 2026", suite)

const callbacks = ['constructor', 'headers', 'data', 'done', 'close'] as const

describeProgram('test/abuse/fixture/advisories.ts', "Node's advisories of 2026", (server) => {
  it(`${advisories.origins}: the session of a client holds none of them`, () => {
    const results = server.lines().filter(({ event }) => event === 'origins')
    expect(results).toHaveLength(2)
    for (const result of results) {
      expect(result).toMatchObject({ isAlive: true })
      // A frame at a time.
      expect(result['held']).toBeLessThan(64 * 1024)
      expect(result['growth']).toBeLessThan(8 << 20)
    }
    expect(results[0]).toMatchObject({ isEmpty: false, isTold: true })
  })

  it(`${advisories.verbs}: any verb at any event of a session`, () => {
    const [ofServer, ofClient] = server.lines().filter(({ event }) => event === 'verbs')
    expect(ofServer).toMatchObject({ isServer: true, failures: [], used: 0 })
    expect(ofClient).toMatchObject({ isServer: false, failures: [], used: 0 })
    expect(ofServer!['types']).toEqual(
      expect.arrayContaining(['RequestReceived', 'DataReceived', 'StreamReset', 'StreamClosed']),
    )
    expect(ofClient!['types']).toEqual(
      expect.arrayContaining(['ResponseReceived', 'DataReceived', 'PushPromised', 'StreamClosed']),
    )
  })

  it(`${advisories.verbs}: handlers that fail in each callback, in one read`, async () => {
    const before = server.lines().length
    await using client = await RawClient.connect(server)
    client.socket.cork()
    callbacks.forEach((place, i) => {
      client.socket.write(posting(1 + 2 * i, `/throw/${place}`))
      client.data(1 + 2 * i, 'a body')
      client.headers(1 + 2 * i, [['x-trailer', 'a']], END_HEADERS | END_STREAM)
    })
    client.get(11, '/')
    client.socket.uncork()
    expect(String((await client.nextOf(Type.DATA, 11)).payload)).toBe('fine')
    for (const streamId of [1, 3, 5, 7]) {
      const { payload } = await client.nextOf(Type.RST_STREAM, streamId)
      expect(payload.readUInt32BE()).toBe(ErrorCode.INTERNAL_ERROR)
    }
    expect(String((await client.nextOf(Type.DATA, 9)).payload)).toBe('done')
    expect(await client.isAlive()).toBe(true)
    const reports = () => server.lines().slice(before)
    await expect.poll(() => reports().length).toBe(callbacks.length)
    expect(
      reports()
        .map(({ message }) => message)
        .sort(),
    ).toEqual([...callbacks].sort())
  })

  it.each(callbacks)(
    `${advisories.verbs}: a handler that closes its session in the callback %s`,
    async (place) => {
      const before = server.lines().length
      await using client = await RawClient.connect(server)
      client.socket.cork()
      client.socket.write(posting(1, `/leave/${place}`))
      client.data(1, 'a body')
      client.headers(1, [['x-trailer', 'a']], END_HEADERS | END_STREAM)
      client.socket.uncork()
      expect(await client.goaway()).toEqual({ lastStreamId: 1, errorCode: ErrorCode.NO_ERROR })
      expect(String((await client.nextOf(Type.DATA, 1)).payload)).toBe('done')
      expect(server.lines().slice(before)).toEqual([])
    },
  )

  it('no rejection or exception was left to the process', async () => {
    server.program.kill('SIGTERM')
    expect(await server.line('end')).toMatchObject({ uncaught: 0 })
    expect(await server.program.exited).toMatchObject({ code: 0, stderr: '' })
  })
})
