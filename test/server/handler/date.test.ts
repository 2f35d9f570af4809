import { describe, expect, it } from 'vitest'
import type { ResponseOptions } from '../../../src/http/response-options.ts'
import { BaseRequestHandler } from '../../../src/server/handler/base-request-handler.ts'
import { HTTP2Server } from '../../../src/server/handler/http2-server.ts'
import { MemoryRuntime } from '../../../src/runtime/memory/runtime.ts'
import { MemoryClient } from '../../support/memory-client.ts'
import type { Protocol } from '../../support/protocols.ts'

/** The `date` field (RFC 9110 §6.6.1). */

type Dates = (init: ResponseOptions, date?: boolean) => Promise<string[][]>

/** A server in memory that answers with 103, what it pushes, and `init`. */
async function startServer(init: ResponseOptions, date: boolean | undefined) {
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
  return { runtime, server }
}

/** The dates in the answers to a request, one list for each. */
const datesOf: Readonly<Record<Protocol, Dates>> = {
  'HTTP/2': async (init, date) => {
    const { runtime, server } = await startServer(init, date)
    const client = new MemoryClient(runtime)
    await client.closed(client.get('/'))
    await client.closed(2)
    await server.close()
    return client.events.flatMap((event) => {
      if (event.type !== 'ResponseReceived' && event.type !== 'InformationalReceived') return []
      return [event.headers.filter(([name]) => name === 'date').map(([, value]) => value)]
    })
  },
  // It has no pushes.
  'HTTP/1.1': async (init, date) => {
    const { runtime, server } = await startServer(init, date)
    const text = await talk(runtime, 'GET / HTTP/1.1\r\nHost: memory\r\nConnection: close\r\n\r\n')
    await server.close()
    const heads = text.split('HTTP/1.1 ').slice(1)
    return heads.map((head) =>
      [...head.matchAll(/\r\ndate: (.*)\r\n/gi)].map(([, value]) => value!),
    )
  },
}

/** What comes on a connection in memory until its end. */
function talk(runtime: MemoryRuntime, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const transport = runtime.connect(() => ({
      onData: (chunk) => void (received += new TextDecoder().decode(chunk)),
      onDrain: () => {},
      onEnd: () => transport.end(),
      onClose: () => resolve(received),
    }))
    transport.write(new TextEncoder().encode(text))
  })
}

describe.each(['HTTP/2', 'HTTP/1.1'] as const)('%s', (protocol) => {
  const heads = protocol === 'HTTP/2' ? 3 : 2

  it('the handler API sends no date field by default', async () => {
    const none = Array.from({ length: heads }, () => [])
    expect(await datesOf[protocol]({ body: 'here' })).toEqual(none)
    expect(await datesOf[protocol]({ body: 'here' }, false)).toEqual(none)
  })

  it.each([200, 204, 304, 404])(
    '`date: true` adds the time to a response with status %d, but not to a 103',
    async (status) => {
      const before = Math.floor(Date.now() / 1000) * 1000
      const dates = await datesOf[protocol]({ status }, true)
      expect(dates.map(({ length }) => length).toSorted()).toEqual([0, 1, 1].slice(0, heads))
      for (const date of dates.flat()) {
        expect(date).toMatch(/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/)
        expect(Date.parse(date)).toBeGreaterThanOrEqual(before)
        expect(Date.parse(date)).toBeLessThanOrEqual(Date.now())
      }
    },
  )

  it('a date that the handler gives is kept', async () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
    const dates = await datesOf[protocol]({ headers: [['Date', date]] }, true)
    expect(dates.flat()).toEqual([date, date].slice(0, heads - 1))
  })
})
