import { expect, it } from 'vitest'
import type { SessionEvent } from '../../../src/engine/http2/events.ts'
import { Session } from '../../../src/engine/http2/session.ts'
import { BaseRequestHandler } from '../../../src/server/handler/base-request-handler.ts'
import { HTTP2Server } from '../../../src/server/handler/http2-server.ts'
import type { Transport } from '../../../src/transport/transport.ts'
import { connectByHand } from '../../support/hand-transport.ts'

/** Many requests in one chunk are answered in several writes, so that the client is not kept waiting for the last. */

const count = 200

interface Served {
  /** Responses in each write. */
  readonly answers: number[]
  readonly events: SessionEvent[]
  readonly begun: number
}

/**
 * Gives a server `count` requests in one chunk. `onRequest` gets each, counted from one; `onAnswers` is called when some
 * have been written.
 */
async function serve(
  onRequest: (handler: BaseRequestHandler, nth: number) => void,
  onAnswers: (transport: Transport) => void = () => {},
): Promise<Served> {
  let begun = 0
  class Counted extends BaseRequestHandler {
    override onHeaders(): void {
      onRequest(this, ++begun)
    }
  }
  const client = Session.client()
  const answers: number[] = []
  const events: SessionEvent[] = []
  const receive = (bytes: Uint8Array): boolean => {
    const seen = client.receive(bytes)
    events.push(...seen)
    const number = seen.filter(({ type }) => type === 'ResponseReceived').length
    if (number > 0) {
      answers.push(number)
      onAnswers(transport)
    }
    return true
  }
  const { server, transport, sink } = await connectByHand(
    (runtime) =>
      new HTTP2Server({}, Counted, {
        runtime,
        settings: { maxConcurrentStreams: 2 * count },
        onError() {},
      }),
    (chunks) => chunks.every(receive),
  )
  sink.onData(client.bytesToSend())
  sink.onData(client.bytesToSend()) // the acknowledgement of the server's settings
  for (let i = 0; i < count; i++) {
    client.submitRequest([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'memory'],
      [':path', '/'],
    ])
  }
  sink.onData(client.bytesToSend())
  await server.close()
  client.dispose()
  return { answers, events, begun }
}

it('the first answers go out before the last request is read', async () => {
  const { answers } = await serve((handler) => handler.sendResponse({ body: 'here' }))
  expect(answers.reduce((sum, number) => sum + number)).toBe(count)
  expect(Math.max(...answers)).toBeLessThan(64)
  // A write costs too.
  expect(answers.length).toBeLessThan(8)
})

it('a handler that closes the session: what comes behind its batch is refused', async () => {
  const { begun, events } = await serve((handler, nth) => {
    handler.sendResponse({ body: 'here' })
    if (nth === 10) handler.session!.close()
  })
  const goaway = events.find((event) => event.type === 'GoawayReceived')!
  expect(goaway.errorCode).toBe(0)
  expect(begun).toBeLessThan(64)
  expect(goaway.lastStreamId).toBeLessThan(2 * begun)
})

it('a connection that is lost meanwhile: the rest is not read', async () => {
  const { begun, answers } = await serve(
    (handler) => handler.sendResponse({ body: 'here' }),
    (transport) => transport.destroy(),
  )
  expect(begun).toBeLessThan(64)
  expect(answers).toHaveLength(1)
})
