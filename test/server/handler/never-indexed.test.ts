/** A field that HPACK must keep in no table stays one, in both directions (RFC 7541 §6.2.3). */
import { sensitiveHeaders, type IncomingHttpHeaders } from 'node:http2'
import { expect, it } from 'vitest'
import { describeServers } from '../../support/server.ts'

const secrets = (headers: IncomingHttpHeaders | undefined): unknown =>
  (headers as Record<symbol, unknown> | undefined)?.[sensitiveHeaders]

describeServers('fields that are never indexed', (server) => {
  it('are told to the handler, and sent as the handler says', async () => {
    await using client = await server.connect()
    const headers = { 'x-a': '1', 'x-secret': 'of the client', [sensitiveHeaders]: ['x-secret'] }
    const answer = await client.get('/never-indexed', headers)
    expect(answer.json()).toEqual([['x-secret', 'of the client', true]])
    expect(secrets(answer.headers)).toEqual(['x-token'])
    expect(secrets(answer.informational[0])).toEqual(['x-token'])
    expect(secrets(answer.trailers)).toEqual(['x-token'])
    expect(secrets(client.pushes[0]?.request)).toEqual(['x-token'])
    expect(answer.headers.plain).toBe('b')
  })

  it('also where the cookie is put together from its crumbs', async () => {
    await using client = await server.connect()
    const headers = {
      cookie: ['a=a-value-of-some-length', 'b=another-value'],
      [sensitiveHeaders]: ['cookie'],
    }
    const answer = await client.get('/never-indexed', headers as never)
    expect(answer.json()).toEqual([['cookie', 'a=a-value-of-some-length; b=another-value', true]])
  })
})
