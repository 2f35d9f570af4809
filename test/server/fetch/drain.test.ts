import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { allOf, h2load, type LoadResult } from '../../support/h2load.ts'
import type { Protocol } from '../../support/protocols.ts'
import { describeFetch, openAnother, pause } from '../../support/fetch-suite.ts'

/** A TCP proxy before servers that take turns: a new connection goes to the current server, and stays there. */
class Balancer implements AsyncDisposable {
  /** The port of the server that gets the connections. */
  target: number
  readonly #server = createServer((client) => {
    const server = connect(this.target, '127.0.0.1')
    client.pipe(server).pipe(client)
    client.on('error', () => server.destroy())
    server.on('error', () => client.destroy())
  })

  constructor(target: number) {
    this.target = target
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    await once(this.#server, 'close')
  }
}

describeFetch('a rollout', (server) => {
  it('no request fails while h2load reconnects across drains', async () => {
    let current = await openAnother(server, {})
    await using balancer = new Balancer(current)
    const url = `http://127.0.0.1:${await balancer.listen()}/info/priority?wait=40`
    // By HTTP/1.1 the response says that it is the last; h2load would not connect anew for the next.
    const kinds = {
      'HTTP/2': ['-n', '64', '-c', '4', '-m', '16'],
      'HTTP/1.1': ['--h1', '-n', '32', '-c', '32'],
    }
    await using control = await server.connect()

    const over = new AbortController()
    const results = { 'HTTP/2': [] as LoadResult[], 'HTTP/1.1': [] as LoadResult[] }
    const load = async (protocol: Protocol): Promise<void> => {
      // h2load does not ask again after GOAWAY: each run sends all it has at once, and then connects anew.
      while (!over.signal.aborted) results[protocol].push(await h2load(...kinds[protocol], url))
    }
    const loads = [load('HTTP/2'), load('HTTP/2'), load('HTTP/1.1')]
    for (let turn = 0; turn < 5; turn++) {
      await pause(150)
      const old = current
      balancer.target = current = await openAnother(server, {})
      await control.get(`/control/close?graceful&port=${old}`)
    }
    over.abort()
    await Promise.all(loads)
    expect(results).toEqual({
      'HTTP/2': results['HTTP/2'].map(() => allOf(64)),
      'HTTP/1.1': results['HTTP/1.1'].map(() => allOf(32)),
    })
    // Both connected again and again; how often, the machine decides.
    expect(results['HTTP/2'].length).toBeGreaterThan(4)
    expect(results['HTTP/1.1'].length).toBeGreaterThan(2)
  })
})
