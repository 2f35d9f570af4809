import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../support/certificate.ts'
import { type RunningExample, startExample } from '../support/examples.ts'
import { runtimeNames } from '../support/processes.ts'
import { connectGreeter, connectHealth, type Greeter, type Text } from './greeter.ts'

const certificate = await makeCertificate()
const cases = runtimeNames.flatMap((runtime) =>
  ['cleartext', 'TLS'].map((security) => ({ runtime, security })),
)

describe.each(cases)('gRPC: $runtime, $security', ({ runtime, security }) => {
  let server: RunningExample
  let client: Greeter
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'grpc-'))
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    await writeFile(cert, certificate.cert)
    await writeFile(key, certificate.key)
    const args = security === 'TLS' ? ['--cert', cert, '--key', key] : []
    server = await startExample(runtime, 'grpc', args)
    client = connectGreeter(server.port, security === 'TLS' ? certificate.cert : null)
  })

  afterAll(async () => {
    client?.close()
    await server?.program.stop()
    await rm(folder, { recursive: true })
  })

  const greet = (text: string, options: grpc.CallOptions = {}): Promise<string> =>
    new Promise((resolve, reject) => {
      client.greet({ text }, options, (error, reply) =>
        error ? reject(error) : resolve(reply!.text),
      )
    })

  /** The messages of a stream, and the status at its end. */
  async function collect(
    stream: grpc.ClientReadableStream<Text> | grpc.ClientDuplexStream<Text, Text>,
  ): Promise<{ texts: string[]; status: grpc.StatusObject }> {
    const texts: string[] = []
    stream.on('data', ({ text }: Text) => texts.push(text))
    stream.on('error', () => {})
    const status = await new Promise<grpc.StatusObject>((resolve) => stream.once('status', resolve))
    return { texts, status }
  }

  it('a unary call', async () => {
    expect(await greet('Wörld')).toBe('Hello, Wörld')
  })

  it('calls at once on one connection', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `number ${i}`)
    expect(await Promise.all(names.map((name) => greet(name)))).toEqual(
      names.map((name) => `Hello, ${name}`),
    )
  })

  it('the client streams', async () => {
    const reply = await new Promise<string>((resolve, reject) => {
      const call = client.join((error, text) => (error ? reject(error) : resolve(text!.text)))
      for (const text of ['one', 'two', 'three']) call.write({ text })
      call.end()
    })
    expect(reply).toBe('one two three')
  })

  it('the server streams', async () => {
    const { texts, status } = await collect(client.split({ text: 'one two three' }))
    expect(texts).toEqual(['one', 'two', 'three'])
    expect(status).toMatchObject({ code: grpc.status.OK })
  })

  it('both stream, by turns', async () => {
    const call = client.shout()
    for (const text of ['one', 'two', 'three']) {
      call.write({ text })
      const [reply] = (await once(call, 'data')) as [Text]
      expect(reply.text).toBe(text.toUpperCase())
    }
    const ended = once(call, 'status')
    call.end()
    call.resume()
    expect(await ended).toMatchObject([{ code: grpc.status.OK }])
  })

  it('a status in the trailers, with its message', async () => {
    await expect(greet('')).rejects.toMatchObject({
      code: grpc.status.INVALID_ARGUMENT,
      details: 'who is to be greeted?',
    })
  })

  it('a status alone, of a call that there is not', async () => {
    const error = await new Promise((resolve) => client.nothing({ text: '' }, resolve))
    expect(error).toMatchObject({ code: grpc.status.UNIMPLEMENTED })
  })

  it('health checks', async () => {
    const health = connectHealth(server.port, security === 'TLS' ? certificate.cert : null)
    const check = (service: string): Promise<string> =>
      new Promise((resolve, reject) => {
        health.check({ service }, (error, reply) =>
          error ? reject(error) : resolve(reply!.status),
        )
      })
    expect(await check('')).toBe('SERVING')
    expect(await check('example.Greeter')).toBe('SERVING')
    await expect(check('other')).rejects.toMatchObject({ code: grpc.status.NOT_FOUND })
    health.close()
  })

  it('a deadline, on both sides', async () => {
    const stopped = server.program.stdout().split('stopped').length
    const call = client.split({ text: 'one … three' }, { deadline: Date.now() + 300 })
    const { texts, status } = await collect(call)
    expect(texts).toEqual(['one'])
    expect(status.code).toBe(grpc.status.DEADLINE_EXCEEDED)
    await server.program.waitFor(new RegExp(`(stopped[^]*){${stopped}}`))
  })

  it('a client that cancels', async () => {
    const stopped = server.program.stdout().split('stopped').length
    const call = client.split({ text: 'one …' })
    const ended = collect(call)
    await once(call, 'data')
    call.cancel()
    expect((await ended).status.code).toBe(grpc.status.CANCELLED)
    await server.program.waitFor(new RegExp(`(stopped[^]*){${stopped}}`))
  })

  it('messages of 4 MiB, both ways', async () => {
    const text = 'x'.repeat(4 << 20)
    expect(await greet(text)).toBe(`Hello, ${text}`)
    const call = client.shout()
    const replies = collect(call)
    for (let i = 0; i < 3; i++) call.write({ text })
    call.end()
    const { texts, status } = await replies
    expect(status.code).toBe(grpc.status.OK)
    expect(texts.map((reply) => reply === text.toUpperCase())).toEqual([true, true, true])
  })

  it('a client that compresses is refused once, and told what is taken', async () => {
    const ca = security === 'TLS' ? certificate.cert : null
    const { gzip } = grpc.compressionAlgorithms
    const other = connectGreeter(server.port, ca, { 'grpc.default_compression_algorithm': gzip })
    const ask = (): Promise<Text> =>
      new Promise((resolve, reject) => {
        other.greet({ text: 'you' }, {}, (error, reply) =>
          error ? reject(error) : resolve(reply!),
        )
      })
    await expect(ask()).rejects.toMatchObject({ code: grpc.status.UNIMPLEMENTED })
    expect(await ask()).toEqual({ text: 'Hello, you' })
    other.close()
  })

  it('a message that is too large', async () => {
    await expect(greet('x'.repeat(9 << 20))).rejects.toMatchObject({
      code: grpc.status.RESOURCE_EXHAUSTED,
    })
    expect(await greet('you')).toBe('Hello, you')
  })
})
