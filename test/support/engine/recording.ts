/** A connection that uses most of the protocol, recorded as the bytes each side sent. */
import type { SessionEvent } from '../../../src/engine/index.ts'
import { join } from './frames.ts'
import { Pair, only, post, request } from './pair.ts'

/** Bytes a client sent in one connection, and those a server answered it with. */
export interface Recording {
  readonly up: Uint8Array
  readonly down: Uint8Array
}

export const serverSettings = { enableConnectProtocol: true, noRfc7540Priorities: true }

/** Requests with and without bodies, 1xx, trailers, pushes, PING, priorities, unknown frames, resets. */
export function record(): Recording {
  const pair = new Pair({
    client: { settings: { initialWindowSize: 200_000, enablePush: true }, padding: 9 },
    server: { settings: serverSettings, connectionWindowSize: 200_000, padding: 5 },
  })
  const { client, server } = pair
  const up: Uint8Array[] = []
  const down: Uint8Array[] = []
  const flow = (): void => {
    for (;;) {
      const a = client.bytesToSend()
      const b = server.bytesToSend()
      if (a.length + b.length === 0) return
      up.push(a)
      down.push(b)
      for (const event of server.receive(a)) answer(pair, event)
      const seen = client.receive(b)
      for (const data of only(seen, 'DataReceived')) client.consume(data.streamId, data.data.length)
    }
  }
  client.submitRequest({ ...request, cookie: 'a=b' })
  client.submitRequest(
    { ...post, 'x-long': 'v'.repeat(300) },
    { body: new Uint8Array(30_000).fill(1) },
  )
  client.submitPing(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  client.submitUnknownFrame(0xf3, 3, 0, Uint8Array.of(9, 9))
  flow()
  const upload = client.submitRequest(post, { endStream: false })
  client.submitPriorityUpdate(upload, 'u=1, i')
  client.sendData(upload, new Uint8Array(10).fill(2))
  client.submitTrailers(upload, { 'x-sum': '1' })
  const dropped = client.submitRequest(post, { endStream: false })
  flow()
  client.submitRstStream(dropped)
  client.submitRequest({ ...request, cookie: 'a=b', 'x-long': 'v'.repeat(300) })
  flow()
  client.submitGoaway(0, 0, 'bye')
  flow()
  pair.dispose()
  return { up: join(...up), down: join(...down) }
}

function answer({ server }: Pair, event: SessionEvent): void {
  if (event.type === 'DataReceived') server.consume(event.streamId, event.data.length)
  if (event.type !== 'RequestReceived') return
  const { streamId } = event
  server.submitInformational(streamId, { ':status': '103', link: '</a>' })
  if (event.endStream) {
    const promised = server.submitPushPromise(streamId, { ...request, ':path': '/pushed' })
    server.submitResponse(promised, { ':status': '200' }, { body: new Uint8Array(20) })
  }
  server.submitResponse(
    streamId,
    { ':status': '200', 'x-id': String(streamId) },
    { endStream: false },
  )
  server.sendData(streamId, new Uint8Array(7000).fill(streamId))
  server.submitTrailers(streamId, { 'grpc-status': '0' })
}

/** Events with neighbouring pieces of a body joined: what does not depend on how the bytes were cut. */
export function joined(events: readonly SessionEvent[]): SessionEvent[] {
  const result: SessionEvent[] = []
  for (const event of events) {
    const last = result.at(-1)
    if (
      event.type === 'DataReceived' &&
      last?.type === 'DataReceived' &&
      last.streamId === event.streamId
    ) {
      result[result.length - 1] = { ...event, data: join(last.data, event.data) }
    } else {
      result.push(event)
    }
  }
  return result
}
