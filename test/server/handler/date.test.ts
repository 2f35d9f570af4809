import { expect, it } from 'vitest'
import type { ResponseOptions } from '../../../src/http/response-options.ts'
import { BaseRequestHandler } from '../../../src/server/handler/base-request-handler.ts'
import { HTTP2Server } from '../../../src/server/handler/http2-server.ts'
import { MemoryRuntime } from '../../../src/runtime/memory/runtime.ts'
import { MemoryClient } from '../../support/memory-client.ts'

/** The `date` field (RFC 9110 §6.6.1). */

/** The dates in the answers of a server to a request, and to what it pushes then. */
async function datesOf(init: ResponseOptions, date?: boolean): Promise<string[][]> {
  class Handler extends BaseRequestHandler {
    override onHeaders(): void {
      this.push({ ...init, path: '/pushed' })
      this.sendInformational({ status: 103 })
      this.sendResponse(init)
    }
  }
  const runtime = new MemoryRuntime()
  const server = new HTTP2Server({}, Handler, { runtime, ...(date !== undefined && { date }) })
  await server.listen()
  const client = new MemoryClient(runtime)
  await client.closed(client.get('/'))
  await client.closed(2)
  await server.close()
  return client.events.flatMap((event) => {
    if (event.type !== 'ResponseReceived' && event.type !== 'InformationalReceived') return []
    return [event.headers.filter(([name]) => name === 'date').map(([, value]) => value)]
  })
}

it('the handler API sends no date field by default', async () => {
  expect(await datesOf({ body: 'here' })).toEqual([[], [], []])
  expect(await datesOf({ body: 'here' }, false)).toEqual([[], [], []])
})

it.each([200, 204, 304, 404])(
  '`date: true` adds the time to a response with status %d, but not to a 103',
  async (status) => {
    const before = Math.floor(Date.now() / 1000) * 1000
    const dates = await datesOf({ status }, true)
    expect(dates.map(({ length }) => length).toSorted()).toEqual([0, 1, 1])
    for (const date of dates.flat()) {
      expect(date).toMatch(/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/)
      expect(Date.parse(date)).toBeGreaterThanOrEqual(before)
      expect(Date.parse(date)).toBeLessThanOrEqual(Date.now())
    }
  },
)

it('a date that the handler gives is kept', async () => {
  const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
  const dates = await datesOf({ headers: [['Date', date]] }, true)
  expect(dates.flat()).toEqual([date, date])
})
