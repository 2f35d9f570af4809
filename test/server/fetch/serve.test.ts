import { constants } from 'node:http2'
import { expect, it } from 'vitest'
import { type Program, runtimeCommand, start as startProgram } from '../../support/processes.ts'
import { bundleProgram, ProgramServer } from '../../support/program-server.ts'
import { Http1Client } from '../../support/http1-client.ts'
import { newTag } from '../../support/server.ts'
import { makeCertificate } from '../../support/certificate.ts'
import { describeFetch, encode, openAnother, pause, until } from '../../support/fetch-suite.ts'

const source = 'test/server/fetch/fixture/main.ts'

describeFetch('serve()', (server) => {
  const closed = (port: number): Promise<unknown> => server.line('server closed', `"port":${port}}`)

  async function start(options: object): Promise<ProgramServer> {
    const certificate = await makeCertificate()
    const other = new ProgramServer(source, server.runtime, 'cleartext', certificate)
    await other.start({ ...options })
    return other
  }

  it('says where it listens, and on what', async () => {
    const line = await server.line('listening')
    const { port, runtime } = server
    expect(line).toMatchObject({ url: `http://127.0.0.1:${port}/`, hostname: '127.0.0.1', runtime })
    expect(port).toBeGreaterThan(0)
    expect(await server.line('onListen')).toMatchObject({ hostname: '127.0.0.1', port })
    // Nothing before it is ready; ready() gives the server.
    expect(await server.line('opened')).toMatchObject({ before: ['', 0, ''], isSame: true })
  })

  it('listens on all interfaces, and by name', async () => {
    await using client = await server.connect()
    for (const hostname of ['0.0.0.0', 'localhost']) {
      const options = encode({ hostname, port: 0 })
      const facts = (await client.get(`/control/open?options=${options}`)).json() as {
        port: number
        url: string
      }
      expect(facts.url).toMatch(/^http:\/\/(localhost|127\.0\.0\.1|\[::1\]):\d+\/$/)
      if (hostname === 'localhost') continue
      await using second = await server.connect({ port: facts.port })
      expect((await second.get('/response/json')).status).toBe(200)
    }
  })

  it('ready() rejects where the port is taken', async () => {
    await using client = await server.connect()
    const answer = await client.get(`/control/open?options=${encode({ port: server.port })}`)
    expect(answer.json()).toMatchObject({ code: 'EADDRINUSE' })
  })

  it('takes the options of all servers', async () => {
    const port = await openAnother(server, { settings: { maxConcurrentStreams: 3 } })
    await using client = await server.connect({ port })
    expect(client.session.remoteSettings).toMatchObject({
      maxConcurrentStreams: 3,
      enableConnectProtocol: true,
    })
  })

  it('close() at once: streams are lost', async () => {
    const port = await openAnother(server, {})
    await using client = await server.connect({ port })
    await using older = new Http1Client({ port })
    const held = [client.get('/control/hold'), older.get('/control/hold')]
    await pause(20)
    await using other = await server.connect()
    const { milliseconds } = (await other.get(`/control/close?port=${port}`)).json() as {
      milliseconds: number
    }
    expect(milliseconds).toBeLessThan(3000)
    for (const answer of await Promise.all(held)) expect(answer.status).toBe(0)
    await client.closed()
    await closed(port)
    await expect(server.connect({ port })).rejects.toThrow(/ECONNREFUSED/)
  })

  it.each(['close({ graceful: true })', 'signal'])('%s: streams finish', async (how) => {
    const port = await openAnother(server, {})
    await using client = await server.connect({ port })
    await using older = new Http1Client({ port })
    const body = 'x'.repeat(100_000)
    const tags = [newTag(), newTag()]
    const slow = [client, older].map((each, i) =>
      each.request(`/request/slow-reader?tag=${tags[i]}`, { body }),
    )
    await using other = await server.connect()
    for (const tag of tags) {
      await until(async () => {
        const answer = (await other.get(`/request/go?tag=${tag}`)).json() as { received: number }
        return answer.received > 0
      })
    }
    const verb = how === 'signal' ? 'abort' : 'close'
    const closing = other.get(`/control/${verb}?port=${port}&graceful`)
    await until(() => client.goaways.length > 0)
    // No new connection, and no new stream once the second GOAWAY is there.
    await until(() => client.goaways.length > 1)
    for (const tag of tags) await other.get(`/request/go?now&tag=${tag}`)
    const [answer, last] = await Promise.all(slow)
    for (const each of [answer, last]) expect(each!.json()).toEqual({ received: 100_000 })
    expect(last!.headers.connection).toBe('close')
    await client.closed()
    await closing
    await closed(port)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('gracefulShutdown: %s', async (signal) => {
    const other = await start({ gracefulShutdown: true })
    try {
      await using client = await other.connect()
      await using older = new Http1Client({ port: other.port })
      const slow = [client, older].map((each) => each.get('/response/pause?ms=700'))
      await pause(50)
      other.program.kill(signal)
      // The notice, and then the refusal of what is new; what is under way is served.
      for (const answer of await Promise.all(slow))
        expect(answer).toMatchObject({ status: 200, text: 'paused' })
      expect(client.goaways.map(([errorCode]) => errorCode)).toEqual([0, 0])
      await client.closed()
      await other.line('closed')
      expect(await other.program.exited).toMatchObject({ code: 0, signal: null })
    } finally {
      await other.stop()
    }
  })

  it('gracefulShutdown: the second signal ends at once', async () => {
    const other = await start({ gracefulShutdown: true, timeouts: { shutdown: 60_000 } })
    try {
      await using client = await other.connect()
      await using older = new Http1Client({ port: other.port })
      const held = [client.get('/control/hold'), older.get('/control/hold')]
      await pause(50)
      other.program.kill('SIGTERM')
      await until(() => client.goaways.length > 1)
      await pause(50)
      const started = Date.now()
      other.program.kill('SIGTERM')
      expect(await other.program.exited).toMatchObject({ code: 0, signal: null })
      expect(Date.now() - started).toBeLessThan(5000)
      for (const answer of await Promise.all(held)) expect(answer.status).toBe(0)
    } finally {
      await other.stop()
    }
  })

  it('without gracefulShutdown, signals are not ours', async () => {
    const tag = newTag()
    const port = await openAnother(server, { gracefulShutdown: false })
    await using client = await server.connect({ port })
    expect((await client.get(`/request/text?tag=${tag}`)).status).toBe(200)
    expect(
      server.lines().filter((line) => line.event === 'server closed' && line.port === port),
    ).toEqual([])
  })

  it('no request fails while servers take turns', async () => {
    // A client that connects anew when it is told to go, to the process that listens.
    const ports = [await openAnother(server, {}), await openAnother(server, {})]
    await using control = await server.connect()
    let current = 0
    let done = 0
    let retried = 0
    const failures: unknown[] = []
    const over = new AbortController()
    const work = async (): Promise<void> => {
      while (!over.signal.aborted) {
        await using client = await server.connect({ port: ports[current]! })
        while (!over.signal.aborted && client.goaways.length === 0) {
          const answers = await Promise.all(
            Array.from({ length: 8 }, () => client.request('/request/text', { body: 'x' })),
          )
          for (const { status, errorCode } of answers) {
            if (status === 200 && errorCode === 0) done++
            // Not sent, because the notice came first: for the next connection (RFC 9113 §8.7).
            else if (status === 0 && errorCode === constants.NGHTTP2_REFUSED_STREAM) retried++
            else failures.push([status, errorCode])
          }
        }
      }
    }
    const workers = Array.from({ length: 4 }, work)
    for (let turn = 0; turn < 3; turn++) {
      await pause(100)
      const old = ports[current]!
      current = 1 - current
      await control.get(`/control/close?graceful&port=${old}`)
      ports[1 - current] = await openAnother(server, {})
    }
    over.abort()
    await Promise.all(workers)
    expect(failures).toEqual([])
    expect(done).toBeGreaterThan(100)
    expect(retried).toBeLessThan(done)
  })

  it('reusePort lets processes share a port', async () => {
    const listen = async (port: number): Promise<Program> => {
      const options = JSON.stringify({ reusePort: true, port })
      const { command, args } = runtimeCommand(server.runtime, await bundleProgram(source), [
        options,
      ])
      // Unstable in Deno, and ignored without the flag.
      if (server.runtime === 'deno') args.splice(1, 0, '--unstable-net')
      return startProgram(command, args)
    }
    const portOf = async (program: Program): Promise<number> =>
      Number((await program.waitFor(/"event":"listening","port":(\d+)/))[1])
    await using first = await listen(0)
    const port = await portOf(first)
    await using second = await listen(port)
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
    // Node knows it from 22.12 and 23.1 on.
    const isKnown = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
    if (server.runtime === 'node' && !isKnown) {
      expect((await second.exited).stderr).toMatch(/EADDRINUSE/)
      return
    }
    expect(await portOf(second)).toBe(port)
    await first.stop()
    await using client = await server.connect({ port })
    expect((await client.get('/response/json')).status).toBe(200)
  })
})
