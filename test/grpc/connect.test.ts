import { type Client, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from '@connectrpc/connect-node'
import { describe, expect, it } from 'vitest'
import { describeProgram } from '../support/program-server.ts'
import { Eliza } from './eliza.ts'

const transports = {
  Connect: createConnectTransport,
  'Connect in JSON': (options: Parameters<typeof createConnectTransport>[0]) =>
    createConnectTransport({ ...options, useBinaryFormat: false }),
  gRPC: createGrpcTransport,
  'gRPC-web': createGrpcWebTransport,
}

async function texts(replies: AsyncIterable<{ text: string }>): Promise<string[]> {
  const list: string[] = []
  for await (const { text } of replies) list.push(text)
  return list
}

async function* of(...words: string[]): AsyncGenerator<{ text: string }> {
  for (const text of words) yield { text }
}

describeProgram(
  'test/grpc/fixture/connect.ts',
  'Connect',
  (server) => {
    describe.each(Object.entries(transports))('%s', (_name, make) => {
      const client = (): Client<typeof Eliza> => {
        const nodeOptions = server.certificate ? { ca: server.certificate.cert } : {}
        const transport: Transport = make({
          baseUrl: server.url('').replace('127.0.0.1', 'localhost'),
          httpVersion: '2',
          nodeOptions,
        })
        return createClient(Eliza, transport)
      }

      it('a unary call, with header and trailer', async () => {
        let header = ''
        let trailer = ''
        const reply = await client().say(
          { text: 'Wörld' },
          {
            onHeader: (headers) => (header = headers.get('x-header') ?? ''),
            onTrailer: (headers) => (trailer = headers.get('x-trailer') ?? ''),
          },
        )
        expect(reply.text).toBe('You said: Wörld')
        expect([header, trailer]).toEqual(['of Eliza', 'of Eliza'])
      })

      it('streams from the client, from the server, and from both', async () => {
        expect((await client().join(of('one', 'two', 'three'))).text).toBe('one two three')
        expect(await texts(client().split({ text: 'one two three' }))).toEqual([
          'one',
          'two',
          'three',
        ])
        expect(await texts(client().shout(of('one', 'two')))).toEqual(['ONE', 'TWO'])
      })

      it('an error', async () => {
        const error = await client()
          .say({ text: '' })
          .catch((reason: unknown) => reason)
        expect(error).toBeInstanceOf(ConnectError)
        expect(error).toMatchObject({ code: Code.InvalidArgument, rawMessage: 'say something' })
      })

      it('a deadline', async () => {
        const error = await texts(client().split({ text: 'one …' }, { timeoutMs: 200 })).catch(
          (reason: unknown) => reason,
        )
        expect(error).toMatchObject({ code: Code.DeadlineExceeded })
        await server.line('stopped')
      })

      it('a message of 4 MiB', async () => {
        const text = 'x'.repeat(4 << 20)
        expect((await client().say({ text })).text).toBe(`You said: ${text}`)
      })
    })
  },
  ['cleartext', 'TLS'],
)
