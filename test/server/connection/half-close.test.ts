/** A client that ends its side of the connection once it has asked: FIN, on TLS close_notify before it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { describeServers, newTag } from '../../support/server.ts'
import {
  END_HEADERS,
  END_STREAM,
  type Frame,
  RawClient,
  requestFields,
  Type,
} from '../../support/raw-client.ts'

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const cancel = 8

function bodyOf(client: RawClient, streamId: number): string {
  const isPart = (frame: Frame): boolean => frame.type === Type.DATA && frame.streamId === streamId
  return Buffer.concat(client.frames.filter(isPart).map(({ payload }) => payload)).toString()
}

/** Whether the last frame of a stream has END_STREAM. */
function isComplete(client: RawClient, streamId: number): boolean {
  const last = client.frames.findLast((frame) => frame.streamId === streamId)
  return last !== undefined && (last.flags & END_STREAM) !== 0
}

describeServers('FIN after the request', (server) => {
  it('an answer that is not ready yet', async () => {
    await using client = await RawClient.connect(server)
    client.get(1, '/respond?at=later')
    client.socket.end()
    await client.ended()
    expect(bodyOf(client, 1)).toBe('answered at later')
    expect(isComplete(client, 1)).toBe(true)
    await client.closed
  })

  it('all of it in one write, ten times', async () => {
    for (let i = 0; i < 10; i++) {
      await using client = await RawClient.open(server)
      client.socket.cork()
      client.socket.write(preface)
      client.settings([])
      client.get(1, '/respond?at=later')
      client.socket.uncork()
      client.socket.end()
      await client.ended()
      expect(bodyOf(client, 1)).toBe('answered at later')
    }
  })

  it('a response that is streamed, and one as large as the windows', async () => {
    await using client = await RawClient.connect(server)
    client.get(1, '/body?type=a%20generator')
    client.get(3, '/download?size=60000')
    client.socket.end()
    await client.ended()
    expect(bodyOf(client, 1)).toBe('one two three')
    expect(bodyOf(client, 3).length).toBe(60_000)
    expect([isComplete(client, 1), isComplete(client, 3)]).toEqual([true, true])
  })

  it('several requests, a hundred of them later', async () => {
    await using client = await RawClient.connect(server)
    const ids = Array.from({ length: 100 }, (_, i) => 2 * i + 1)
    for (const id of ids) client.get(id, id % 4 === 1 ? '/respond?at=later' : '/respond?at=done')
    client.socket.end()
    await client.ended()
    const bodies = ids.map((id) => bodyOf(client, id))
    expect(bodies).toEqual(
      ids.map((id) => (id % 4 === 1 ? 'answered at later' : 'answered at done')),
    )
  })

  it('a request that is not complete is over, the others are answered', async () => {
    const [half, whole] = [newTag(), newTag()]
    await using client = await RawClient.connect(server)
    client.headers(1, requestFields('POST', `/hash?tag=${half}`), END_HEADERS)
    client.data(1, 'a part')
    client.get(3, `/respond?at=later&tag=${whole}`)
    client.socket.end()
    expect(await server.line('close', half)).toMatchObject({ errorCode: cancel })
    await client.ended()
    expect(bodyOf(client, 3)).toBe('answered at later')
    expect(await server.line('close', whole)).toMatchObject({ errorCode: 0 })
    expect(isComplete(client, 1)).toBe(false)
  })

  it.each([
    ['nothing under way', () => {}],
    [
      'half a request under way',
      (client: RawClient) => client.headers(1, requestFields('POST', '/hash'), END_HEADERS),
    ],
  ])('%s: it is closed at once', async (_, begin) => {
    await using client = await RawClient.connect(server)
    begin(client)
    await client.isAlive()
    client.socket.end()
    const started = performance.now()
    await client.closed
    expect(performance.now() - started).toBeLessThan(1000)
  })

  it('and GOAWAY before it: the client waits for nothing', async () => {
    const tag = newTag()
    await using client = await RawClient.connect(server)
    client.get(1, `/hold?tag=${tag}`)
    await server.line('held', tag)
    client.frame(Type.GOAWAY, 0, 0, new Uint8Array(8))
    client.socket.end()
    expect(await server.line('close', tag)).toMatchObject({ errorCode: cancel })
    await client.closed
    expect(client.frames.some(({ streamId }) => streamId === 1)).toBe(false)
  })

  it('then RST: onClose is called', async () => {
    const tag = newTag()
    await using client = await RawClient.connect(server)
    client.get(1, `/hold?tag=${tag}`)
    await server.line('held', tag)
    client.socket.end()
    await sleep(300)
    expect(server.lines().some((line) => line.event === 'close' && line.tag === tag)).toBe(false)
    client.socket.destroy()
    const started = performance.now()
    expect(await server.line('close', tag)).toMatchObject({ errorCode: cancel })
    expect(performance.now() - started).toBeLessThan(2000)
  })

  it('of a client that has left: onClose is called, and no error reported', async () => {
    const tag = newTag()
    const errors = server.lines().filter(({ event }) => event === 'error').length
    const client = await RawClient.connect(server)
    client.get(1, `/hold?tag=${tag}`)
    await server.line('held', tag)
    await client[Symbol.asyncDispose]()
    const started = performance.now()
    expect(await server.line('close', tag)).toMatchObject({ errorCode: cancel })
    expect(performance.now() - started).toBeLessThan(2000)
    expect(server.lines().filter(({ event }) => event === 'error')).toHaveLength(errors)
  })

  it('a response beyond the windows, which nothing opens any more, ends with the timeout', async () => {
    const port = await server.open({ timeouts: { stream: 500 } })
    const tag = newTag()
    await using client = await RawClient.connect(server, [], port)
    client.get(1, `/download?size=1000000&tag=${tag}`)
    client.socket.end()
    await client.ended()
    expect(bodyOf(client, 1).length).toBe(65_535)
    expect(isComplete(client, 1)).toBe(false)
    expect(await server.line('close', tag)).toMatchObject({ errorCode: cancel })
    await client.closed
    await server.close(port)
  })

  it('a graceful shutdown waits for the answer', async () => {
    const port = await server.open({})
    const tag = newTag()
    await using client = await RawClient.connect(server, [], port)
    client.get(1, `/hold?tag=${tag}`)
    await server.line('held', tag)
    client.socket.end()
    const closing = server.close(port, 'gracefully')
    await sleep(400)
    await using other = await server.connect()
    await other.get(`/let-go?which=${tag}`)
    await client.ended()
    expect(bodyOf(client, 1)).toBe('let go')
    await closing
  })
})
