import { beforeAll, describe, expect, it } from 'vitest'
import { HDDeflater, HDInflater } from '../../src/engine/hpack/index.ts'
import { Engine, HTTP1Session, HTTP2Error, type Limits, Session } from '../../src/engine/index.ts'
import { debugModule } from '../support/debug-engine.ts'
import { ACK, Type, frame, hpackString, join, literals, u32 } from '../support/engine/frames.ts'
import { Pair, post, request } from '../support/engine/pair.ts'

const always = 0xffff_ffff
const ok = { ':status': '200', 'x-served-by': 'a name that goes into the table' }
const unfinished = { endStream: false }
const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7)

/** Errors that a verb may throw where memory ran out before or during the call. */
const answers = new Set([
  'NGHTTP2_ERR_NOMEM',
  'NGHTTP2_ERR_START_STREAM_NOT_ALLOWED',
  // A stream that could not be opened, or was reset, or went with its connection.
  'NGHTTP2_ERR_STREAM_CLOSED',
  'NGHTTP2_ERR_INVALID_STREAM_STATE',
  'NGHTTP2_ERR_INVALID_ARGUMENT',
  'NGHTTP2_ERR_INVALID_STATE',
  'NGHTTP2_ERR_CALLBACK_FAILURE',
  'NGHTTP2_ERR_DATA_EXIST',
  'NGHTTP2_ERR_PUSH_DISABLED',
  // A decoder that has missed some of a block.
  'NGHTTP2_ERR_HEADER_COMP',
])

/** Every verb once, on sessions that may fail at any of them. */
class Conversation {
  readonly codes = new Set<string>()
  readonly #engine: Engine
  readonly #limits: Limits
  readonly #owned: { dispose(): void }[] = []

  constructor(engine: Engine, limits: Limits = {}) {
    this.#engine = engine
    this.#limits = limits
  }

  run(): void {
    const options = { engine: this.#engine, limits: this.#limits }
    const client = this.#make(() => Session.client({ ...options, settings: { enablePush: true } }))
    const server = this.#make(() => Session.server({ ...options, padding: 10 }))
    if (client && server)
      this.#talk(Object.assign(Object.create(Pair.prototype), { client, server }))
    this.#upgrade()
    this.#compress()
  }

  dispose(): void {
    for (const owned of this.#owned) owned.dispose()
  }

  #make<T extends { dispose(): void }>(make: () => T): T | undefined {
    const made = this.#try(make)
    if (made) this.#owned.push(made)
    return made
  }

  #try<T>(verb: () => T): T | undefined {
    try {
      return verb()
    } catch (error) {
      if (!(error instanceof HTTP2Error)) throw error
      this.codes.add(error.code)
      return undefined
    }
  }

  /** Carries bytes both ways, as long as there are some. */
  #flow(pair: Pair): void {
    const { failure } = this.#engine
    if (failure) throw failure
    // Never throws: a failure is an event, and the session's `failure`.
    pair.flow()
    for (const session of [pair.client, pair.server]) {
      if (session.failure) this.codes.add(session.failure.code)
    }
  }

  #talk(pair: Pair): void {
    const { client, server } = pair
    const say = (verb: () => unknown): void => void this.#try(verb)
    this.#flow(pair)
    const id = this.#try(() => client.submitRequest(post, unfinished)) ?? 1
    this.#flow(pair)
    say(() => server.submitInformational(id, { ':status': '103', link: '</x>' }))
    say(() => client.sendData(id, bytes(500)))
    say(() => client.sendData(id, bytes(500)))
    say(() => client.sendData(id, bytes(5000)))
    this.#flow(pair)
    say(() => server.consume(id, 6000))
    const promised = this.#try(() => server.submitPushPromise(id, request)) ?? 2
    say(() => server.submitResponse(promised, ok, { body: bytes(3000) }))
    say(() => server.submitResponse(id, ok, unfinished))
    say(() => server.sendData(id, bytes(700)))
    say(() => client.submitTrailers(id, { 'x-sum': '1' }))
    this.#flow(pair)
    say(() => server.sendData(id, bytes(700)))
    say(() => server.submitTrailers(id, { 'x-sum': '1' }))
    this.#flow(pair)
    const large = this.#try(() => client.submitRequest(post, { body: bytes(10_000) })) ?? 3
    this.#flow(pair)
    say(() => server.changePriority(large, { urgency: 1, incremental: true }))
    say(() =>
      server.submitResponse(
        large,
        { ...ok, 'x-long': 'v'.repeat(70_000) },
        { body: bytes(10_000) },
      ),
    )
    this.#control(pair)
    this.#flow(pair)
    this.#frames(pair)
    say(() => server.submitShutdownNotice())
    say(() => server.submitGoaway(0, 1, 'debug'))
    this.#flow(pair)
    say(() => client.terminate())
    this.#flow(pair)
  }

  #control({ client, server }: Pair): void {
    const say = (verb: () => unknown): void => void this.#try(verb)
    for (const session of [client, server]) {
      say(() => session.submitPing())
      say(() => session.submitSettings({ headerTableSize: 8192, initialWindowSize: 70_000 }))
      say(() => session.setLocalWindowSize(0, 1 << 20))
      say(() => session.submitWindowUpdate(0, 100))
      say(() => session.submitUnknownFrame(0xf0, 0, 0, bytes(2000)))
    }
    say(() => server.submitAltsvc(0, 'http://x', 'h2=":1"'))
    say(() => server.submitOrigin(['https://a', 'https://b']))
    const id = this.#try(() => client.submitRequest(post, unfinished)) ?? 5
    say(() => client.submitPriorityUpdate(id, 'u=1'))
    say(() => client.submitRstStream(id))
  }

  /** Frames that no session of ours sends. */
  #frames({ server }: Pair): void {
    const stored = join(Uint8Array.of(0x40), hpackString('x'), hpackString('v'.repeat(3000)))
    server.receive(
      join(
        frame(0xf1, 0, 0, bytes(300)),
        frame(Type.PRIORITY_UPDATE, 0, 0, join(u32(1), Uint8Array.of(0x75, 0x3d, 0x31))),
        frame(Type.HEADERS, 5, 101, literals(['Bad', 'v'])),
        frame(Type.HEADERS, 5, 103, join(stored, new Uint8Array(200).fill(0xbe))),
        frame(Type.PING, ACK, 0, bytes(8)),
        frame(Type.GOAWAY, 0, 0, join(u32(0, 0), bytes(20))),
      ),
    )
  }

  #upgrade(): void {
    const client = this.#make(() => Session.client({ engine: this.#engine, limits: this.#limits }))
    const payload = client && this.#try(() => client.packSettings({ maxConcurrentStreams: 3 }))
    if (client && payload) this.#try(() => client.upgrade(payload))
    if (client && !client.failure) client.bytesToSend()
  }

  #compress(): void {
    const deflater = this.#make(() => new HDDeflater(4096, this.#engine))
    const inflater = this.#make(() => new HDInflater(this.#engine))
    if (!deflater || !inflater) return
    const long = [['x-kept', 'v'.repeat(300)]] as const
    for (let i = 0; i < 2; i++) {
      const block = this.#try(() => deflater.deflate(long))
      if (block) this.#try(() => inflater.inflate(block))
      this.#try(() => inflater.getHdTable())
    }
    this.#try(() => deflater.changeTableSize(100))
    this.#try(() => inflater.changeTableSize(100))
  }
}

describe('an allocation that fails', () => {
  let module: WebAssembly.Module
  let engine: Engine
  let used: number
  let live: number
  let allocations: number
  const fail = (first: number, count: number): void =>
    engine.exports.nw_debug_fail_allocations!(first, count)

  function renew(): void {
    engine = new Engine({ module })
    used = engine.memoryUsage().used
  }

  /** Runs the conversation, ends it, and checks that all memory is free; gives the errors of verbs and sessions. */
  function conversation(first: number, count: number, limits: Limits = {}): Set<string> {
    const talk = new Conversation(engine, limits)
    fail(first, count)
    try {
      talk.run()
    } finally {
      allocations = engine.exports.nw_debug_allocations!()
      fail(0, 0)
      talk.dispose()
    }
    expect(engine.failure).toBeUndefined()
    expect(engine.memoryUsage().used).toBe(used)
    return talk.codes
  }

  beforeAll(async () => {
    module = await debugModule()
    renew()
  }, 300_000)

  it('none: nothing fails, and there are many that could', () => {
    // Regions have grown, and what is made once is there.
    expect(conversation(0, 0)).toEqual(new Set())
    live = engine.exports.nw_debug_live!()
    expect(conversation(0, 0)).toEqual(new Set())
    expect(allocations).toBeGreaterThan(100)
    expect(engine.exports.nw_debug_live!()).toBe(live)
  })

  it.each([
    ['one by one', 1],
    ['each, and all behind it', always],
  ])(
    '%s: a verb or a session says so, nothing traps, and all memory comes back',
    (_, count) => {
      renew()
      conversation(0, 0)
      const last = allocations
      live = engine.exports.nw_debug_live!()
      const unheard: number[] = []
      for (let first = 1; first <= last; first++) {
        const codes = conversation(first, count)
        if (codes.size === 0) unheard.push(first)
        for (const code of codes) expect(answers, `at allocation ${first}`).toContain(code)
        expect(engine.exports.nw_debug_live!(), `at allocation ${first}`).toBe(live)
      }
      // Some failures show only at the peer: a stream that is reset.
      expect(unheard.length).toBeLessThan(last / 10)
      expect(conversation(0, 0)).toEqual(new Set())
    },
    120_000,
  )

  it('in the first sessions of an engine: those that follow are sound', () => {
    for (let first = 1; first <= 40; first++) {
      for (const count of [1, always]) {
        renew()
        conversation(first, count)
        expect(conversation(0, 0), `after allocation ${first}`).toEqual(new Set())
      }
    }
  }, 120_000)

  it('by the limit of the session is met in the same way, whatever the limit', () => {
    renew()
    let failed = 0
    for (let maxSessionMemory = 1000; maxSessionMemory < 200_000; maxSessionMemory += 500) {
      const codes = conversation(0, 0, { maxSessionMemory })
      for (const code of codes) expect(answers, `with ${maxSessionMemory} bytes`).toContain(code)
      failed += codes.size > 0 ? 1 : 0
    }
    expect(failed).toBeGreaterThan(50)
    expect(conversation(0, 0)).toEqual(new Set())
  }, 120_000)
})

describe('an allocation that fails in a session of HTTP/1.1', () => {
  const fields = Array.from({ length: 40 }, (_, i) => `x-${i}: ${'v'.repeat(i)}\r\n`).join('')
  const chunked = `transfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n${fields}\r\n`
  const requests = encode(`POST /${'p'.repeat(300)} HTTP/1.1\r\nhost: a\r\n${fields}${chunked}`)
  const responses = encode(`HTTP/1.1 103 Early Hints\r\n${fields}\r\nHTTP/1.1 200 OK\r\n${chunked}`)
  let module: WebAssembly.Module
  let allocations: number

  beforeAll(async () => {
    module = await debugModule()
  }, 300_000)

  /** Reads messages in pieces of `size` bytes on both sides. What was told, or the code of the error; nothing else is thrown. */
  function read(engine: Engine, size: number, first: number, count: number): string[] {
    const { used } = engine.memoryUsage()
    const told: string[] = []
    engine.exports.nw_debug_fail_allocations!(first, count)
    for (const side of ['server', 'client'] as const) {
      let session: HTTP1Session | undefined
      try {
        session = HTTP1Session[side]({ engine })
        const input = side === 'server' ? requests : responses
        for (let at = 0; at < input.length; at += size) {
          told.push(...session.receive(input.slice(at, at + size)).map(({ type }) => type))
        }
      } catch (error) {
        if (!(error instanceof HTTP2Error)) throw error
        told.push(error.code)
        if (session) expect(session.failure?.code).toBe(error.code)
      }
      session?.dispose()
    }
    allocations = engine.exports.nw_debug_allocations!()
    engine.exports.nw_debug_fail_allocations!(0, 0)
    expect(engine.failure).toBeUndefined()
    expect(engine.memoryUsage().used).toBe(used)
    return told
  }

  const sizes = [1, 100, 1000, 10_000]

  it.each(sizes)(
    'heads in pieces of %i bytes: an error, no trap, and all memory comes back',
    (size) => {
      const engine = new Engine({ module })
      const sound = read(engine, size, 0, 0)
      const live = engine.exports.nw_debug_live!()
      const expected = ['RequestReceived', 'InformationalReceived', 'ResponseReceived']
      expect(sound).toEqual(expect.arrayContaining([...expected, 'TrailersReceived']))
      expect(sound).not.toContain('NGHTTP2_ERR_NOMEM')
      expect(read(engine, size, 0, 0)).toEqual(sound)
      const last = allocations
      expect(last).toBeGreaterThan(1)
      for (let first = 1; first <= last; first++) {
        for (const count of [1, always]) {
          const told = read(engine, size, first, count)
          expect(told, `at allocation ${first}`).toContain('NGHTTP2_ERR_NOMEM')
          expect(engine.exports.nw_debug_live!(), `at allocation ${first}`).toBe(live)
        }
      }
      expect(read(engine, size, 0, 0)).toEqual(sound)
    },
  )

  it('in the first sessions of an engine: those that follow are sound', () => {
    const sound = read(new Engine({ module }), 100, 0, 0)
    const last = allocations
    for (let first = 1; first <= last; first++) {
      const engine = new Engine({ module })
      expect(read(engine, 100, first, 1), `at allocation ${first}`).toContain('NGHTTP2_ERR_NOMEM')
      expect(read(engine, 100, 0, 0), `after allocation ${first}`).toEqual(sound)
    }
  })
})
