import { expect, it } from 'vitest'
import { Session } from '../../../src/engine/http2/session.ts'
import { BaseRequestHandler } from '../../../src/server/handler/base-request-handler.ts'
import { HTTP2Server } from '../../../src/server/handler/http2-server.ts'
import { connectByHand } from '../../support/hand-transport.ts'

const mebibyte = 1024 * 1024
const body = new Uint8Array(64 * mebibyte)

class Download extends BaseRequestHandler {
  override onHeaders(): void {
    this.sendResponse({ body })
  }
}

/** A client that asks for the download, on a transport that is full after each write until it is told otherwise. */
async function download(): Promise<{ server: HTTP2Server; written: number[]; drain(): void }> {
  const written: number[] = []
  const { server, sink } = await connectByHand(
    (runtime) => new HTTP2Server({}, Download, { runtime }),
    (chunks) => {
      written.push(chunks.reduce((sum, { length }) => sum + length, 0))
      return false
    },
  )
  const window = 0x7fffffff
  const client = Session.client({
    settings: { initialWindowSize: window },
    connectionWindowSize: window,
  })
  client.submitRequest([
    [':method', 'GET'],
    [':scheme', 'http'],
    [':authority', 'full'],
    [':path', '/'],
  ])
  sink.onData(client.bytesToSend())
  return { server, written, drain: () => sink.onDrain() }
}

it('a connection that takes bytes fast gets more of them at once, up to a MiB', async () => {
  const { server, written, drain } = await download()
  for (let i = 0; i < 8; i++) drain()
  expect(Math.max(...written)).toBeLessThan(mebibyte * 1.01) // and frame headers
  expect(written.at(-1)).toBeGreaterThan(mebibyte * 0.9)
  await server.close()
})

it('a connection that takes bytes slowly gets few at once, so that an urgent response does not wait behind a MiB', async () => {
  const { server, written, drain } = await download()
  for (let i = 0; i < 8; i++) drain()
  for (let i = 0; i < 6; i++) {
    await new Promise((resolve) => setTimeout(resolve, 60))
    drain()
  }
  expect(written.at(-1)).toBeLessThan(65 * 1024)
  expect(written.at(-1)).toBeGreaterThan(32 * 1024)
  await server.close()
})
