/** nginx with grpc_pass before two servers of the example, each restarted under load, and gRPC's own client before nginx. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { type RunningExample, startExample } from '../support/examples.ts'
import { until } from '../support/fetch-suite.ts'
import { nginxSettings } from '../support/nginx.ts'
import { freePort, Proxy, socketIn } from '../support/proxy.ts'
import { configurationOf } from '../support/rollout.ts'
import type { RuntimeName } from '../support/processes.ts'
import { connectGreeter, connectHealth, type Greeter, type Text } from './greeter.ts'

const calls: Readonly<Record<string, (client: Greeter) => Promise<string>>> = {
  greet: (client) =>
    new Promise((resolve, reject) => {
      client.greet({ text: 'you' }, {}, (error, reply) =>
        error ? reject(error) : resolve(reply!.text),
      )
    }),
  async split(client) {
    const texts: string[] = []
    const call = client.split({ text: 'one two three' })
    for await (const { text } of call as AsyncIterable<Text>) texts.push(text)
    return texts.join(' ')
  },
  /** Half a second, by turns. */
  async shout(client) {
    const call = client.shout()
    const texts: string[] = []
    for (const text of ['one', 'two', 'three', 'four', 'five']) {
      const reply = once(call, 'data')
      call.write({ text })
      texts.push(((await reply) as [Text])[0].text)
      await sleep(100)
    }
    call.end()
    call.resume()
    await once(call, 'end')
    return texts.join(' ')
  },
}
const replies: Readonly<Record<string, string>> = {
  greet: 'Hello, you',
  split: 'one two three',
  shout: 'ONE TWO THREE FOUR FIVE',
}

/** Cancels a call. Gives whether one has come to this server, which prints that a call was cancelled. */
async function hasCalled(client: Greeter, server: RunningExample): Promise<boolean> {
  const call = client.split({ text: 'one …' })
  await once(call, 'data')
  call.on('error', () => {}).cancel()
  return server.program.stdout().includes('stopped')
}

it('gRPC behind nginx: no call fails while the servers are restarted', async () => {
  const ports = [await freePort(), await freePort()]
  const runtimes: readonly RuntimeName[] = ['node', 'bun', 'deno', 'node']
  const startOne = (position: number, runtime: RuntimeName): Promise<RunningExample> =>
    startExample(runtime, 'grpc', ['--port', String(ports[position])])
  const servers = [await startOne(0, runtimes[0]!), await startOne(1, runtimes[1]!)]
  await using proxy = await Proxy.nginx((folder) => {
    const text = configurationOf('nginx, for gRPC')
      .replace('10.0.0.1:8080', `127.0.0.1:${ports[0]}`)
      .replace('10.0.0.2:8080', `127.0.0.1:${ports[1]}`)
      .replace('listen 80', `listen unix:${socketIn(folder)}`)
    return nginxSettings(folder, text)
  })
  const client = connectGreeter(`unix:${proxy.socket}`, null)
  const health = connectHealth(`unix:${proxy.socket}`, null)

  const failures: string[] = []
  let count = 0
  const over = new AbortController()
  let phase = 'at the beginning'
  const load = async (name: string): Promise<void> => {
    while (!over.signal.aborted) {
      const during = phase
      const reply = await calls[name]!(client).catch(({ message }: Error) => message)
      if (reply !== replies[name]) failures.push(`${name} ${during}: ${reply}`)
      count++
      await sleep(5)
    }
  }
  const checkHealth = async (): Promise<string> =>
    new Promise((resolve, reject) => {
      health.check({ service: '' }, (error, reply) =>
        error ? reject(error) : resolve(reply!.status),
      )
    })
  const loads = ['greet', 'greet', 'greet', 'split', 'split', 'shout', 'shout'].map(load)
  try {
    for (const [position, runtime] of [
      [0, runtimes[2]!],
      [1, runtimes[3]!],
    ] as const) {
      phase = `while the one on port ${ports[position]} drains`
      expect(await servers[position]!.program.stop()).toMatchObject({ code: 0, stderr: '' })
      phase = `while the one on port ${ports[position]} is away`
      expect(await checkHealth()).toBe('SERVING')
      const before = count
      await until(() => count > before + 30)
      servers[position] = await startOne(position, runtime)
      phase = `once the one on port ${ports[position]} is there`
      await until(() => hasCalled(client, servers[position]!))
      expect(await checkHealth()).toBe('SERVING')
    }
  } finally {
    over.abort()
    await Promise.all(loads)
    client.close()
    health.close()
    await Promise.all(servers.map(({ program }) => program.stop()))
  }
  expect(failures, proxy.program.stderr()).toEqual([])
  expect(count).toBeGreaterThan(300)
})
