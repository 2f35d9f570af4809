/** nginx before two servers, each restarted under load. */
import { expect, it } from 'vitest'
import { nginxSettings } from '../support/nginx.ts'
import { Proxy, socketIn } from '../support/proxy.ts'
import { Backends, configurationOf } from '../support/rollout.ts'

it('nginx: no request fails while the servers are restarted', async () => {
  await using backends = await Backends.start(['node', 'deno'])
  await using proxy = await Proxy.nginx((folder) => {
    const text = backends.addressed(configurationOf('nginx'))
    return nginxSettings(folder, text.replace('listen 80', `listen unix:${socketIn(folder)}`))
  })
  const runtimes = ['bun', 'node'] as const
  const { requests, failures, errors } = await backends.rollOut(proxy, ['http1'], runtimes)
  expect({ failures, errors }, proxy.program.stderr()).toEqual({ failures: [], errors: [] })
  expect(requests).toBeGreaterThan(300)
})
