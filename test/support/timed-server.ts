/** A server in memory whose clock the test moves, and clients of it that send exactly the given bytes. */
import { vi } from 'vitest'
import {
  type ErrorWhere,
  HTTPError,
  type Server,
  serve,
  type ServeOptions,
} from '../../src/index.ts'
import { MemoryRuntime } from '../../src/runtime/memory/runtime.ts'
import type { Transport, TransportSink } from '../../src/transport/transport.ts'
import {
  ACK,
  encodeFields,
  encodeFrame,
  END_HEADERS,
  END_STREAM,
  requestFields,
  Type,
} from './raw-client.ts'

export interface SeenFrame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

export type Fetch = ServeOptions['fetch']

/** Each error that was reported: its code and message, and its stream. */
export interface Seen {
  readonly text: string
  readonly source: string
  readonly streamId: number | undefined
}

/** Moves the clock of timers and of `performance.now`; bytes are delivered meanwhile. */
export async function pass(milliseconds: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds)
}

export class TimedServer implements AsyncDisposable {
  readonly server: Server
  readonly runtime: MemoryRuntime
  readonly errors: Seen[] = []

  constructor(fetch: Fetch, options: Partial<ServeOptions> = {}) {
    vi.useFakeTimers({
      toFake: [
        'setTimeout',
        'clearTimeout',
        'setInterval',
        'clearInterval',
        'setImmediate',
        'clearImmediate',
        'performance',
        'Date',
      ],
    })
    this.runtime = new MemoryRuntime()
    const onError = (error: unknown, { source, streamId }: ErrorWhere): void => {
      const text = error instanceof HTTPError ? `${error.code} ${error.message}` : String(error)
      this.errors.push({ text, source, streamId })
    }
    const fixed = { fetch, port: 1, overrideGlobalObjects: false }
    this.server = serve({
      onError,
      runtime: this.runtime,
      settings: { enableConnectProtocol: true },
      ...options,
      ...fixed,
    })
  }

  async http2(settings?: Buffer): Promise<TimedClient> {
    const client = await this.connect()
    client.isHttp2 = true
    client.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    client.frame(Type.SETTINGS, 0, 0, settings)
    await pass(0)
    return client
  }

  async connect(): Promise<TimedClient> {
    await this.server.ready()
    const client = new TimedClient(this.runtime)
    await pass(0)
    return client
  }

  get timeouts(): Readonly<Record<string, number>> {
    return this.server.stats().timeouts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.server.close()
    await pass(20_000)
    await closed
    vi.useRealTimers()
  }
}

export class TimedClient implements TransportSink {
  readonly #transport: Transport
  #received = Buffer.alloc(0)
  #parsed = 0
  readonly frames: SeenFrame[] = []
  isHttp2 = false
  /** Acknowledges SETTINGS, and PING. */
  answers = true
  /** The server has sent FIN, or dropped the connection. */
  hasEnded = false

  constructor(runtime: MemoryRuntime) {
    this.#transport = runtime.connect(() => this)
  }

  get text(): string {
    return this.#received.toString('latin1')
  }

  send(bytes: string | Uint8Array): void {
    this.#transport.write(Buffer.from(bytes as string, 'latin1'))
  }

  /** Sends a byte each `pause` milliseconds, `count` times. */
  async drip(pause: number, count: number, byte = 'x'): Promise<void> {
    for (let i = 0; i < count && !this.hasEnded; i++) {
      this.send(byte)
      await pass(pause)
    }
  }

  frame(
    type: number,
    flags: number,
    streamId: number,
    payload: Uint8Array = Buffer.alloc(0),
  ): void {
    this.send(encodeFrame(type, flags, streamId, payload))
  }

  get(streamId: number, path = '/', flags = END_HEADERS | END_STREAM, method = 'GET'): void {
    this.frame(Type.HEADERS, flags, streamId, encodeFields(requestFields(method, path)))
  }

  /** The error code of the last frame of this type, on this stream. */
  codeOf(type: number, streamId = 0): number | undefined {
    const frame = this.frames.findLast((f) => f.type === type && f.streamId === streamId)
    return frame?.payload.readUInt32BE(type === Type.GOAWAY ? 4 : 0)
  }

  countOf(type: number, flags = 0): number {
    return this.frames.filter((f) => f.type === type && f.flags === flags).length
  }

  pause(): void {
    this.#transport.pause()
  }

  end(): void {
    this.#transport.end()
  }

  /** The connection is lost. */
  drop(): void {
    this.#transport.destroy()
  }

  onData(chunk: Uint8Array): void {
    this.#received = Buffer.concat([this.#received, chunk])
    if (this.isHttp2) this.#parse()
  }

  #parse(): void {
    for (;;) {
      const bytes = this.#received.subarray(this.#parsed)
      if (bytes.length < 9 || bytes.length < 9 + bytes.readUIntBE(0, 3)) return
      const length = bytes.readUIntBE(0, 3)
      const [type, flags] = [bytes[3]!, bytes[4]!]
      const payload = bytes.subarray(9, 9 + length)
      this.#parsed += 9 + length
      this.frames.push({ type, flags, streamId: bytes.readUInt32BE(5), payload })
      const isAsked = (type === Type.SETTINGS || type === Type.PING) && flags === 0
      if (isAsked && this.answers) {
        this.frame(type, ACK, 0, type === Type.PING ? payload : undefined)
      }
    }
  }

  onDrain(): void {}

  onEnd(): void {
    this.hasEnded = true
    this.#transport.end()
  }

  onClose(): void {
    this.hasEnded = true
  }
}
