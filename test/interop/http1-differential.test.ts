/** node:http and ours on the same bytes: where they see different numbers of requests, ours is the one that refuses. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HTTP1Session } from '../../src/engine/http1/http1-session.ts'
import { bytesOf, textOf } from '../support/engine/http1.ts'
import { mutate, mutations } from '../support/engine/mutations.ts'
import { describeVectors, folder } from '../support/vectors.ts'

/** The requests that node:http hands to its application, and whether it refused one. */
function seenByNode(bytes: Uint8Array): Promise<{ requests: number; refused: boolean }> {
  return new Promise((resolve) => {
    let requests = 0
    let refused = false
    const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      requests++
      request.on('error', () => {}).resume()
      response.on('error', () => {}).end()
    })
    const count = (): unknown => requests++
    server.on('checkExpectation', count).on('connect', count)
    server.on('clientError', (_, socket) => {
      refused = true
      socket.destroy()
    })
    const [client, socket] = duplexPair()
    client.on('error', () => {}).resume()
    socket.on('error', () => {})
    server.emit('connection', socket)
    client.write(bytes)
    // Two turns: the parser's, and that of pipelined requests behind a response.
    setImmediate(() => setImmediate(() => setImmediate(() => resolve({ requests, refused }))))
  })
}

function seenByUs(bytes: Uint8Array): { requests: number; refused: boolean } {
  const session = HTTP1Session.server()
  const events = session.receive(bytes)
  // Behind CONNECT the bytes are a tunnel's, for both.
  const isConnect = (): boolean =>
    events.some((event) => event.type === 'RequestReceived' && event.headers[0]![1] === 'CONNECT')
  while (session.isUpgrade && !isConnect()) {
    session.resume()
    events.push(...session.receive(new Uint8Array()))
  }
  session.dispose()
  return {
    requests: events.filter(({ type }) => type === 'RequestReceived').length,
    refused: events.some(({ type }) => type === 'MessageRefused'),
  }
}

describeVectors('node:http beside ours', () => {
  const vectors = JSON.parse(readFileSync(join(folder, 'http1/requests.json'), 'utf8')) as {
    readonly id: string
    readonly request: string
  }[]
  const texts = vectors.map(({ request }) => request.replaceAll('HOST', 'localhost:8080'))

  const compare = async (bytes: Uint8Array): Promise<void> => {
    const [node, ours] = [await seenByNode(bytes), seenByUs(bytes)]
    if (node.requests === ours.requests) return
    expect(ours.refused, JSON.stringify({ node, ours, text: textOf(bytes) })).toBe(true)
  }

  it.each(texts.map((text, i) => [vectors[i]!.id, text]))('on %s', async (_, text) => {
    await compare(bytesOf(text))
  })

  it('on mutations of them, two on a connection', async () => {
    const pair = fc.tuple(fc.constantFrom(...texts), fc.constantFrom(...texts), mutations)
    await fc.assert(
      fc.asyncProperty(pair, async ([first, second, changes]) => {
        await compare(mutate(bytesOf(first + second), changes))
      }),
      { seed: 9112, numRuns: 1500 },
    )
  })
})
