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

/** A server that answers in the next turn of the loop; `act` is called with its connection before that. */
async function serve(text: string, act: (by: HandTransport) => void = () => {}): Promise<Served> {
  const paths: string[] = []
  class Later extends BaseRequestHandler {
    override async onHeaders(): Promise<void> {
      paths.push(this.path)
      await turn()
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
  act(by)
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
  })
  expect(paths).toEqual(['/first'])
  expect(statuses).toEqual(['200'])
})
