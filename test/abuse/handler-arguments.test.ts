import { expect, it } from 'vitest'
import { describeProgram } from '../support/program-server.ts'

/** As arguments.test.ts, for the verbs of `BaseRequestHandler`. */

const typed =
  /^ERR_(INVALID_(ARGUMENT|SETTING|STATUS|PATH|METHOD|BODY|FIELD_NAME|FIELD_VALUE|STATE)|BODY_CHANGED)$/

describeProgram('test/abuse/fixture/handler-arguments.ts', 'handler arguments', (server) => {
  it('each verb of a handler with each piece of junk ends its own stream at most', async () => {
    await using beside = await server.connect()
    const { verbs, junk } = (await server.line('listening')) as unknown as {
      verbs: string[]
      junk: number
    }
    for (const verb of verbs) {
      await using client = await server.connect()
      for (let piece = 0; piece < junk; piece++) {
        const answer = await client.get(`/${verb}/${piece}`)
        const went = `${verb} ${piece}: ${answer.status} ${answer.errorCode}`
        // None of the requests asks for a WebSocket: the mistake is the client's.
        const statuses = verb === 'acceptWebSocket' ? [400] : [200, 0]
        expect(statuses, went).toContain(answer.status)
        expect((await client.get('/ok')).text, went).toBe('fine')
      }
      expect((await beside.get('/ok')).text, verb).toBe('fine')
    }
    const lines = server.lines()
    const reports = lines.filter(({ event }) => event === 'report')
    expect(reports.length).toBeGreaterThan(100)
    for (const { source, code, message } of reports) {
      expect(source).toBe('handler')
      // A getter of the caller's own throws its own error.
      if (!/caller/.test(String(message))) expect(String(code), String(message)).toMatch(typed)
    }
    expect(lines.filter(({ event }) => event === 'uncaught')).toEqual([])
  })
})
