import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, makeCertificate } from '../support/certificate.ts'
import { runtimeNames } from '../support/processes.ts'
import { closed, Listener, readAll } from '../support/transport/listener.ts'

const mebibyte = 1 << 20
const certificate: Certificate = await makeCertificate()
/** On Deno, the socket of a listener that was handed over is one of node:net. */
const onDescriptor = { runtime: 'deno', security: 'cleartext, by fd', tls: null, fd: 3 } as const
const cases = [
  ...runtimeNames.flatMap((runtime) => [
    { runtime, security: 'cleartext', tls: null, fd: undefined },
    { runtime, security: 'TLS', tls: certificate, fd: undefined },
  ]),
  ...(runtimeNames.includes('deno') ? [onDescriptor] : []),
]

describe.each(cases)('a transport of $runtime, $security', ({ runtime, tls, fd }) => {
  let listener: Listener
  beforeAll(async () => {
    listener = await Listener.start(runtime, tls, fd === undefined ? {} : { fd })
  })
  afterEach(async () => {
    // The listener goes on, and the contract of the sink was kept.
    expect(await listener.ask('count')).toBe('received 0\n')
    expect(listener.lines().filter(({ event }) => event === 'bug')).toEqual([])
  })
  afterAll(() => listener?.[Symbol.asyncDispose]())

  it.each(['echo', 'echo by slices'])(
    '%s: 64 MiB at a slow pace, in bounded memory',
    async (line) => {
      const socket = await listener.connect()
      socket.write(`${line}\n`)
      const rssBefore = Number(await listener.ask('rss'))
      const block = randomBytes(mebibyte)
      const sent = createHash('sha256')
      const received = createHash('sha256')
      const writing = (async () => {
        for (let i = 0; i < 64; i++) {
          sent.update(block)
          if (!socket.write(block)) await once(socket, 'drain')
        }
        socket.end()
      })()
      // The client does not read yet: what the peer may buffer fills up, and the writer must stop.
      await sleep(500)
      expect(socket.bytesWritten).toBeLessThan(40 * mebibyte)
      const rssAfter = Number(await listener.ask('rss'))
      expect((rssAfter - rssBefore) / mebibyte).toBeLessThan(40)
      let total = 0
      for await (const chunk of socket as AsyncIterable<Buffer>) {
        received.update(chunk)
        total += chunk.length
      }
      await writing
      expect(total).toBe(64 * mebibyte)
      expect(received.digest('hex')).toBe(sent.digest('hex'))
      expect(await listener.line('close', `"line":"${line}"`)).toMatchObject({
        received: 64 * mebibyte,
        error: null,
      })
    },
    60_000,
  )

  it('many small writes arrive in order, and the end after them', async () => {
    const lines = (await listener.ask('lines')).split('\n')
    expect(lines).toHaveLength(20_001)
    expect(lines.every((line, i) => line === (i < 20_000 ? `line ${i}` : ''))).toBe(true)
  })

  it('a write does not wait for the acknowledgement of the one before', async () => {
    const socket = await listener.connect()
    let arrivals = 0
    socket.on('data', () => (arrivals += 1))
    socket.write('pieces\n')
    const bytes = await readAll(socket)
    expect(bytes.length).toBe(60 * 'a piece\n'.length)
    // By Nagle's algorithm, one in 40 milliseconds; a client that waits for the processor joins a few.
    expect(arrivals).toBeGreaterThan(15)
    socket.end()
    await listener.line('close', '"line":"pieces"')
  })

  it('a flood to a slow reader waits for it', async () => {
    const socket = await listener.connect()
    const rssBefore = Number(await listener.ask('rss'))
    socket.write('flood\n')
    await sleep(500)
    const rssAfter = Number(await listener.ask('rss'))
    expect((rssAfter - rssBefore) / mebibyte).toBeLessThan(40)
    const bytes = await readAll(socket)
    expect(bytes.length).toBe(64 * mebibyte)
    expect(bytes.every((byte) => byte === 0x66)).toBe(true)
    socket.end()
    await listener.line('close', '"line":"flood"')
  }, 60_000)

  it('what was written before the end arrives', async () => {
    const socket = await listener.connect()
    socket.write('last\n')
    await sleep(100)
    const bytes = await readAll(socket)
    expect(bytes.length).toBe(8 * mebibyte)
    expect(bytes.every((byte) => byte === 0x6c)).toBe(true)
    socket.end()
    expect(await listener.line('close', '"line":"last"')).toMatchObject({ error: null })
  })

  it('large and small writes arrive in order, and none behind the end; at last no byte is unsent', async () => {
    const socket = await listener.connect()
    socket.write('mixed\n')
    await sleep(100)
    const bytes = await readAll(socket)
    expect(bytes.length).toBe(3_470_017)
    expect(bytes.findIndex((byte, i) => byte !== i % 251)).toBe(-1)
    await listener.line('sent')
    socket.end()
    expect(await listener.line('close', '"line":"mixed"')).toMatchObject({ error: null })
  })

  it('a client may end its side and still be answered', async () => {
    const socket = await listener.connect()
    socket.end('late\n')
    expect((await readAll(socket)).toString()).toBe('late\n')
    expect(await listener.line('close', '"line":"late"')).toMatchObject({ error: null })
  })

  it('the server may end its side and still read', async () => {
    const socket = await listener.connect()
    socket.write('bye\n')
    expect((await readAll(socket)).toString()).toBe('bye\n')
    await sleep(50)
    expect(listener.lines().some(({ line }) => line === 'bye')).toBe(false)
    socket.end(randomBytes(100_000))
    expect(await listener.line('close', '"line":"bye"')).toMatchObject({
      error: null,
      received: 100_000,
    })
  })

  it('no data arrives while paused', async () => {
    const socket = await listener.connect()
    socket.write('hold\n')
    await once(socket, 'data')
    socket.write(randomBytes(50_000))
    expect(await listener.line('held')).toMatchObject({ received: 0 })
    socket.end()
    await closed(socket)
    expect(await listener.line('close', '"line":"hold"')).toMatchObject({ received: 50_000 })
  })

  it('a reset by the peer ends its connection only', async () => {
    const other = await listener.connect()
    other.write('echo\n')
    const socket = await listener.connect()
    socket.write('reset\n')
    await sleep(50)
    listener.reset(socket)
    expect(await listener.line('close', '"line":"reset"')).toMatchObject({ code: 'ECONNRESET' })
    other.end('still here')
    expect((await readAll(other)).toString()).toBe('still here')
  })

  it('a reset while there is much to send ends its connection only', async () => {
    const socket = await listener.connect()
    socket.write('flood\n')
    await once(socket, 'data')
    listener.reset(socket)
    const { code } = await listener.line('close', '"line":"flood".*"code":"E')
    expect(['ECONNRESET', 'EPIPE']).toContain(code)
  })

  it('a chunk that is transferred while it waits ends its connection only, with an error', async () => {
    const other = await listener.connect()
    other.write('echo\n')
    const socket = await listener.connect()
    socket.write('changed\n')
    await sleep(100)
    const gone = closed(socket)
    expect(await listener.line('close', '"line":"changed"')).toMatchObject({
      code: 'ERR_BODY_CHANGED',
    })
    await gone
    other.end('still here')
    expect((await readAll(other)).toString()).toBe('still here')
  })

  it('destroy closes at once', async () => {
    const socket = await listener.connect()
    socket.write('destroy\n')
    await closed(socket)
    expect(socket.bytesRead).toBeLessThan(1_000)
    expect(await listener.line('close', '"line":"destroy"')).toMatchObject({ error: null })
  })

  it('a sink that throws loses its connection only', async () => {
    const socket = await listener.connect()
    socket.write('throw\n')
    await closed(socket)
    expect(await listener.line('close', '"line":"throw"')).toMatchObject({
      error: 'the sink is broken',
    })
  })

  it('both ends are told with their addresses', async () => {
    const socket = await listener.connect()
    const { localPort } = socket
    socket.end('info\n')
    const info = JSON.parse((await readAll(socket)).toString()) as Record<string, unknown>
    expect(info).toMatchObject({
      remoteAddress: { host: '127.0.0.1', port: localPort },
      localAddress: { host: '127.0.0.1', port: listener.address.port },
    })
    if (tls) expect(info['tls']).toMatchObject({ alpnProtocol: 'h2' })
    else expect(info['tls']).toBeNull()
  })
})
