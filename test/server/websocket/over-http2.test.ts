import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { constants, type IncomingHttpHeaders } from 'node:http2'
import { expect, it } from 'vitest'
import { pause, until } from '../../support/fetch-suite.ts'
import { answerOf } from '../../support/server-client.ts'
import { newTag } from '../../support/server.ts'
import { ClientSocket, connectSocket } from '../../support/websocket/client.ts'
import { describeSockets, portOf } from '../../support/websocket/suite.ts'

describeSockets('WebSocket over HTTP/2', (server, connect, api) => {
  it('the server says that it takes extended CONNECT', async () => {
    await using client = await connect()
    expect(client.session.remoteSettings.enableConnectProtocol).toBe(true)
  })

  it.each([
    { deflate: false, path: '/' },
    { deflate: true, path: '/' },
    { deflate: true, path: '/?compression=no' },
  ])('echoes messages of every size: %o', async ({ deflate, path }) => {
    await using client = await connect()
    const socket = await ClientSocket.open(client.session, path, { deflate })
    expect(socket.isCompressing).toBe(deflate && path === '/')
    const sizes = [0, 1, 125, 126, 1000, 16_384, 65_535, 65_536, 300_000]
    const messages = sizes.flatMap((size) => [
      'payload \u{20ac} '.repeat(size).slice(0, size),
      randomBytes(size),
    ])
    for (const message of messages) {
      await socket.send(message)
      const echo = await socket.next()
      const isSame = typeof message === 'string' ? echo === message : message.equals(echo as Buffer)
      expect(isSame, `a message of ${message.length}`).toBe(true)
    }
    socket.sayClose(1000)
    expect(await socket.closed()).toMatchObject({ code: 1000 })
    expect(await socket.finish()).toBe(constants.NGHTTP2_NO_ERROR)
  })

  it('joins fragments, with a ping between them', async () => {
    await using client = await connect()
    for (const deflate of [false, true]) {
      const socket = await ClientSocket.open(client.session, '/', { deflate })
      void socket.send('one ', false)
      void socket.send('two ', false)
      socket.ping('between')
      void socket.send('three', true)
      expect(await socket.next()).toBe('one two three')
      expect(await socket.nextPong()).toBe('between')
    }
  })

  it('bytes that come one by one are the same messages', async () => {
    await using client = await connect()
    const socket = await ClientSocket.open(client.session, '/')
    // "hi", masked by 01 02 03 04.
    for (const byte of [0x81, 0x82, 1, 2, 3, 4, 0x68 ^ 1, 0x69 ^ 2]) {
      socket.stream.write(Uint8Array.of(byte))
      await pause(5)
    }
    expect(await socket.next()).toBe('hi')
  })

  it('agrees on a subprotocol, the best that both speak', async () => {
    await using client = await connect()
    const socket = await ClientSocket.open(client.session, '/path?x=y', {
      protocols: 'other, chat, chat.v2',
      deflate: true,
    })
    expect(socket.headers['sec-websocket-protocol']).toBe('chat.v2')
    await socket.send('!facts')
    const host = `127.0.0.1:${await portOf(server, api)}`
    expect(await socket.nextFacts()).toMatchObject({
      url: `${server.certificate ? 'wss' : 'ws'}://${host}/path?x=y`,
      protocol: 'chat.v2',
      extensions: expect.stringMatching(/^permessage-deflate/),
      readyState: 1,
    })
    const other = await ClientSocket.open(client.session, '/', { protocols: 'other' })
    expect(other.headers).not.toHaveProperty('sec-websocket-protocol')
    expect(other.headers).not.toHaveProperty('sec-websocket-extensions')
    expect(other.headers).not.toHaveProperty('sec-websocket-accept')
  })

  it('sends before anything was received, and accepts later', async () => {
    await using client = await connect()
    const greeted = await ClientSocket.open(client.session, '/?greet')
    expect(await greeted.next()).toBe('welcome')
    // What comes before the answer is not lost.
    const stream = connectSocket(client.session, '/later')
    const early = new ClientSocket(stream, {}, false)
    await early.send('early')
    await early.send('bird')
    expect([await early.next(), await early.next()]).toEqual(['early', 'bird'])
  })

  it('pings and pongs both ways', async () => {
    await using client = await connect()
    const socket = await ClientSocket.open(client.session, '/')
    socket.ping('from the client')
    expect(await socket.nextPong()).toBe('from the client')
    await socket.send('!ping from the server')
    await until(() => socket.pings.length > 0)
    expect(socket.pings).toEqual(['from the server'])
    socket.pong('from the server')
    expect(await socket.next()).toBe('pong from the server')
  })

  it('a Blob is sent in its place', async () => {
    await using client = await connect()
    const socket = await ClientSocket.open(client.session, '/')
    await socket.send('!blob of bytes')
    expect(String(await socket.next())).toBe('of bytes')
    expect(await socket.next()).toBe('after the blob')
  })

  it('a message of 10 MiB there and back', async () => {
    await using client = await connect()
    const message = randomBytes(10 << 20)
    for (const deflate of [false, true]) {
      const socket = await ClientSocket.open(client.session, '/', { deflate })
      await socket.send(message)
      expect(message.equals((await socket.next()) as Buffer)).toBe(true)
    }
  })

  it('large messages both ways at once', async () => {
    await using client = await connect()
    const message = randomBytes(1 << 20)
    const sockets = await Promise.all(
      Array.from({ length: 4 }, () => ClientSocket.open(client.session, '/')),
    )
    await Promise.all(
      sockets.map(async (socket) => {
        const sending = Array.from({ length: 4 }, () => socket.send(message))
        for (let i = 0; i < 4; i++) {
          expect(message.equals((await socket.next()) as Buffer)).toBe(true)
        }
        await Promise.all(sending)
      }),
    )
    // Deno's TLS sockets cannot turn Nagle's algorithm off: small windows make them slow.
  }, 60_000)

  it('what the server sends waits for a client that does not read', async () => {
    await using client = await connect()
    const tag = newTag()
    const count = 256
    const socket = await ClientSocket.open(client.session, `/?tag=${tag}`, { paused: true })
    await socket.send(`!flood ${count}`)
    await server.line('waiting', tag)
    await pause(150)
    const waits = server.lines().filter((line) => line.event === 'waiting' && line.tag === tag)
    // No more than what waits, and what the windows and Node take in.
    expect(Number(waits.at(-1)!.sent)).toBeLessThan(64)
    socket.resume()
    for (let i = 0; i < count; i++) {
      const bytes = (await socket.next()) as Buffer
      expect([bytes.readUInt32BE(0), bytes.length]).toEqual([i, 65_536])
    }
    const most = Number(/\d+/.exec(String(await socket.next()))?.[0])
    expect(most).toBeLessThan(700 * 1024)
  })

  it('a client that does not read its echoes is not read', async () => {
    await using client = await connect()
    const socket = await ClientSocket.open(client.session, '/', { paused: true })
    const message = randomBytes(64 * 1024)
    const count = 192
    let taken = 0
    const sending = Array.from({ length: count }, async () => {
      await socket.send(message)
      taken++
    })
    await until(() => taken > 0)
    let before = 0
    while (before < taken) {
      before = taken
      await pause(200)
    }
    expect(taken).toBeLessThan(count / 2)
    socket.resume()
    for (let i = 0; i < count; i++) {
      expect(message.equals((await socket.next()) as Buffer)).toBe(true)
    }
    await Promise.all(sending)
  })

  it('many sockets on one connection, beside ordinary requests', async () => {
    await using client = await connect()
    const sockets = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        ClientSocket.open(client.session, `/?tag=${i}`, { deflate: i % 2 === 0 }),
      ),
    )
    const echoes = sockets.map(async (socket, i) => {
      for (let round = 0; round < 20; round++) {
        const text = `socket ${i} round ${round} `.repeat(20)
        await socket.send(text)
        expect(await socket.next()).toBe(text)
      }
      await socket.send('!facts')
      return (await socket.nextFacts()).connection
    })
    const requests = Array.from({ length: 50 }, async (_, i) => {
      const answer = await client.get(`/ordinary/${i}`)
      const facts = answer.json() as { path: string; streamsOpen: number; connection: number }
      expect(facts.path).toBe(`/ordinary/${i}`)
      expect(facts.streamsOpen).toBeGreaterThan(50)
      return facts.connection
    })
    const connections = new Set(await Promise.all([...echoes, ...requests]))
    expect(connections.size).toBe(1)
  })

  it('a plain CONNECT is a tunnel, closed on either side first', async () => {
    await using client = await connect()
    const open = async (): Promise<ReturnType<typeof connectSocket>> => {
      const stream = client.session.request(
        { ':method': 'CONNECT', ':authority': 'example.com:443' },
        { endStream: false },
      )
      const [headers] = (await once(stream, 'response')) as [IncomingHttpHeaders]
      expect(headers[':status']).toBe(200)
      return stream
    }
    const stream = await open()
    const body = randomBytes(3 << 20)
    const answer = answerOf(stream)
    stream.write(body.subarray(0, 1 << 20))
    await pause(50)
    stream.end(body.subarray(1 << 20))
    expect((await answer).body.equals(body)).toBe(true)
    expect((await answer).errorCode).toBe(0)
    const dropped = await open()
    dropped.on('error', () => {})
    dropped.close(constants.NGHTTP2_CANCEL)
    expect((await client.get('/still-there')).status).toBe(200)
  })
})
