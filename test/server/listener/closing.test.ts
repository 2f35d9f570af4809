import { connect as connectTcp } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { describeServers, newTag } from '../../support/server.ts'
import { answerOf } from '../../support/server-client.ts'
import { END_HEADERS, RawClient, Type } from '../../support/raw-client.ts'

/** Whether a server listens there. */
function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host: '127.0.0.1', port }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

describeServers('closing a server', (server) => {
  it.concurrent('gracefully: a notice, then GOAWAY, and what is open finishes', async () => {
    const port = await server.open({})
    await using client = await RawClient.connect(server, [], port)
    const tag = newTag()
    client.get(1, `/hold?tag=${tag}`)
    await server.line('held', tag)
    const closing = server.close(port, 'gracefully')

    const notice = await client.nextOf(Type.GOAWAY)
    expect(notice.payload.readUInt32BE(0)).toBe(0x7fffffff)
    expect(notice.payload.readUInt32BE(4)).toBe(0)
    // A request that was on its way is still answered.
    client.get(3, '/')
    await client.nextOf(Type.DATA, 3)
    // Those that have connected meanwhile are let in first.
    await vi.waitFor(async () => expect(await isListening(port)).toBe(false))

    const goaways = (): number => client.frames.filter(({ type }) => type === Type.GOAWAY).length
    await client.next(() => goaways() === 2)
    await using other = await server.connect()
    await other.get(`/let-go?which=${tag}`)
    expect((await client.nextOf(Type.DATA, 1)).payload.toString()).toBe('let go')
    expect(await client.goaway()).toEqual({ lastStreamId: 3, errorCode: 0 })
    client.socket.end()
    await closing
    await server.line('server closed', String(port))
  })

  it.concurrent('gracefully: the notice follows the first request', async () => {
    const port = await server.open({})
    await using client = await RawClient.connect(server, [], port)
    const closing = server.close(port, 'gracefully')
    await vi.waitFor(async () => expect(await isListening(port)).toBe(false))
    // A client that has read GOAWAY opens no stream.
    expect(client.frames.filter(({ type }) => type === Type.GOAWAY)).toEqual([])
    client.get(1, '/')
    await client.nextOf(Type.DATA, 1)
    expect((await client.nextOf(Type.GOAWAY)).payload.readUInt32BE(0)).toBe(0x7fffffff)
    expect(await client.goaway()).toEqual({ lastStreamId: 1, errorCode: 0 })
    client.socket.end()
    await closing
  })

  it.concurrent('gracefully: a client that says nothing and stays is not waited for long', async () => {
    const port = await server.open({})
    // Our side stays open when the server ends its own, as that of a browser which has connected ahead of need.
    await using client = await RawClient.open(server, port)
    expect(await server.close(port, 'gracefully')).toBeLessThan(4000)
    await vi.waitFor(() => expect(client.hasEnded).toBe(true))
    // Which protocol it would have spoken is not known: nothing is sent but FIN.
    expect(client.received).toBe(0)
  })

  it.concurrent('gracefully, with a body under way', async () => {
    const port = await server.open({})
    await using client = await server.connect({ port })
    const stream = client.open('/download?size=3000000', {}, true)
    const answer = answerOf(stream)
    await new Promise((resolve) => stream.once('response', resolve))
    const closing = server.close(port, 'gracefully')
    expect((await answer).body.length).toBe(3_000_000)
    await client.closed()
    await closing
  })

  it.concurrent('gracefully, with nothing open', async () => {
    const port = await server.open({})
    await using client = await server.connect({ port })
    expect((await client.get('/')).status).toBe(200)
    expect(await server.close(port, 'gracefully')).toBeLessThan(2000)
    await client.closed()
    expect(client.goaways.at(-1)?.[0]).toBe(0)
  })

  it.concurrent('gracefully, without any connection', async () => {
    const port = await server.open({})
    expect(await server.close(port, 'gracefully')).toBeLessThan(500)
    expect(await isListening(port)).toBe(false)
  })

  it.concurrent('gracefully, until the deadline', async () => {
    const port = await server.open({ timeouts: { shutdown: 600 } })
    await using client = await server.connect({ port })
    const tag = newTag()
    const answer = client.get(`/hold?tag=${tag}`)
    await server.line('held', tag)
    const milliseconds = await server.close(port, 'gracefully')
    expect(milliseconds).toBeGreaterThan(550)
    expect(milliseconds).toBeLessThan(2500)
    expect((await answer).status).toBe(0)
    await server.line('close', tag)
  })

  it.concurrent('at once', async () => {
    const port = await server.open({})
    await using client = await server.connect({ port })
    const tag = newTag()
    const answer = client.get(`/hold?tag=${tag}`)
    await server.line('held', tag)
    expect(await server.close(port)).toBeLessThan(1500)
    expect((await answer).status).toBe(0)
    expect(await server.line('close', tag)).toMatchObject({
      calls: expect.arrayContaining(['onHeaders']),
    })
    expect(client.goaways[0]?.[0]).toBe(0)
    expect(await isListening(port)).toBe(false)
  })

  it.concurrent('at once, with a client that does not close its side', async () => {
    const port = await server.open({})
    await using client = await RawClient.connect(server, [], port)
    expect(await server.close(port)).toBeLessThan(1500)
    expect(await client.goaway()).toEqual({ lastStreamId: 0, errorCode: 0 })
  })

  it.concurrent('at once ends a graceful one', async () => {
    const port = await server.open({})
    await using client = await server.connect({ port })
    const tag = newTag()
    const answer = client.get(`/hold?tag=${tag}`)
    await server.line('held', tag)
    const graceful = server.close(port, 'gracefully')
    await sleep(100)
    expect(await server.close(port)).toBeLessThan(1500)
    expect(await graceful).toBeLessThan(3000)
    expect((await answer).status).toBe(0)
  })

  it.concurrent('in other states: before listening, twice, for good', async () => {
    await using client = await server.connect()
    const answer = await client.get('/states')
    expect(answer.json()).toMatchObject({ late: { code: 'ERR_SERVER_CLOSED' }, isSame: true })
  })

  it.concurrent('a client that says GOAWAY gets its answers, and then FIN', async () => {
    await using client = await RawClient.connect(server)
    const tag = newTag()
    client.get(1, `/hold?tag=${tag}`)
    await server.line('held', tag)
    client.frame(Type.GOAWAY, 0, 0, Buffer.alloc(8))
    expect(await client.isAlive()).toBe(true)
    await using other = await server.connect()
    await other.get(`/let-go?which=${tag}`)
    await client.nextOf(Type.DATA, 1)
    await client.ended()
  })

  it.concurrent('a client that stays after our FIN is dropped', async () => {
    const port = await server.open({ timeouts: { shutdown: 300 } })
    await using client = await RawClient.connect(server, [], port)
    client.frame(Type.GOAWAY, 0, 0, Buffer.alloc(8))
    await client.ended()
    await sleep(2000)
    // The server does not wait for it any more.
    expect(await server.close(port)).toBeLessThan(450)
  })

  it.concurrent('a client that half-closes is gone', async () => {
    await using client = await RawClient.connect(server)
    const tag = newTag()
    client.get(1, `/hold?tag=${tag}`, [], END_HEADERS)
    await server.line('held', tag)
    client.socket.end()
    expect(await server.line('close', tag)).toMatchObject({ errorCode: 8 })
    await client.ended()
  })
})

describeServers('several servers', (server) => {
  it('run two in one process', async () => {
    const ports = [await server.open({}), await server.open({})]
    expect(new Set([server.port, ...ports]).size).toBe(3)
    for (const port of ports) {
      await using client = await server.connect({ port })
      const { host } = (await client.get('/variables')).json() as { host: string }
      expect(host).toBe(`127.0.0.1:${port}`)
    }
    await server.close(ports[0]!)
    await using client = await server.connect({ port: ports[1]! })
    expect((await client.get('/')).status).toBe(200)
    await server.close(ports[1]!)
  })

  it('on one port: the second fails with EADDRINUSE', async () => {
    await using client = await server.connect()
    const options = encodeURIComponent(JSON.stringify({ port: server.port }))
    const answer = await client.get(`/open?options=${options}`)
    expect(answer.json()).toMatchObject({ code: 'EADDRINUSE' })
  })

  it('on a port that another left', async () => {
    const port = await server.open({})
    await server.close(port)
    expect(await server.open({ port })).toBe(port)
    await server.close(port)
  })
})

describeServers('the end of the program', (server) => {
  it('SIGTERM: what is open finishes, and the process ends by itself', async () => {
    await using client = await server.connect()
    const answer = answerOf(client.open('/download?size=3000000', {}, true))
    server.program.kill('SIGTERM')
    expect((await answer).body.length).toBe(3_000_000)
    const exit = await server.program.exited
    expect(exit).toMatchObject({ code: 0, stderr: '' })
    expect(exit.stdout).toContain('"closed"')
  })
})
