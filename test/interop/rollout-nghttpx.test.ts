/** nghttpx before two servers, each restarted under load. */
import { expect, it } from 'vitest'
import { until } from '../support/fetch-suite.ts'
import { Proxy, socketIn } from '../support/proxy.ts'
import { Backends, configurationOf, type Noticed } from '../support/rollout.ts'

it('nghttpx: no request fails while the servers are restarted', async () => {
  await using backends = await Backends.start(['deno', 'node'])
  const text = backends.addressed(configurationOf('nghttpx'))
  await using proxy = await Proxy.nghttpx((folder) =>
    text.replace('frontend=*,80', `accesslog-file=/dev/null\nfrontend=unix:${socketIn(folder)}`),
  )
  /** Whether it has said last that it can connect. */
  const isOnline = (port: number): boolean => {
    const lines = proxy.program.stderr().split('\n')
    const last = lines.findLast((line) => line.includes(`:${port} `) && line.includes('considered'))
    return !last?.includes('offline')
  }
  const noticed: Noticed = ({ port, tlsPort }, is) =>
    until(() => [port, tlsPort].every((one) => isOnline(one) === (is === 'back')))
  const runtimes = ['bun', 'deno'] as const
  const { requests, failures, errors } = await backends.rollOut(
    proxy,
    ['http1', 'tls', 'h2c', 'h2'],
    runtimes,
    noticed,
  )
  expect({ failures, errors }, proxy.program.stderr()).toEqual({ failures: [], errors: [] })
  expect(requests).toBeGreaterThan(300)
})
