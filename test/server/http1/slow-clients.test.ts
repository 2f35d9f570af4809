/** A client that reads slowly and steadily gets all of a response, though it takes longer than the timeouts. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { expect, it } from 'vitest'
import { describeFetch, openAnother, pause } from '../../support/fetch-suite.ts'
import { get } from '../../support/raw-http1.ts'

/** More than the buffers of the two sockets. */
const size = 20 << 20
/** Longer than the system takes to tell of progress: it does so by 1.5 MiB. */
const timeouts = { stream: 2000, shutdown: 2000 }
const path = `/response/large?size=${size}`

/** A client that reads nothing by itself. */
class SlowClient {
  received = 0
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setMaxListeners(0)
    socket.on('error', () => {})
    // Makes Node read no further than its own buffer.
    socket.on('readable', () => {})
  }

  static async ask(security: string, port: number, text: string): Promise<SlowClient> {
    const address = { host: '127.0.0.1', port }
    const tls = { ...address, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] }
    const socket = security === 'TLS' ? connectTls(tls) : connect(address)
    socket.write(text)
    await once(socket, 'readable')
    return new SlowClient(socket)
  }

  get hasEnded(): boolean {
    return this.#socket.readableEnded || this.#socket.destroyed
  }

  /** Reads until `most` bytes or the end have come, and waits `milliseconds` behind each MiB. */
  async read(most: number, milliseconds: number): Promise<number> {
    let next = this.received
    while (this.received < most && !this.hasEnded) {
      const chunk = this.#socket.read() as Buffer | null
      if (!chunk) {
        // A reset makes `once` fail.
        await Promise.race([once(this.#socket, 'readable').catch(() => {}), pause(100)])
        continue
      }
      this.received += chunk.length
      if (this.received < next) continue
      next += 1 << 20
      await pause(milliseconds)
    }
    this.#socket.destroy()
    return this.received
  }
}

describeFetch(
  'HTTP/1.1: a client that reads',
  (server) => {
    it('slowly gets all of a response; one that reads no more is dropped', async () => {
      const port = await openAnother(server, { timeouts })
      const ask = (...fields: string[]): Promise<SlowClient> =>
        SlowClient.ask(server.security, port, get(path, ...fields))

      const readAll = async (most: number, ...fields: string[]): Promise<boolean> => {
        const started = performance.now()
        const received = await (await ask(...fields)).read(most, 300)
        expect(performance.now() - started).toBeGreaterThan(2 * timeouts.stream)
        return received >= size
      }
      const readLate = async (...fields: string[]): Promise<boolean> => {
        const client = await ask(...fields)
        await pause(2 * timeouts.stream + 2000)
        return (await client.read(size, 0)) >= size
      }
      const close = 'Connection: close'
      // Behind one response the connection goes on, behind the other it ends.
      const slow = Promise.all([readAll(size), readAll(Infinity, close)])
      const late = Promise.all([readLate(), readLate(close)])
      expect(await slow).toEqual([true, true])
      expect(await late).toEqual([false, false])
    })
  },
  ['cleartext', 'TLS'],
)
