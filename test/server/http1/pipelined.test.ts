import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { BaseRequestHandler } from '../../../src/server/handler/base-request-handler.ts'
import { HTTP2Server } from '../../../src/server/handler/http2-server.ts'
import { connectByHand, type HandTransport } from '../../support/hand-transport.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

interface Served {
  readonly paths: string[]
  readonly statuses: string[]
}

/** A server that answers once `act` is over, which is called with its connection. */
async function serve(
  text: string,
  act: (by: HandTransport) => unknown = () => {},
): Promise<Served> {
  const paths: string[] = []
  let goOn!: () => void
  const acted = new Promise<void>((resolve) => (goOn = resolve))
  class Later extends BaseRequestHandler {
    override async onHeaders(): Promise<void> {
      paths.push(this.path)
      await turn()
      await acted
      this.sendResponse({ body: this.path })
    }
  }
  let received = ''
  const by = await connectByHand(
    (runtime) => new HTTP2Server({}, Later, { runtime, onError() {} }),
    (chunks) => {
      for (const chunk of chunks) received += new TextDecoder().decode(chunk)
      return true
    },
  )
  by.sink.onData(new TextEncoder().encode(text))
  await act(by)
  goOn()
  for (let i = 0; i < 10; i++) await turn()
  const statuses = [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status!)
  by.transport.destroy()
  await by.server.close()
  return { paths, statuses }
}

it('a malformed request behind one that is being answered: the first gets its own answer', async () => {
  const { paths, statuses } = await serve(`${get('/first')}GET / HTTP/1.1\r\n\r\n`)
  expect(paths).toEqual(['/first'])
  expect(statuses).toEqual(['200', '400'])
})

it('half a request and FIN behind one that is being answered: the first gets its own answer', async () => {
  const half = `${get('/first')}GET /second HTTP/1.1\r\nHo`
  const { paths, statuses } = await serve(half, ({ sink }) => sink.onEnd())
  expect(paths).toEqual(['/first'])
  expect(statuses).toEqual(['200', '400'])
})

it('no request is answered behind a response that says that the connection closes', async () => {
  const { paths, statuses } = await serve(get('/first') + get('/second'), ({ server }) => {
    void server.close({ graceful: true })
    // The clients are told once nothing listens, after 20 ms.
    return sleep(200)
  })
  expect(paths).toEqual(['/first'])
  expect(statuses).toEqual(['200'])
})
