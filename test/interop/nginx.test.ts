/** nginx before the server: HTTP/1.1 with connections that it keeps, and HTTP/1.0, which it speaks by default. */
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { countsDuring, errorsOf, hashOf, program } from '../support/interop.ts'
import { describeProgram, type ProgramServer } from '../support/program-server.ts'
import { nginxSettings } from '../support/nginx.ts'
import { Proxy, socketIn } from '../support/proxy.ts'
import { factsThrough, proxied } from '../support/proxy-suite.ts'

const inHttp = (server: ProgramServer, folder: string): string => `
  client_max_body_size 0;
  upstream origin {
    server 127.0.0.1:${server.port};
    keepalive 4;
  }
  map $http_upgrade $connection_upgrade {
    default upgrade;
    '' '';
  }
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $connection_upgrade;
  proxy_request_buffering off;
  server {
    listen unix:${socketIn(folder)};
    location / { proxy_pass http://origin; }
    location /events { proxy_pass http://origin; proxy_buffering off; }
    location /echo { proxy_pass http://origin; proxy_buffering off; }
    location /http1.0/ {
      proxy_pass http://origin/;
      proxy_http_version 1.0;
      proxy_set_header Connection close;
      proxy_request_buffering on;
    }
  }
`

describeProgram(program, 'nginx', (server) => {
  let proxy: Proxy
  beforeAll(async () => {
    proxy = await Proxy.nginx((folder) => nginxSettings(folder, inHttp(server, folder)))
  })
  afterAll(() => proxy?.[Symbol.asyncDispose]())

  proxied(server, () => proxy)

  it('30 requests, one after the other, share a connection', async () => {
    const ports = new Set<number>()
    const counts = await countsDuring(server, async () => {
      for (let i = 0; i < 30; i++) ports.add((await factsThrough(proxy)).remotePort)
    })
    expect(counts.requests).toBe(30)
    expect(counts.connections).toBeLessThanOrEqual(1)
    expect(ports.size).toBe(1)
  })

  it('bytes of a request go through while it is under way, and so do those of its response', async () => {
    const request: ClientRequest = httpRequest({
      socketPath: proxy.socket,
      path: '/echo',
      method: 'POST',
      headers: { 'transfer-encoding': 'chunked' },
    })
    request.write('one')
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    for (const next of ['two', 'three', '']) {
      const [echo] = (await once(response, 'data')) as [Buffer]
      expect(String(echo)).toBe({ two: 'one', three: 'two', '': 'three' }[next])
      if (next === '') request.end()
      else request.write(next)
    }
    response.resume()
    await once(response, 'end')
  })

  it('HTTP/1.0 is answered, whether the length of a body is known or not', async () => {
    const facts = await factsThrough(proxy, '/http1.0/facts')
    expect(facts.headers).toMatchObject({ connection: 'close' })
    for (const framing of ['', '&chunked']) {
      const { body } = await proxy.ask(`/http1.0/download?size=1000000${framing}`)
      expect(body).toHaveLength(1_000_000)
    }
    const bytes = Buffer.alloc(200_000, 'uploaded')
    const { body } = await proxy.ask('/http1.0/hash', { body: bytes })
    expect(JSON.parse(String(body))).toEqual(hashOf(bytes))
  })

  it('neither nginx nor the server has reported an error', () => {
    expect(proxy.program.stderr()).toBe('')
    expect(errorsOf(server, true)).toEqual([])
  })
})
