/** Clients that have said a part of something, each as a process that can be killed or stopped. */
import { type Program, root, start } from '../processes.ts'
import type { Protocol } from '../protocols.ts'
import { encodeFrame, Type } from '../raw-client.ts'
import { get, post } from '../raw-http1.ts'
import { getting, posting } from './wire.ts'

/** What a client has sent, and how much of the answer it has read, when it vanishes. */
export interface Moment {
  readonly name: string
  readonly sent: Buffer
  readonly reads: number
}

const settings = encodeFrame(Type.SETTINGS, 0, 0, Buffer.alloc(0))
const acknowledgement = encodeFrame(Type.SETTINGS, 1, 0, Buffer.alloc(0))
const beginning = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  settings,
  acknowledgement,
])
const endless = '/endless?how=stream&size=65536'
const data = encodeFrame(Type.DATA, 0, 1, Buffer.alloc(5000))
/** Without its last bytes. */
const part = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.length - 20)
const text = (request: string): Buffer => Buffer.from(request, 'latin1')
/** Some of the body, and what comes before it. */
const readsOfDownload = 30_000

export const moments: Readonly<Record<Protocol, readonly Moment[]>> = {
  'HTTP/2': [
    {
      name: 'a preface',
      sent: beginning.subarray(0, 20),
      reads: 0,
    },
    {
      name: 'a header block',
      sent: Buffer.concat([beginning, part(getting(1, '/hello'))]),
      reads: settings.length,
    },
    {
      name: 'a header block, beside a request whose body is awaited',
      sent: Buffer.concat([beginning, posting(1, '/read?how=reader'), part(getting(3, '/hello'))]),
      reads: settings.length,
    },
    {
      name: 'DATA',
      sent: Buffer.concat([beginning, posting(1, '/read?how=reader'), part(data)]),
      reads: settings.length,
    },
    {
      name: 'a response',
      sent: Buffer.concat([beginning, getting(1, endless)]),
      reads: readsOfDownload,
    },
  ],
  'HTTP/1.1': [
    { name: 'a request line', sent: text('GET /hel'), reads: 0 },
    { name: 'a head', sent: part(text(get('/hello', 'X-A: b'))), reads: 0 },
    {
      name: 'a body',
      sent: part(text(post('/read?how=reader', 'x'.repeat(5000)))),
      reads: 0,
    },
    {
      name: 'a chunk',
      sent: text(
        'POST /read?how=reader HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc',
      ),
      reads: 0,
    },
    { name: 'a response', sent: text(get(endless)), reads: readsOfDownload },
  ],
}

/** A process that stands at this moment. `prefix`: a program that runs it. */
export async function clientAt(
  { sent, reads }: Moment,
  port: number,
  prefix: readonly string[] = [],
): Promise<Program> {
  const file = `${root}test/support/vanishing-client.pl`
  const [command, ...args] = [...prefix, 'perl', file, String(port), String(reads)]
  const client = await start(command!, args, { input: sent })
  await client.waitFor(/^there$/m)
  return client
}
