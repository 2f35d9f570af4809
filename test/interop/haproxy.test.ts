/** HAProxy before the server: health checks of each kind, connections that all clients share, HTTP/2 behind HTTP/1.1. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until } from '../support/fetch-suite.ts'
import { errorsOf, program } from '../support/interop.ts'
import { describeProgram, type ProgramServer } from '../support/program-server.ts'
import { Proxy, socketIn } from '../support/proxy.ts'
import { expectEchoes, proxied } from '../support/proxy-suite.ts'

const configuration = (server: ProgramServer, folder: string): string => `
global
  stats socket ${folder}/stats.sock
defaults
  mode http
  retries 0
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout tunnel 30s
  timeout check 5s
  http-reuse always
  default-server check inter 1s
frontend front
  bind ${socketIn(folder)}
  use_backend http2 if { hdr(x-by) HTTP/2 }
  default_backend options
backend options
  option httpchk
  server one 127.0.0.1:${server.port}
backend get
  option httpchk
  http-check send meth GET uri /health ver HTTP/1.1 hdr Host localhost
  http-check expect string well
  server one 127.0.0.1:${server.port}
backend head
  option httpchk HEAD /
  http-check expect status 200
  server one 127.0.0.1:${server.port}
backend connects
  server one 127.0.0.1:${server.port}
backend http2
  option httpchk
  http-check send meth GET uri /health ver HTTP/2 hdr Host localhost
  http-check expect status 200
  server one 127.0.0.1:${server.port} proto h2
`

describeProgram(program, 'HAProxy', (server) => {
  let proxy: Proxy
  beforeAll(async () => {
    proxy = await Proxy.haproxy((folder) => configuration(server, folder))
  })
  afterAll(() => proxy?.[Symbol.asyncDispose]())

  proxied(server, () => proxy)

  it.each([
    ['options', 'L7OK'],
    ['get', 'L7OK'],
    ['head', 'L7OK'],
    ['connects', 'L4OK'],
    ['http2', 'L7OK'],
  ])('health checks of the kind %s pass', async (backend, check_status) => {
    const healthy = { status: 'UP', check_status, chkfail: '0', chkdown: '0' }
    await until(async () => (await stateOf(proxy, backend))['check_status'] === check_status)
    expect(await stateOf(proxy, backend), proxy.program.stderr()).toMatchObject(healthy)
  })

  it('20 clients, one after the other, use connections that were there', async () => {
    const before = await stateOf(proxy, 'options')
    for (let i = 0; i < 20; i++) {
      const { body } = await proxy.ask('/', { agent: false })
      expect(String(body)).toBe('hello\n')
    }
    const after = await stateOf(proxy, 'options')
    const more = (name: string): number => Number(after[name]) - Number(before[name])
    expect(more('connect')).toBeLessThanOrEqual(1)
    expect(more('reuse')).toBeGreaterThanOrEqual(19)
  })

  it('requests and WebSockets of HTTP/1.1 become those of HTTP/2', async () => {
    const headers = { 'x-by': 'HTTP/2' }
    const { body } = await proxy.ask('/facts', { headers })
    expect(JSON.parse(String(body))).toMatchObject({ protocol: 'HTTP/2' })
    await expectEchoes(proxy, headers)
    await server.line('socket', 'HTTP/2')
  })

  it('neither HAProxy nor the server has reported an error', async () => {
    for (const backend of ['options', 'get', 'head', 'connects', 'http2']) {
      const errors = { chkfail: '0', econ: '0', eresp: '0', hrsp_5xx: '0' }
      expect(await stateOf(proxy, backend), backend).toMatchObject(errors)
    }
    expect(proxy.program.stderr()).not.toMatch(/ALERT|WARNING|DOWN/)
    expect(errorsOf(server, true)).toEqual([])
  })
})

/** What HAProxy says of the server of a backend. It marks the status of a server that it is checking right now by "* ". */
async function stateOf(proxy: Proxy, backend: string): Promise<Record<string, string>> {
  const socket = connect(join(proxy.folder, 'stats.sock'))
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.end('show stat\n')
  await once(socket, 'close')
  const [names = '', ...lines] = text.split('\n')
  const values = lines.find((line) => line.startsWith(`${backend},one,`))?.split(',') ?? []
  const pairs = names
    .replace('# ', '')
    .split(',')
    .map((name, i) => [name, values[i]?.replace(/^\* /, '') ?? ''])
  return Object.fromEntries(pairs) as Record<string, string>
}
