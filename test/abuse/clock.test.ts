/** The clock of the system jumps: that changes the `date` field, and no timeout. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { FaultsServer } from '../support/abuse/faults-server.ts'
import { runtimeNames } from '../support/processes.ts'
import { END_HEADERS, END_STREAM, RawClient, requestFields, Type } from '../support/raw-client.ts'
import { get, RawHttp1, statusesIn } from '../support/raw-http1.ts'
import { Client } from '../support/server-client.ts'
import { ClientSocket } from '../support/websocket/client.ts'

const day = 86_400_000
const jumps = [day, -30 * 365 * day, 0]
/** Beyond the next look at the timeouts, which comes each second. */
const look = 1200
const timeouts = { head: 1500 }

/** Whether a `date` field is that of a clock which is `by` ahead. */
function isDate(field: string | undefined, by: number): boolean {
  return Math.abs(Date.parse(field ?? '') - (Date.now() + by)) < 30_000
}

it.concurrent.each(runtimeNames)(
  '%s: a clock that jumps a day ahead, and years back, changes the date field and nothing else',
  async (runtime) => {
    await using server = await FaultsServer.start(runtime, { timeouts })
    const url = `http://127.0.0.1:${server.port}`
    await using client = await Client.connect(url, {})
    await using old = await RawHttp1.open(server.port)
    // A response whose window stays shut, and an upload that pauses.
    await using waiting = await RawClient.connect({ port: server.port } as never, [[4, 0]])
    waiting.get(1, '/', [], END_HEADERS | END_STREAM)
    waiting.headers(3, requestFields('POST', '/echo'))
    waiting.data(3, 'a part')
    const socket = await ClientSocket.open(client.session, '/websocket')

    for (const by of jumps) {
      await client.get(`/jump?by=${by}`)
      const half = by < 0 ? await RawHttp1.open(server.port) : undefined
      half?.send('GET / HTTP/1.1\r\n')
      await pause(look)
      const { status, headers } = await client.get('/')
      expect([status, isDate(headers.date, by)]).toEqual([200, true])
      old.received = ''
      old.send(get('/'))
      const [, date] = await old.until(/^date: (.*)\r\n/im)
      expect(isDate(date, by)).toBe(true)
      await socket.send('still here')
      expect(await socket.next()).toBe('still here')
      expect(await waiting.isAlive()).toBe(true)
      expect(waiting.frames.filter(({ type }) => type === Type.RST_STREAM)).toEqual([])
      if (!half) continue
      // The times that are due are kept, whatever the clock says.
      await half.ended()
      expect(statusesIn(half.received)).toEqual([408])
      await half[Symbol.asyncDispose]()
    }

    waiting.windowUpdate(1, 100)
    waiting.windowUpdate(3, 100)
    waiting.data(3, ', and the rest', END_STREAM)
    await waiting.next(
      ({ streamId, payload }) => streamId === 3 && String(payload) === 'a part, and the rest',
    )
    expect(
      waiting.frames.some(({ streamId, payload }) => streamId === 1 && String(payload) === 'fine'),
    ).toBe(true)
    // The head that was not complete in time.
    expect(server.lines('report').map(({ code }) => code)).toEqual(['ERR_TIMEOUT'])
    expect(server.lines('uncaught')).toEqual([])
  },
)
