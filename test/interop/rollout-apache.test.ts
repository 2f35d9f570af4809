/** Apache with mod_proxy_http2 before two servers, each restarted under load. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { until } from '../support/fetch-suite.ts'
import { Proxy } from '../support/proxy.ts'
import { Backends, configurationOf, type Noticed } from '../support/rollout.ts'

const modules = [
  'mpm_event',
  'authz_core',
  'proxy',
  'proxy_http',
  'proxy_http2',
  'proxy_balancer',
  'proxy_hcheck',
  'lbmethod_byrequests',
  'slotmem_shm',
  'socache_shmcb',
  'ssl',
]

/** Debian's modules; its files are in the folder. */
const settings = (folder: string, port: number): string => `
ServerRoot ${folder}
ServerName localhost
DefaultRuntimeDir ${folder}
PidFile ${folder}/pid
ErrorLog ${folder}/error.log
LogLevel warn proxy_hcheck:info
Listen 127.0.0.1:${port}
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
`

it('Apache: no request fails while the servers are restarted', async () => {
  await using backends = await Backends.start(['bun', 'node'], 1200)
  const text = backends.addressed(configurationOf('Apache'))
  await using proxy = await Proxy.apache((folder, port) => settings(folder, port) + text)
  const log = (): string => readFileSync(join(proxy.folder, 'error.log'), 'utf8')
  /** What the health checks have found last. */
  const noticed: Noticed = ({ port }, is) =>
    until(() => {
      const lines = log().split('\n')
      const last = lines.findLast((line) => /Health check/.test(line) && line.includes(`:${port}`))
      return last?.includes({ away: 'DISABLING', back: 'ENABLING' }[is])
    })
  const runtimes = ['deno', 'bun'] as const
  const rollout = await backends.rollOut(proxy, ['h2c'], runtimes, noticed)
  const { requests, failures, errors, checks } = rollout
  expect({ failures, errors }, log()).toEqual({ failures: [], errors: [] })
  expect(requests).toBeGreaterThan(300)
  expect(checks).toEqual(['GET HTTP/1.1 by null'])
  // Over TLS no health check sees that a server leaves; docs/BEHIND-PROXIES.md says what is lost.
  for (let i = 0; i < 10; i++) {
    expect(String((await proxy.ask('/h2/hello')).body)).toBe('hello by HTTP/2')
  }
})
