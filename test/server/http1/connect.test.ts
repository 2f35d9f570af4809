import { expect, it } from 'vitest'
import { BaseRequestHandler } from '../../../src/server/handler/base-request-handler.ts'
import { HTTP2Server } from '../../../src/server/handler/http2-server.ts'
import type { Body } from '../../../src/http/body.ts'
import { connectByHand } from '../../support/hand-transport.ts'

async function* pieces(): AsyncGenerator<string> {
  yield 'a tunnel '
  yield 'that is none'
}

it.each<[string, () => Body, unknown]>([
  ['whole', () => 'no tunnel', undefined],
  ['read piece by piece', pieces, undefined],
  ['with trailers', () => 'no tunnel', { 'x-sum': '1' }],
])('a 2xx response to CONNECT whose body is %s: 501, and no error', async (_, body, trailers) => {
  class Handler extends BaseRequestHandler {
    override onHeaders(): void {
      const more = trailers ? { trailers: trailers as Record<string, string> } : {}
      this.sendResponse({ status: 200, body: body(), ...more })
    }
  }
  const errors: unknown[] = []
  let text = ''
  const { server, sink } = await connectByHand(
    (runtime) => new HTTP2Server({}, Handler, { runtime, onError: (error) => errors.push(error) }),
    (chunks) => {
      for (const chunk of chunks) text += new TextDecoder().decode(chunk)
      return true
    },
  )
  sink.onData(new TextEncoder().encode('CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(text).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\n[^]*\r\n\r\n$/)
  expect(errors).toEqual([])
  await server.close()
})
