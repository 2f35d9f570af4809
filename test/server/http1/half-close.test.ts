import { expect, it } from 'vitest'
import { describeFetch } from '../../support/fetch-suite.ts'
import { RawHttp1 } from '../../support/raw-http1.ts'
import { newTag } from '../../support/server.ts'

const get = (target: string, version = '1.1'): string =>
  `GET ${target} HTTP/${version}\r\nHost: localhost\r\n\r\n`

describeFetch('HTTP/1.1: clients that have sent FIN', (server) => {
  it('one that still reads gets its response, behind interim ones where it takes long', async () => {
    await using client = await RawHttp1.open(server.port)
    client.send(get('/info/priority?wait=1000'))
    client.socket.end()
    await client.ended()
    expect(client.received).toMatch(/^(HTTP\/1\.1 102 Processing\r\n\r\n)+HTTP\/1\.1 200 OK\r\n/)
  })

  it('one of HTTP/1.0 that still reads gets its response, and no interim ones', async () => {
    await using client = await RawHttp1.open(server.port)
    client.send(get('/info/priority?wait=1000', '1.0'))
    client.socket.end()
    await client.ended()
    expect(client.received).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  })

  it.each([
    ['before the response', 'wait', /^$/],
    ['in a response that is silent', 'silent', /silent from now on/],
  ])('the signal of a request whose client has closed is aborted, %s', async (_, how, seen) => {
    const tag = newTag()
    const client = await RawHttp1.open(server.port)
    client.send(get(`/request/signal?tag=${tag}&how=${how}`))
    await server.line('begun', tag)
    await client.until(seen)
    const begun = Date.now()
    // FIN alone, because all that has come was read.
    client.socket.destroy()
    await server.line('abort', tag)
    expect(Date.now() - begun).toBeLessThan(8000)
  })
})
