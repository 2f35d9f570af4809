import { expect, it } from 'vitest'
import { Http1Client } from '../../support/http1-client.ts'
import { RawClient } from '../../support/raw-client.ts'
import { describeProgram } from '../../support/program-server.ts'
import { pause, until } from '../../support/fetch-suite.ts'

/** RFC 7838 §4, RFC 8336 §2. */
const ALTSVC = 0xa
const ORIGIN = 0xc

describeProgram('test/server/fetch/fixture/handler.ts', 'the same by the handler API', (server) => {
  it('PING, ALTSVC, ORIGIN, SETTINGS, and what is known of the connection', async () => {
    await using client = await server.connect()
    const facts = (await client.get('/session')).json() as { milliseconds: number }
    expect(facts).toMatchObject({
      localAddress: { host: '127.0.0.1', port: server.port },
      remoteAddress: { host: '127.0.0.1', port: client.session.socket.localPort },
      tls: null,
      stats: { streamsOpen: 1, streamsTotal: 1, roundTripTime: facts.milliseconds },
    })
    expect(facts.milliseconds).toBeGreaterThanOrEqual(0)
    await until(() => client.session.remoteSettings.maxConcurrentStreams === 7)
    await using raw = await RawClient.connect(server)
    raw.get(1, '/session')
    await raw.nextOf(ALTSVC)
    await raw.nextOf(ORIGIN)
  })

  it('HTTP/1.1 has no session', async () => {
    await using client = new Http1Client({ port: server.port })
    expect((await client.get('/session')).json()).toEqual({ session: null })
  })

  it('counts of a stream of HTTP/1.1', async () => {
    await using client = new Http1Client({ port: server.port })
    const stream = await client.request('/stream-stats', { body: 'x'.repeat(5000) })
    expect(stream.json()).toMatchObject({ bytesReceived: 5000, bytesSent: 0, remoteWindow: 0 })
  })

  it('counts of a stream and of the server', async () => {
    await using client = await server.connect()
    const stream = await client.request('/stream-stats', { body: 'x'.repeat(5000) })
    expect(stream.json()).toMatchObject({ bytesReceived: 5000, bytesSent: 0, remoteWindow: 65_535 })
    const read = async (): Promise<Record<string, number>> =>
      (await client.get('/stats')).json() as Record<string, number>
    // The client of the test before has left with a request under way.
    await expect.poll(read).toMatchObject({ streamsOpen: 1, streamsReset: {} })
    const stats = await read()
    expect(stats.streamsTotal).toBeGreaterThan(1)
    expect(stats.bytesReceived).toBeGreaterThan(5000)
  })

  it('the last response of a connection', async () => {
    await using client = await server.connect()
    expect((await client.get('/leave')).text).toBe('the last')
    await client.closed()
  })

  it('gracefulShutdown', async () => {
    await using client = await server.connect()
    await using older = new Http1Client({ port: server.port })
    const slow = [client.get('/slow'), older.get('/slow')]
    await pause(50)
    server.program.kill('SIGTERM')
    for (const { text } of await Promise.all(slow)) expect(text).toBe('slow')
    await client.closed()
    await server.line('closed')
    expect(await server.program.exited).toMatchObject({ code: 0, signal: null })
  })
})
