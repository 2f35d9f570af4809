/** A tunnel by CONNECT of HTTP/1.1, with the events of a stream of the HTTP/2 client. */
import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'

export class Http1Tunnel extends Duplex {
  /** 1 where the connection was reset. */
  rstCode = 0
  readonly #socket: Socket
  /** What has come of the head; `undefined` behind it. */
  #head: string | undefined = ''

  /** What is written goes behind the request at once. */
  constructor(port: number, authority: string) {
    super()
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    this.#socket = socket
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => {
      this.rstCode = 1
      this.destroy(error)
    })
    // As a stream of HTTP/2, which the server ends.
    this.once('end', () => this.destroy())
  }

  /** Resets the connection. */
  close(_errorCode?: number): void {
    this.#socket.resetAndDestroy()
    this.destroy()
  }

  #receive(chunk: Buffer): void {
    if (this.#head === undefined) {
      if (!this.push(chunk)) this.#socket.pause()
      return
    }
    const text = this.#head + chunk.toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    this.#head = end < 0 ? text : undefined
    if (end < 0) return
    const [start = '', ...lines] = text.slice(0, end).split('\r\n')
    const fields = lines.map((line) => line.split(': ', 2) as [string, string])
    const headers = { ':status': Number(start.split(' ')[1]), ...Object.fromEntries(fields) }
    this.emit('response', headers, 0, fields.flat())
    if (end + 4 < text.length) this.push(Buffer.from(text.slice(end + 4), 'latin1'))
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#socket.write(chunk, () => done())
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
