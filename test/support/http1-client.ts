/** The HTTP/1.1 client of Node, with answers as those of the HTTP/2 client. */
import { Agent, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import type { OutgoingHttpHeaders } from 'node:http2'
import { PassThrough } from 'node:stream'
import { Answer, type Push, type RequestInit } from './server-client.ts'

export interface Http1Options {
  readonly port: number
  /** Trusted certificates in PEM: TLS. */
  readonly ca?: string | undefined
}

/** Answers of an HTTP/1.1 server. `errorCode` is 1 where the connection ended before the response did. */
export class Http1Client implements AsyncDisposable {
  /** HTTP/1.1 has none. */
  readonly pushes: Push[] = []
  readonly #options: RequestOptions
  readonly #agent: Agent
  readonly #isSecure: boolean

  constructor({ port, ca }: Http1Options) {
    this.#isSecure = ca !== undefined
    this.#agent =
      ca === undefined ? new Agent({ keepAlive: true }) : new TlsAgent({ keepAlive: true, ca })
    this.#options = { host: ca === undefined ? '127.0.0.1' : 'localhost', port, agent: this.#agent }
  }

  get(path: string, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.request(path, { headers })
  }

  request(path: string, init: RequestInit = {}): Promise<Answer> {
    const { body, trailers, headers } = init
    const { method = body === undefined ? 'GET' : 'POST' } = init
    const send = this.#isSecure ? tlsRequest : httpRequest
    const request = send({
      ...this.#options,
      method,
      path,
      headers: { te: 'trailers', ...headers },
    })
    if (trailers)
      request.addTrailers(
        Object.entries(trailers).map(([n, v]) => [n, String(v)] as const) as never,
      )
    request.end(body)
    const answer = new Answer()
    return new Promise((resolve) => {
      request.on('information', ({ statusCode, headers: fields }) => {
        answer.informational.push({ ':status': String(statusCode), ...fields } as never)
      })
      request.on('error', (error) => {
        answer.error = error
        answer.errorCode = 1
        resolve(answer)
      })
      request.on('response', (response) => void read(response, answer).then(resolve))
    })
  }

  /** A request whose response the test itself reads. */
  open(path: string, init: RequestInit = {}): Http1Stream {
    const stream = new Http1Stream()
    const send = this.#isSecure ? tlsRequest : httpRequest
    const { method = 'GET', headers, body } = init
    const request = send({ ...this.#options, method, path, headers: { ...headers } })
    request.on('error', (error) => stream.destroy(error))
    request.on('response', (response) => response.on('error', () => {}).pipe(stream))
    stream.once('close', () => request.destroy())
    request.end(body)
    return stream
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
  }
}

/** The body of a response, as far as it is used of a stream of HTTP/2. */
export class Http1Stream extends PassThrough {
  /** Drops the connection. */
  close(_errorCode?: number): void {
    this.destroy()
  }
}

async function read(response: IncomingMessage, answer: Answer): Promise<Answer> {
  answer.status = response.statusCode!
  answer.headers = response.headers
  const { rawHeaders } = response
  for (let i = 0; i < rawHeaders.length; i += 2) {
    answer.fields.push([rawHeaders[i]!, rawHeaders[i + 1]!])
  }
  const chunks: Buffer[] = []
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer)
    if (Object.keys(response.trailers).length > 0) answer.trailers = response.trailers
  } catch (error) {
    answer.error = error as Error
    answer.errorCode = 1
  }
  answer.body = Buffer.concat(chunks)
  return answer
}
