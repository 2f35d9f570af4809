import { expect, it } from 'vitest'
import { describeProgram } from '../support/program-server.ts'

/** An invalid argument of a handler is an error of that handler: other streams, connections and the engine go on. */

const typed = /^ERR_INVALID_(ARGUMENT|SETTING|STATUS|PATH|METHOD|FIELD_NAME|FIELD_VALUE|RESPONSE)$/

describeProgram('test/abuse/fixture/arguments.ts', 'arguments', (server) => {
  it('each verb with each piece of junk ends its own stream at most', async () => {
    await using beside = await server.connect()
    const { verbs, junk } = (await server.line('listening')) as unknown as {
      verbs: string[]
      junk: string[]
    }
    for (const verb of verbs) {
      await using client = await server.connect()
      for (const name of junk) {
        const answer = await client.get(`${verb}?junk=${name}`)
        const went = `${verb} ${name}: ${answer.status} ${answer.errorCode}`
        expect([200, 500, 0], went).toContain(answer.status)
        expect((await client.get('/ok')).text, went).toBe('fine')
      }
      expect((await beside.get('/ok')).text, verb).toBe('fine')
    }
    const lines = server.lines()
    const reports = lines.filter(({ event }) => event === 'report')
    expect(reports.length).toBeGreaterThan(100)
    for (const { source, code, message } of reports) {
      expect(source).toBe('handler')
      // A getter of the caller throws its own error; the standard throws a RangeError for a status.
      if (!/caller|status/.test(String(message)))
        expect(String(code), String(message)).toMatch(typed)
    }
    expect(lines.filter(({ event }) => event === 'uncaught')).toEqual([])
  })

  it('a priority that is a BigInt names the argument', async () => {
    await using client = await server.connect()
    expect((await client.get('/urgency?junk=bigint')).status).toBe(500)
    expect(
      await server.line('report', 'urgency must be an integer from 0 to 7, it is 1n'),
    ).toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
    expect((await client.get('/uncaught')).text).toBe('0')
  })
})
