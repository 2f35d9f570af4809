/** A connection error (RFC 9113 §5.4.1) is reported once, and closes each stream at once. */
import { expect, it } from 'vitest'
import { describeServers, newTag } from '../../support/server.ts'
import { RawClient, Type } from '../../support/raw-client.ts'

const streams = 100

const mistakes: Record<string, (client: RawClient) => void> = {
  'WINDOW_UPDATE of 0': (client) => client.windowUpdate(0, 0),
  'a window beyond 2^31-1': (client) => client.windowUpdate(0, 0x7fff_ffff),
  'PING of 7 bytes': (client) => client.frame(Type.PING, 0, 0, Buffer.alloc(7)),
  'DATA on stream 0': (client) => client.frame(Type.DATA, 0, 0, Buffer.alloc(1)),
  'a block that is no HPACK': (client) => client.frame(Type.HEADERS, 5, 999, Buffer.from([0xff])),
  'a stream id used before': (client) => {
    client.get(1001, '/hold')
    client.get(999, '/hold')
  },
}

describeServers('a connection error', (server) => {
  const errorsOf = (port: number): string[] =>
    server
      .lines()
      .filter((line) => line.event === 'error' && line.port === port)
      .map(({ source, code }) => `${source} ${code}`)

  it.each(Object.entries(mistakes))(
    '%s: reported once, and each stream closed at once',
    async (_, mistake) => {
      await using client = await RawClient.connect(server)
      const tag = newTag()
      // Half of the handlers answer later: what they say goes nowhere.
      for (let i = 0; i < streams; i++) {
        client.get(2 * i + 1, `${i % 2 ? '/hold' : '/informational-first'}?tag=${tag}`)
      }
      await client.isAlive()
      const { localPort: port } = client.socket
      const started = performance.now()
      mistake(client)
      await client.goaway()
      const closed = (): number =>
        server.lines().filter((line) => line.event === 'close' && line.tag === tag).length
      while (closed() < streams) {
        expect(performance.now() - started).toBeLessThan(3000)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(errorsOf(port!)).toEqual(['connection ERR_CONNECTION_TERMINATED'])
      expect(closed()).toBe(streams)
    },
  )

  it('of a client that reads nothing any more: its streams are closed at once', async () => {
    await using client = await RawClient.connect(server, [[4, 0x7fff_ffff]])
    client.windowUpdate(0, 0x7000_0000)
    const tag = newTag()
    client.socket.pause()
    for (let i = 0; i < 5; i++) client.get(2 * i + 1, `/download?size=20000000&tag=${tag}`)
    for (let i = 5; i < 20; i++) client.get(2 * i + 1, `/hold?tag=${tag}`)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const started = performance.now()
    client.windowUpdate(0, 0)
    const closed = (): number =>
      server.lines().filter((line) => line.event === 'close' && line.tag === tag).length
    while (closed() < 20) {
      expect(performance.now() - started).toBeLessThan(2000)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(errorsOf(client.socket.localPort!)).toEqual(['connection ERR_CONNECTION_TERMINATED'])
  })
})
