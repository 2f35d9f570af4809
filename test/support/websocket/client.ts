/** The client's end of a WebSocket over HTTP/2: Node's HTTP/2 client carries it, the `ws` package speaks it. */
import { once } from 'node:events'
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import type { Writable } from 'node:stream'
import * as ws from 'ws'

type Callback = (error?: Error) => void

interface SendOptions {
  readonly binary?: boolean
  readonly compress?: boolean
  readonly fin?: boolean
  readonly mask: true
}

interface Sender {
  send(data: string | Uint8Array, options: SendOptions, done?: Callback): void
  ping(data: string, mask: true, done?: Callback): void
  pong(data: string, mask: true, done?: Callback): void
  close(code: number | undefined, reason: string, mask: true, done?: Callback): void
}

type Extensions = Record<string, Deflate>

interface Deflate {
  accept(parameters: readonly Readonly<Record<string, readonly (string | true)[]>>[]): unknown
  cleanup(): void
}

/** Exported by the package, and unknown to its types. */
const { Sender, Receiver, PerMessageDeflate, extension } = ws as unknown as {
  readonly Sender: new (stream: ClientHttp2Stream, extensions: Extensions) => Sender
  readonly Receiver: new (options: {
    readonly isServer: false
    readonly extensions: Extensions
    readonly maxPayload: number
  }) => Writable
  readonly PerMessageDeflate: new (options: { readonly threshold: number }) => Deflate
  readonly extension: {
    parse(field: string): Record<string, Readonly<Record<string, readonly (string | true)[]>>[]>
  }
}

const maxPayload = 64 * 1024 * 1024

export interface SocketInit {
  readonly protocols?: string
  /** Offers permessage-deflate, and compresses each message. */
  readonly deflate?: boolean
  readonly headers?: OutgoingHttpHeaders
  /** Begins without reading. */
  readonly paused?: boolean
}

/** An extended CONNECT (RFC 8441 §4), without waiting for an answer. */
export function connectSocket(
  session: ClientHttp2Session,
  path: string,
  { protocols, deflate, headers }: SocketInit = {},
): ClientHttp2Stream {
  const stream = session.request(
    {
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': session.encrypted ? 'https' : 'http',
      ':path': path,
      'sec-websocket-version': '13',
      ...(protocols === undefined ? {} : { 'sec-websocket-protocol': protocols }),
      ...(deflate ? { 'sec-websocket-extensions': 'permessage-deflate' } : {}),
      ...headers,
    },
    { endStream: false },
  )
  stream.on('error', () => {})
  return stream
}

/** What a Close frame said. */
export interface Closing {
  readonly code: number
  readonly reason: string
}

export class ClientSocket {
  readonly stream: ClientHttp2Stream
  readonly headers: OutgoingHttpHeaders
  readonly isCompressing: boolean
  /** The server's messages that were not asked for yet. */
  readonly messages: (string | Buffer)[] = []
  readonly pongs: string[] = []
  readonly pings: string[] = []
  /** The server has ended the stream. */
  hasEnded = false
  readonly #sender: Sender
  readonly #receiver: Writable
  readonly #deflate: Deflate | undefined
  readonly #closing: Promise<Closing>
  #error: Error | undefined

  constructor(stream: ClientHttp2Stream, headers: OutgoingHttpHeaders, isPaused: boolean) {
    this.stream = stream
    this.headers = headers
    const agreed = headers['sec-websocket-extensions']
    const extensions: Extensions = {}
    if (typeof agreed === 'string') {
      this.#deflate = new PerMessageDeflate({ threshold: 0 })
      this.#deflate.accept(extension.parse(agreed)['permessage-deflate'] ?? [])
      extensions['permessage-deflate'] = this.#deflate
    }
    this.isCompressing = this.#deflate !== undefined
    this.#sender = new Sender(stream, extensions)
    const receiver = new Receiver({ isServer: false, extensions, maxPayload })
    this.#receiver = receiver
    receiver.on('message', (data: Buffer, isBinary: boolean) => {
      this.messages.push(isBinary ? data : data.toString())
      receiver.emit('news')
    })
    receiver.on('ping', (data: Buffer) => this.pings.push(data.toString()))
    receiver.on('pong', (data: Buffer) => {
      this.pongs.push(data.toString())
      receiver.emit('news')
    })
    receiver.on('error', (error: Error) => {
      this.#error = error
      receiver.emit('news')
    })
    this.#closing = new Promise((resolve) => {
      receiver.once('conclude', (code: number, reason: Buffer) => {
        resolve({ code, reason: reason.toString() })
      })
    })
    stream.on('end', () => {
      this.hasEnded = true
      receiver.emit('news')
    })
    stream.on('close', () => {
      this.#deflate?.cleanup()
      receiver.emit('news')
    })
    if (!isPaused) this.resume()
  }

  /** Resolves once the server has accepted; rejects with the status if it has not. */
  static async open(
    session: ClientHttp2Session,
    path: string,
    init: SocketInit = {},
  ): Promise<ClientSocket> {
    const stream = connectSocket(session, path, init)
    const [headers] = (await once(stream, 'response')) as [OutgoingHttpHeaders]
    if (headers[':status'] !== 200) throw new Error(`refused with ${headers[':status']}`)
    return new ClientSocket(stream, headers, init.paused ?? false)
  }

  /** Reads what comes. */
  resume(): void {
    this.stream.pipe(this.#receiver)
  }

  /** Resolves once the bytes are with Node's HTTP/2. */
  send(data: string | Uint8Array, fin = true): Promise<void> {
    const options = { binary: typeof data !== 'string', compress: this.isCompressing, fin }
    return new Promise((resolve, reject) => {
      this.#sender.send(data, { ...options, mask: true }, (error) =>
        error ? reject(error) : resolve(),
      )
    })
  }

  ping(data: string): void {
    this.#sender.ping(data, true)
  }

  pong(data: string): void {
    this.#sender.pong(data, true)
  }

  /** The server's next message. Rejects when there will be none. */
  async next(): Promise<string | Buffer> {
    for (;;) {
      const message = this.messages.shift()
      if (message !== undefined) return message
      if (this.#error) throw this.#error
      if (this.hasEnded || this.stream.destroyed) throw new Error('the server has ended the stream')
      await once(this.#receiver, 'news')
    }
  }

  /** The next message, as JSON. */
  async nextFacts(): Promise<Record<string, unknown>> {
    return JSON.parse(String(await this.next())) as Record<string, unknown>
  }

  async nextPong(): Promise<string> {
    while (this.pongs.length === 0) await once(this.#receiver, 'news')
    return this.pongs.shift()!
  }

  /** Says Close. */
  sayClose(code?: number, reason = ''): void {
    this.#sender.close(code, reason, true)
  }

  /** What the server's Close frame says; answers it when asked to. */
  async closed(answer = false): Promise<Closing> {
    const closing = await this.#closing
    if (answer) this.sayClose(closing.code === 1005 ? undefined : closing.code)
    return closing
  }

  /** Ends our side once the server has ended its own; the error code of the stream. */
  async finish(): Promise<number> {
    while (!this.hasEnded && !this.stream.destroyed) await once(this.#receiver, 'news')
    this.stream.end()
    if (!this.stream.destroyed) await once(this.stream, 'close')
    return this.stream.rstCode ?? 0
  }
}
