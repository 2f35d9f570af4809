import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, it } from 'vitest'
import { allOf, h2load, type LoadResult } from '../../support/h2load.ts'
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
    await using control = await server.connect()

    const over = new AbortController()
    const results: LoadResult[] = []
    const load = async (): Promise<void> => {
      // h2load does not ask again after GOAWAY: each run sends all it has at once, and then connects anew.
      while (!over.signal.aborted)
        results.push(await h2load('-n', '64', '-c', '4', '-m', '16', url))
    }
    const loads = [load(), load()]
    for (let turn = 0; turn < 5; turn++) {
      await pause(150)
      const old = current
      balancer.target = current = await openAnother(server, {})
      await control.get(`/control/close?graceful&port=${old}`)
    }
    over.abort()
    await Promise.all(loads)
    expect(results).toEqual(results.map(() => allOf(64)))
    // Every turn found some of them under way.
    expect(results.length).toBeGreaterThan(10)
  })
})
