/** SIGTERM in the middle of load: what was accepted is answered, and the process ends by itself. */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { FaultsServer } from '../support/abuse/faults-server.ts'
import { Http1Client } from '../support/http1-client.ts'
import { runtimeNames } from '../support/processes.ts'
import { type Answer, Client } from '../support/server-client.ts'

const body = 'x'.repeat(20_000)
const requests: readonly ((client: Client | Http1Client) => Promise<[Answer, string]>)[] = [
  async (client) => [await client.get('/'), 'fine'],
  async (client) => [await client.get('/soon'), 'soon'],
  async (client) => [await client.get('/slowly'), '0 1 2 3 4 5 6 7 8 9 '],
  async (client) => [await client.request('/echo', { body }), body],
]

interface Tally {
  answered: number
  readonly failures: string[]
}

/**
 * A client that is slow to learn of the end asks in vain, and knows that it may ask another server: behind the last stream of
 * GOAWAY, and on a connection that is kept and has ended. The server has not counted such a request.
 */
function isRefused({ status, error }: Answer): boolean {
  return (
    status === 0 && /REFUSED_STREAM|GOAWAY|socket hang up|ECONNRE(?:SET|FUSED)/.test(String(error))
  )
}

/** Asks again and again, until the server says that it is the last time. */
async function ask(client: Client | Http1Client, tally: Tally, first: number): Promise<void> {
  let isLast = false
  for (let i = first; !isLast; i++) {
    const [answer, text] = await requests[i % requests.length]!(client)
    if (answer.status === 200 && answer.text === text) tally.answered += 1
    else if (!isRefused(answer)) tally.failures.push(`${answer.status}, ${String(answer.error)}`)
    isLast =
      answer.status !== 200 ||
      (client instanceof Client ? client.goaways.length > 0 : answer.headers.connection === 'close')
  }
}

it.concurrent.each(runtimeNames)(
  '%s: at SIGTERM under load, every request is answered and the process ends with 0',
  async (runtime) => {
    await using server = await FaultsServer.start(runtime)
    const url = `http://127.0.0.1:${server.port}`
    const tally: Tally = { answered: 0, failures: [] }
    const ofHttp2 = await Promise.all([1, 2, 3].map(() => Client.connect(url, {})))
    // An agent each: a connection each.
    const ofHttp1 = Array.from({ length: 8 }, () => new Http1Client({ port: server.port }))
    const asking = [
      ...ofHttp2.flatMap((client) => Array.from({ length: 8 }, (_, i) => ask(client, tally, i))),
      ...ofHttp1.map((client, i) => ask(client, tally, i)),
    ]
    while (tally.answered < 200) await pause(10)
    const before = tally.answered
    server.program.kill('SIGTERM')
    await Promise.all(asking)
    for (const client of ofHttp1) await client[Symbol.asyncDispose]()
    for (const { session } of ofHttp2) if (!session.destroyed) await once(session, 'close')

    expect(tally.failures).toEqual([])
    expect(tally.answered).toBeGreaterThan(before)
    const exit = await server.program.exited
    expect(exit).toMatchObject({ code: 0, stderr: '' })
    // What the server has accepted is what was answered.
    expect(server.lines('closed')).toMatchObject([
      { streamsTotal: tally.answered, streamsOpen: 0, connectionsOpen: 0, streamsReset: {} },
    ])
    expect(server.lines('report')).toEqual([])
    expect(server.lines('uncaught')).toEqual([])
  },
)
