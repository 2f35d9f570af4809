/** A TCP connection on which a test writes HTTP/1.1 by hand. Texts have a character a byte. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export class RawHttp1 implements AsyncDisposable {
  readonly socket: Socket
  /** All that has come. */
  received = ''
  hasEnded = false
  readonly #closed: Promise<unknown>

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => (this.received += text))
    socket.on('end', () => (this.hasEnded = true))
    socket.on('error', () => {})
    this.#closed = new Promise((resolve) => socket.once('close', resolve))
  }

  /** Our side stays open when the server ends its own. */
  static async open(port: number): Promise<RawHttp1> {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    await once(socket, 'connect')
    return new RawHttp1(socket)
  }

  /** Sends requests, and gives what comes until the server ends its side. */
  static async talk(port: number, text: string): Promise<string> {
    await using client = await RawHttp1.open(port)
    client.send(text)
    await client.ended()
    return client.received
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** Waits until what has come matches. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = Date.now() + 10_000
    for (;;) {
      const match = pattern.exec(this.received)
      if (match) return match
      if (Date.now() > deadline) throw new Error(`no ${pattern} in ${this.received}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }

  /** The server has sent FIN, or the connection is lost. */
  async ended(): Promise<void> {
    const end = new Promise((resolve) => this.socket.once('end', resolve))
    if (!this.hasEnded) await Promise.race([end, this.#closed])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy()
    await this.#closed
  }
}

/** A request without a body. */
export function get(path: string, ...fields: readonly string[]): string {
  return `GET ${path} HTTP/1.1\r\n${['Host: localhost', ...fields].join('\r\n')}\r\n\r\n`
}

/** A request with one. */
export function post(path: string, body: string, ...fields: readonly string[]): string {
  const all = ['Host: localhost', `Content-Length: ${body.length}`, ...fields]
  return `POST ${path} HTTP/1.1\r\n${all.join('\r\n')}\r\n\r\n${body}`
}

/** The statuses of the responses in a text. */
export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}
