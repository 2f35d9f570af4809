/** Clients that vanish, whatever they were in the middle of: nothing waits for them for long, and others are served. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Attacked, HonestClient, Target } from '../support/abuse/target.ts'
import { getting, posting } from '../support/abuse/wire.ts'
import { type Program, root, runtimeNames, start } from '../support/processes.ts'
import type { Protocol } from '../support/protocols.ts'
import { encodeFrame, Type } from '../support/raw-client.ts'
import { get, post } from '../support/raw-http1.ts'

/** What a client has sent, and how much of the answer it has read, when it vanishes. */
interface Moment {
  readonly name: string
  readonly sent: Buffer
  readonly reads: number
}

const settings = encodeFrame(Type.SETTINGS, 0, 0, Buffer.alloc(0))
const acknowledgement = encodeFrame(Type.SETTINGS, 1, 0, Buffer.alloc(0))
const beginning = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  settings,
  acknowledgement,
])
const endless = '/endless?how=stream&size=65536'
const data = encodeFrame(Type.DATA, 0, 1, Buffer.alloc(5000))
/** Without its last bytes. */
const part = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 20)
const text = (request: string): Buffer => Buffer.from(request, 'latin1')
/** Some of the body, and what comes before it. */
const readsOfDownload = 30_000

const moments: Readonly<Record<Protocol, readonly Moment[]>> = {
  'HTTP/2': [
    {
      name: 'a preface',
      sent: beginning.subarray(0, 20),
      reads: 0,
    },
    {
      name: 'a header block',
      sent: Buffer.concat([beginning, part(getting(1, '/hello'))]),
      reads: settings.length,
    },
    {
      name: 'a header block, beside a request whose body is awaited',
      sent: Buffer.concat([beginning, posting(1, '/read?how=reader'), part(getting(3, '/hello'))]),
      reads: settings.length,
    },
    {
      name: 'DATA',
      sent: Buffer.concat([beginning, posting(1, '/read?how=reader'), part(data)]),
      reads: settings.length,
    },
    {
      name: 'a response',
      sent: Buffer.concat([beginning, getting(1, endless)]),
      reads: readsOfDownload,
    },
  ],
  'HTTP/1.1': [
    { name: 'a request line', sent: text('GET /hel'), reads: 0 },
    { name: 'a head', sent: part(text(get('/hello', 'X-A: b'))), reads: 0 },
    {
      name: 'a body',
      sent: part(text(post('/read?how=reader', 'x'.repeat(5000)))),
      reads: 0,
    },
    {
      name: 'a chunk',
      sent: text(
        'POST /read?how=reader HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc',
      ),
      reads: 0,
    },
    { name: 'a response', sent: text(get(endless)), reads: readsOfDownload },
  ],
}

/** A process that stands where it was asked to. */
async function clientAt({ sent, reads }: Moment, port: number): Promise<Program> {
  const file = `${root}test/support/vanishing-client.pl`
  const client = await start('perl', [file, String(port), String(reads)], { input: sent })
  await client.waitFor(/^there$/m)
  return client
}

const cases = runtimeNames.flatMap((runtime) =>
  (['HTTP/2', 'HTTP/1.1'] as const).flatMap((protocol) => [
    { runtime, protocol, how: 'is killed, which is a reset', signal: 'SIGKILL' } as const,
    { runtime, protocol, how: 'stops without a sign', signal: 'SIGSTOP' } as const,
  ]),
)

/** Of the servers whose clients stop. */
const timeouts = {
  idle: 1000,
  keepAlive: 1000,
  head: 1000,
  stream: 1000,
  settings: 1000,
  shutdown: 1000,
}

// Most of the time is waiting: all of them at once.
describe('a client that vanishes', () => {
  const certificate = { cert: '', key: '' } // cleartext has none
  const targets = runtimeNames.map((runtime) => new Target(runtime, 'cleartext', certificate))
  const servers: Attacked[] = []
  const programs: Program[] = []

  beforeAll(async () => {
    await Promise.all(targets.map((target) => target.start()))
    for (const { runtime, signal } of cases) {
      const target = targets[runtimeNames.indexOf(runtime)]!
      servers.push(await target.openFor('fetch', signal === 'SIGSTOP' ? { timeouts } : {}))
    }
  })
  afterAll(async () => {
    // What is stopped takes no other signal.
    for (const program of programs) program.kill('SIGKILL')
    await Promise.all(targets.map((target) => target.stop()))
  })

  it.concurrent.each(cases)(
    '$runtime: in the middle of anything by $protocol, and $how: its connection ends, and others are served',
    async (one) => {
      const { protocol, signal } = one
      const attacked = servers[cases.indexOf(one)]!
      const all = moments[protocol]
      const clients = await Promise.all(all.map((moment) => clientAt(moment, attacked.port)))
      programs.push(...clients)
      // A reset in the same read as the bytes before it is an end to some runtimes.
      const bytes = all.reduce((sum, { sent }) => sum + sent.length, 0)
      await attacked.until(({ stats }) => stats.bytesReceived >= bytes)
      await using honest = new HonestClient(attacked)
      for (const client of clients) client.kill(signal)
      await honest.expectServed()
      await attacked.until(({ stats }) => stats.connectionsOpen === 0)

      const { reports } = await attacked.expectUnharmed()
      const ours = reports.filter(({ port }) => port === attacked.port)
      // Handlers did nothing wrong. A reset is told once for each connection; the end by a timeout at most once.
      expect(ours.filter(({ source }) => source !== 'connection')).toEqual([])
      if (signal === 'SIGSTOP') expect(ours.length).toBeLessThanOrEqual(all.length)
      else expect(ours.map(({ code }) => code)).toEqual(all.map(() => 'ECONNRESET'))
    },
  )
})
