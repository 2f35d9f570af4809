/** The HTTP/2 client of Node, with answers as a test compares them. */
import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2'
import type { Duplex } from 'node:stream'

export interface ClientOptions extends SecureClientSessionOptions {
  /** Instead of the first server's. */
  readonly port?: number
}

export interface RequestInit {
  readonly method?: string
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string | Uint8Array
  readonly trailers?: OutgoingHttpHeaders
}

/** How a stream went; `errorCode` is that of RST_STREAM, 0 without one. */
export class Answer {
  status = 0
  headers: IncomingHttpHeaders = {}
  /** In the order of arrival. */
  fields: [string, string][] = []
  trailers: IncomingHttpHeaders | undefined
  informational: IncomingHttpHeaders[] = []
  body: Buffer = Buffer.alloc(0)
  errorCode = 0
  error: Error | undefined

  get text(): string {
    return this.body.toString()
  }

  json(): unknown {
    return JSON.parse(this.text)
  }
}

export interface Push {
  /** Of the promised request. */
  readonly request: IncomingHttpHeaders
  readonly answer: Promise<Answer>
}

export class Client implements AsyncDisposable {
  readonly session: ClientHttp2Session
  readonly pushes: Push[] = []
  /** The server's GOAWAY frames: error code and last stream. */
  readonly goaways: [number, number][] = []

  constructor(session: ClientHttp2Session) {
    this.session = session
    session.on('error', () => {})
    session.on('goaway', (errorCode: number, lastStreamId: number) => {
      this.goaways.push([errorCode, lastStreamId])
    })
    session.on('stream', (stream: ClientHttp2Stream, request: IncomingHttpHeaders) => {
      this.pushes.push({ request, answer: answerOf(stream, 'push') })
    })
  }

  /** Resolves once the server's SETTINGS are there. */
  static async connect(url: string, options: ClientOptions): Promise<Client> {
    // Node's client refuses further streams while it holds many bytes to send.
    const session = connect(url, { maxSessionMemory: 1000, ...options })
    const client = new Client(session)
    // A connection that closes without an error emits no other event.
    const closed = once(session, 'close').then(() => {
      throw new Error('the connection was closed before the SETTINGS of the server')
    })
    await Promise.race([once(session, 'remoteSettings'), closed])
    closed.catch(() => {})
    return client
  }

  get localPort(): number | undefined {
    return this.session.socket.localPort
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.request(path, { headers })
  }

  request(path: string, init: RequestInit = {}): Promise<Answer> {
    const { body, trailers } = init
    const stream = this.open(path, init, body === undefined && trailers === undefined)
    if (trailers) stream.once('wantTrailers', () => stream.sendTrailers(trailers))
    if (body !== undefined || trailers) stream.end(body)
    return answerOf(stream)
  }

  /** A stream to be handled by the test itself. */
  open(path: string, init: RequestInit = {}, endStream = false): ClientHttp2Stream {
    const { method = init.body === undefined ? 'GET' : 'POST', headers, trailers } = init
    const pseudo = { ':method': method, ':path': path }
    return this.session.request(
      { ...pseudo, ...headers },
      { endStream, waitForTrailers: trailers !== undefined },
    )
  }

  /** Resolves once the connection is closed, by either side. */
  async closed(): Promise<void> {
    if (!this.session.closed || !this.session.destroyed) await once(this.session, 'close')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.session.destroyed) return
    const closed = once(this.session, 'close')
    this.session.destroy()
    await closed
  }
}

/** A request and its response, of a client of either protocol. */
export interface ClientStream extends Duplex {
  /** Of RST_STREAM. */
  readonly rstCode?: number
  /** The client wants no more of it. */
  close(errorCode?: number): void
}

/** Reads a stream to its end, however it ends. */
export function answerOf(
  stream: ClientStream,
  responseEvent: 'response' | 'push' = 'response',
): Promise<Answer> {
  const answer = new Answer()
  const chunks: Buffer[] = []
  stream.on('headers', (headers: IncomingHttpHeaders) => answer.informational.push(headers))
  stream.once(responseEvent, (headers: IncomingHttpHeaders, _flags: number, raw?: string[]) => {
    answer.status = Number(headers[':status'])
    answer.headers = headers
    answer.fields = pairs(raw ?? [])
  })
  stream.on('trailers', (trailers: IncomingHttpHeaders) => (answer.trailers = trailers))
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', (error: Error) => (answer.error = error))
  return new Promise((resolve) => {
    stream.once('close', () => {
      answer.body = Buffer.concat(chunks)
      answer.errorCode = stream.rstCode ?? constants.NGHTTP2_NO_ERROR
      resolve(answer)
    })
  })
}

function pairs(raw: readonly string[]): [string, string][] {
  const list: [string, string][] = []
  for (let i = 0; i + 1 < raw.length; i += 2) list.push([String(raw[i]), String(raw[i + 1])])
  return list
}
