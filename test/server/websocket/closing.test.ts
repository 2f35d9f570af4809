import { constants } from 'node:http2'
import { expect, it } from 'vitest'
import { makeCertificate } from '../../support/certificate.ts'
import { describeProgram, ProgramServer } from '../../support/program-server.ts'
import { newTag } from '../../support/server.ts'
import { ClientSocket } from '../../support/websocket/client.ts'
import { connectTo, describeSockets, program } from '../../support/websocket/suite.ts'

const certificate = await makeCertificate()

describeSockets('WebSocket over HTTP/2, its end', (server, connect) => {
  it.each([
    { code: 1000, reason: '' },
    { code: 1001, reason: 'the tab closes' },
    { code: 3000, reason: '' },
    { code: 4999, reason: 'Grüße' },
    { code: undefined, reason: '' },
  ])('the client closes: %o', async ({ code, reason }) => {
    await using client = await connect()
    const tag = newTag()
    const socket = await ClientSocket.open(client.session, `/?tag=${tag}`)
    socket.sayClose(code, reason)
    expect(await socket.closed()).toEqual({ code: code ?? 1005, reason: '' })
    expect(await socket.finish()).toBe(constants.NGHTTP2_NO_ERROR)
    expect(await server.line('close', tag)).toMatchObject({
      code: code ?? 1005,
      reason,
      wasClean: true,
      readyState: 3,
    })
  })

  it.each([
    { words: '!close 1000', code: 1000, reason: '' },
    { words: '!close 4321 enough of this', code: 4321, reason: 'enough of this' },
    { words: '!close', code: 1005, reason: '' },
  ])('the server closes: $words', async ({ words, code, reason }) => {
    await using client = await connect()
    const tag = newTag()
    const socket = await ClientSocket.open(client.session, `/?tag=${tag}`)
    await socket.send(words)
    expect(await socket.closed(true)).toEqual({ code, reason })
    expect(await socket.finish()).toBe(constants.NGHTTP2_NO_ERROR)
    expect(await server.line('close', tag)).toMatchObject({ code, reason: '', wasClean: true })
  })

  it.each([
    // Not masked.
    { what: 'no mask', bytes: '810161', code: 1002 },
    { what: 'an unknown opcode', bytes: '838000000000', code: 1002 },
    { what: 'RSV1 without an extension', bytes: 'c18000000000', code: 1002 },
    { what: 'a fragment of nothing', bytes: '808000000000', code: 1002 },
    { what: 'a text that is not UTF-8', bytes: '818100000000ff', code: 1007 },
    { what: 'a close code not to be sent', bytes: '88820000000003ed', code: 1002 },
    { what: 'more than maxPayload', bytes: '82fe100100000000', code: 1009 },
  ])('fails on $what with $code', async ({ bytes, code }) => {
    await using client = await connect()
    const tag = newTag()
    const socket = await ClientSocket.open(client.session, `/?maxPayload=4096&tag=${tag}`)
    socket.stream.write(Buffer.from(bytes, 'hex'))
    expect(await socket.closed()).toMatchObject({ code })
    await socket.finish()
    expect(await server.line('failed', tag)).toBeDefined()
    expect(await server.line('close', tag)).toMatchObject({ code: 1006, wasClean: false })
    expect((await client.get('/still-there')).status).toBe(200)
  })

  it('a message that inflates to more than maxPayload fails with 1009', async () => {
    await using client = await connect()
    const path = '/?maxPayload=100000'
    const socket = await ClientSocket.open(client.session, path, { deflate: true })
    await socket.send('x'.repeat(100_000))
    expect(String(await socket.next()).length).toBe(100_000)
    await socket.send('x'.repeat(100_001))
    expect(await socket.closed()).toMatchObject({ code: 1009 })
  })

  it('the client resets: 1006', async () => {
    await using client = await connect()
    for (const errorCode of [constants.NGHTTP2_CANCEL, constants.NGHTTP2_INTERNAL_ERROR]) {
      const tag = newTag()
      const socket = await ClientSocket.open(client.session, `/?tag=${tag}`)
      await socket.send('hello')
      await socket.next()
      socket.stream.close(errorCode)
      expect(await server.line('close', tag)).toMatchObject({ code: 1006, wasClean: false })
    }
    expect((await client.get('/still-there')).status).toBe(200)
  })

  it('the client ends the stream without Close: 1006', async () => {
    await using client = await connect()
    const tag = newTag()
    const socket = await ClientSocket.open(client.session, `/?tag=${tag}`)
    socket.stream.end()
    expect(await socket.finish()).toBe(constants.NGHTTP2_NO_ERROR)
    expect(await server.line('close', tag)).toMatchObject({ code: 1006, wasClean: false })
  })

  it('the connection is lost: 1006', async () => {
    const client = await connect()
    const tag = newTag()
    await ClientSocket.open(client.session, `/?tag=${tag}`)
    client.session.destroy()
    expect(await server.line('close', tag)).toMatchObject({ code: 1006, wasClean: false })
  })
})

describeProgram(
  program,
  'WebSocket over HTTP/2, the end of the server',
  (server) => {
    it('says 1001 when the server closes in order, and then ends', async () => {
      const own = new ProgramServer(program, server.runtime, server.security, certificate)
      await own.start({ timeouts: { shutdown: 8000 } })
      try {
        await using first = await connectTo(own, 'upgradeWebSocket')
        await using second = await connectTo(own, 'acceptWebSocket')
        const sockets = await Promise.all(
          [first, second].map(({ session }, i) => ClientSocket.open(session, `/?tag=own${i}`)),
        )
        const started = performance.now()
        own.program.kill('SIGTERM')
        await Promise.all(
          sockets.map(async (socket, i) => {
            expect(await socket.closed(true)).toEqual({ code: 1001, reason: '' })
            expect(await socket.finish()).toBe(constants.NGHTTP2_NO_ERROR)
            const line = await own.line('close', `own${i}`)
            expect(line).toMatchObject({ code: 1001, wasClean: true })
          }),
        )
        expect(await own.program.exited).toMatchObject({ code: 0 })
        expect(performance.now() - started).toBeLessThan(5000)
      } finally {
        await own.stop()
      }
    })
  },
  ['cleartext', 'TLS'],
)
