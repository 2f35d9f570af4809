import { expect, it } from 'vitest'
import { answerOf } from '../../support/server-client.ts'
import { describeProgram } from '../../support/program-server.ts'
import { connectSocket } from '../../support/websocket/client.ts'
import { describeSockets, program } from '../../support/websocket/suite.ts'

describeSockets('WebSocket over HTTP/2, refused', (server, connect) => {
  it('another version is refused, and told ours', async () => {
    await using client = await connect()
    for (const version of ['12', '13, 8', '']) {
      const stream = connectSocket(client.session, '/', {
        headers: { 'sec-websocket-version': version },
      })
      const answer = await answerOf(stream)
      expect(answer).toMatchObject({ status: 400, errorCode: 0 })
      expect(answer.headers['sec-websocket-version']).toBe('13')
      expect(answer.headers).not.toHaveProperty('upgrade')
    }
    const malformed = connectSocket(client.session, '/', { protocols: 'a b' })
    expect(await answerOf(malformed)).toMatchObject({ status: 400, errorCode: 0 })
  })

  it('a request that asks for something else is refused', async () => {
    await using client = await connect()
    expect(await client.get('/socket-only')).toMatchObject({ status: 400, errorCode: 0 })
    const other = connectSocket(client.session, '/', { headers: { ':protocol': 'x-other' } })
    expect(await answerOf(other)).toMatchObject({ status: 400, errorCode: 0 })
  })

  it('the handler refuses', async () => {
    await using client = await connect()
    const answer = await answerOf(connectSocket(client.session, '/forbidden'))
    expect(answer).toMatchObject({ status: 403, text: 'not here', errorCode: 0 })
  })

  it('a refusal is no error of the server', () => {
    const errors = server.lines().filter(({ event, source }) => {
      return event === 'error' && source === 'handler'
    })
    expect(errors).toEqual([])
  })
})

describeProgram(program, 'WebSocket over HTTP/2, refused after all', (server) => {
  it('another response than that of upgradeWebSocket is sent, and the socket closed', async () => {
    await using client = await server.connect()
    const answer = await answerOf(connectSocket(client.session, '/other-response'))
    expect(answer).toMatchObject({ status: 409, text: 'changed my mind', errorCode: 0 })
    expect(await server.line('never opened')).toMatchObject({ code: 1006 })
  })
})
