/** HAProxy before two servers, each restarted under load: HTTP/1.1, HTTP/2 in cleartext and over TLS. */
import { expect, it } from 'vitest'
import { until } from '../support/fetch-suite.ts'
import { Proxy, socketIn } from '../support/proxy.ts'
import { Backends, configurationOf, type Noticed } from '../support/rollout.ts'

const ways = ['http1', 'h2c', 'h2']

it('HAProxy: no request fails while the servers are restarted', async () => {
  await using backends = await Backends.start(['deno', 'bun'])
  const text = backends.addressed(configurationOf('HAProxy'))
  await using proxy = await Proxy.haproxy(
    (folder) => `${text}
frontend front
  bind ${socketIn(folder)}
  use_backend %[path,field(2,/)]
`,
  )
  /** What the health checks have found last. */
  const state = (server: string): string =>
    [...proxy.program.stderr().matchAll(new RegExp(`Server ${server} is (UP|DOWN)`, 'g'))].at(
      -1,
    )?.[1] ?? ''
  const noticed: Noticed = ({ position }, is) =>
    until(() =>
      ways.every(
        (way) => state(`${way}/${['one', 'two'][position]}`) === { away: 'DOWN', back: 'UP' }[is],
      ),
    )
  const runtimes = ['node', 'deno'] as const
  const { requests, failures, errors, checks } = await backends.rollOut(
    proxy,
    ways,
    runtimes,
    noticed,
  )
  expect({ failures, errors }, proxy.program.stderr()).toEqual({ failures: [], errors: [] })
  expect(requests).toBeGreaterThan(300)
  expect(new Set(checks)).toEqual(new Set(['GET HTTP/1.1 by null', 'GET HTTP/2 by null']))
})
