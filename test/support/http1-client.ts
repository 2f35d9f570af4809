/** The HTTP/1.1 client of Node, with streams and answers as those of the HTTP/2 client. */
import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
} from 'node:http'
import type { OutgoingHttpHeaders } from 'node:http2'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { Duplex } from 'node:stream'
import { type Answer, answerOf, type Push, type RequestInit } from './server-client.ts'

export interface Http1Options {
  readonly port: number
  /** Trusted certificates in PEM: TLS. */
  readonly ca?: string | undefined
}

/** Answers of an HTTP/1.1 server. `errorCode` is 1 where the connection ended before the response did. */
export class Http1Client implements AsyncDisposable {
  /** HTTP/1.1 has none. */
  readonly pushes: Push[] = []
  /** Of the connection with the last response. */
  localPort: number | undefined
  readonly #options: RequestOptions
  readonly #agent: Agent
  readonly isSecure: boolean

  constructor({ port, ca }: Http1Options) {
    this.isSecure = ca !== undefined
    this.#agent =
      ca === undefined ? new Agent({ keepAlive: true }) : new TlsAgent({ keepAlive: true, ca })
    this.#options = { host: ca === undefined ? '127.0.0.1' : 'localhost', port, agent: this.#agent }
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.request(path, { headers })
  }

  request(path: string, init: RequestInit = {}): Promise<Answer> {
    const { body, trailers } = init
    const isEnd = body === undefined && trailers === undefined
    const length = trailers ? undefined : Buffer.byteLength(body ?? '')
    const headers = { ...(!isEnd && length !== undefined && { 'content-length': length }) }
    const stream = this.open(path, { ...init, headers: { ...headers, ...init.headers } }, isEnd)
    if (!isEnd) stream.end(body)
    return answerOf(stream)
  }

  /** A request whose body the test itself writes, and whose response it reads. */
  open(path: string, init: RequestInit = {}, endStream = false): Http1Stream {
    const send = this.isSecure ? tlsRequest : httpRequest
    const { method = init.body === undefined ? 'GET' : 'POST', trailers } = init
    const { ':authority': host, ...headers }: OutgoingHttpHeaders = init.headers ?? {}
    const isChunked = !endStream && headers['content-length'] === undefined
    const request = send({
      ...this.#options,
      method,
      path,
      headers: {
        te: 'trailers',
        ...(host !== undefined && { host }),
        ...(isChunked && { 'transfer-encoding': 'chunked' }),
        ...headers,
      } as NonNullable<RequestOptions['headers']>,
    })
    request.on('response', ({ socket }) => (this.localPort = socket.localPort))
    return new Http1Stream(request, endStream, trailers)
  }

  /** Whatever is under way is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    const busy = Object.values(this.#agent.sockets).flatMap((sockets) => sockets ?? [])
    // A socket of TLS cannot be reset.
    for (const socket of busy) {
      if ('encrypted' in socket) socket.destroy()
      else socket.resetAndDestroy()
    }
    this.#agent.destroy()
  }
}

/** A request and its response, with the events of a stream of the HTTP/2 client. */
export class Http1Stream extends Duplex {
  /** 1 where the connection ended before the response did. */
  rstCode = 0
  readonly #request: ClientRequest
  #response: IncomingMessage | undefined
  #isComplete = false

  constructor(request: ClientRequest, endStream: boolean, trailers: OutgoingHttpHeaders = {}) {
    super()
    this.#request = request
    const lines = Object.entries(trailers).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, String(value)] as const),
    )
    if (lines.length > 0) request.addTrailers(lines as never)
    request.on('continue', () => this.emit('continue'))
    request.on('information', ({ statusCode, headers }) => {
      this.emit('headers', { ':status': statusCode, ...headers })
    })
    request.on('response', (response) => this.#read(response))
    request.on('error', (error) => this.#lost(error))
    if (endStream) this.end()
    else request.flushHeaders()
  }

  /** Resets the connection: FIN alone is no farewell, the server answers what came before it. */
  close(_errorCode?: number): void {
    this.#request.socket?.resetAndDestroy()
    this.destroy()
  }

  #read(response: IncomingMessage): void {
    this.#response = response
    const { statusCode, headers, rawHeaders } = response
    this.emit('response', { ':status': statusCode, ...headers }, 0, rawHeaders)
    response.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) response.pause()
    })
    response.on('error', (error) => this.#lost(error))
    response.on('end', () => {
      this.#isComplete = true
      if (Object.keys(response.trailers).length > 0) this.emit('trailers', response.trailers)
      this.push(null)
    })
    // As a stream of HTTP/2, which the server ends: what is left of the request is of no use.
    this.once('end', () => this.destroy())
  }

  #lost(error: Error): void {
    if (this.#isComplete) return
    this.rstCode = 1
    this.destroy(error)
  }

  override _read(): void {
    this.#response?.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    // What cannot be written any more is not needed: the response may be there nevertheless.
    this.#request.write(chunk, () => done())
  }

  override _final(done: () => void): void {
    this.#request.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#isComplete || !this.#request.writableFinished) this.#request.destroy()
    done(error)
  }
}
