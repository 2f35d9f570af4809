import { expect, it } from 'vitest'
import { Session } from '../../../src/engine/http2/session.ts'
import { BaseRequestHandler } from '../../../src/server/handler/base-request-handler.ts'
import { HTTP2Server } from '../../../src/server/handler/http2-server.ts'
import { connectByHand } from '../../support/hand-transport.ts'

it('requests that repeat others, and then do not, are each what the client has sent', async () => {
  const seen: string[] = []
  class Handler extends BaseRequestHandler {
    override onHeaders(): void {
      const { method, scheme, host, path, protocol, headers } = this
      const agent = headers.find(([name]) => name === 'user-agent')?.[1]
      seen.push([method, scheme, host, path, protocol, agent].join(' '))
      // A handler may change what it gets.
      headers.length = 0
      this.sendResponse()
    }
  }
  const client = Session.client()
  const { server, sink } = await connectByHand(
    (runtime) => new HTTP2Server({}, Handler, { runtime }),
    (chunks) => {
      for (const chunk of chunks) client.receive(chunk)
      return true
    },
  )
  sink.onData(client.bytesToSend())
  const get = [
    [':method', 'GET'],
    [':scheme', 'https'],
    [':authority', 'a.example'],
    [':path', '/'],
    ['user-agent', 'one'],
  ] as const
  const post = [[':method', 'POST'], ...get.slice(1)] as const
  const html = get.map(([name, value]) => [name, name === ':path' ? '/index.html' : value] as const)
  const other = [...get.slice(0, 2), [':authority', 'b.example'], ...get.slice(3)] as const
  const secret = [...get.slice(0, 4), ['user-agent', 'one', true]] as const
  const expected: string[] = []
  for (const fields of [get, post, html, other, secret, get]) {
    for (let i = 0; i < 5; i++) {
      client.submitRequest(fields)
      sink.onData(client.bytesToSend())
      const value = (name: string): string => fields.find(([key]) => key === name)![1]
      const head = [':method', ':scheme', ':authority', ':path'].map(value)
      expected.push([...head, '', 'one'].join(' '))
    }
  }
  expect(seen).toEqual(expected)
  await server.close()
  client.dispose()
})
