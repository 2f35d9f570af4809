import { expect, it } from 'vitest'
import { describeProgram } from '../support/program-server.ts'
import { RawHttp1 } from '../support/raw-http1.ts'
import { Client } from '../support/server-client.ts'

/** A bug in the module ends the connections of its engine, each with one report; the next connection is served. */

const INTERNAL_ERROR = 2

/** Unlike `closed()`, for a connection that ends with an error. */
function over({ session }: Client): Promise<unknown> {
  return session.destroyed ? Promise.resolve() : new Promise((end) => session.once('close', end))
}

describeProgram('test/abuse/fixture/sandbox.ts', 'a module with a bug', (server) => {
  it.each(['out-of-bounds', 'abort', 'recursion', 'growth'])(
    '%s: the connections of its engine end, and the next one is served',
    async (fault) => {
      const reports = () => server.reports()
      const apartPort = Number((await server.line('listening')).apart)
      const { length: before } = reports()
      await using apart = await Client.connect(`http://127.0.0.1:${apartPort}`, {})
      await using holding = await Client.connect(`http://127.0.0.1:${server.port}`, {})
      await using breaking = await Client.connect(`http://127.0.0.1:${server.port}`, {})
      await using old = await RawHttp1.open(server.port)
      const { length: heldBefore } = server.lines().filter(({ event }) => event === 'held')
      const held = holding.get('/hold')
      old.send('GET /hold HTTP/1.1\r\nHost: a\r\n\r\n')
      await expect
        .poll(() => server.lines().filter(({ event }) => event === 'held').length)
        .toBe(heldBefore + 2)

      await breaking.get(`/break/${fault}`)
      await Promise.all([held, over(breaking), over(holding), old.ended()])
      expect([...breaking.goaways, ...holding.goaways].map(([code]) => code)).toEqual([
        INTERNAL_ERROR,
        INTERNAL_ERROR,
      ])

      await using next = await Client.connect(`http://127.0.0.1:${server.port}`, {})
      expect((await next.get('/')).text).toBe('fine')
      expect((await apart.get('/')).text).toBe('fine')
      const codes = reports()
        .slice(before)
        .filter(({ source }) => source === 'connection')
        .map(({ name, code }) => `${name} ${code}`)
      expect(codes).toEqual(Array.from({ length: 3 }, () => 'broken ERR_ENGINE_FAILED'))
    },
  )
})
