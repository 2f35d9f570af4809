/** Caddy before two servers, each restarted under load: HTTP/2 in cleartext and over TLS. */
import { expect, it } from 'vitest'
import { until } from '../support/fetch-suite.ts'
import { Proxy, socketIn } from '../support/proxy.ts'
import { Backends, configurationOf, type Noticed } from '../support/rollout.ts'

it('Caddy: no request fails while the servers are restarted', async () => {
  await using backends = await Backends.start(['node', 'bun'], 1200)
  const text = backends.addressed(configurationOf('Caddy'))
  await using proxy = await Proxy.caddy(
    (folder) => `{
  admin off
  auto_https off
}
${text.replace(':80 {', `http:// {\n  bind unix/${socketIn(folder)}`)}`,
  )
  /** Whether the last health check has found the server well. */
  const isWell = (port: number): boolean => {
    const lines = proxy.program.stderr().split('\n')
    const last = lines.findLast(
      (line) => line.includes('health_checker') && line.includes(`:${port}"`),
    )
    return last?.includes('host is up') ?? true
  }
  const noticed: Noticed = ({ port, tlsPort }, is) =>
    until(() => [port, tlsPort].every((one) => isWell(one) === (is === 'back')))
  const runtimes = ['deno', 'node'] as const
  const rollout = await backends.rollOut(proxy, ['h2c', 'h2'], runtimes, noticed)
  const { requests, failures, errors, checks } = rollout
  expect({ failures, errors }, proxy.program.stderr()).toEqual({ failures: [], errors: [] })
  expect(requests).toBeGreaterThan(300)
  expect(checks).toEqual(['GET HTTP/2 by Go-http-client/2.0'])
})
