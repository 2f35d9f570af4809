/** Two servers in memory, one of each API, whose applications do what paths say, and clients of them. */
import process from 'node:process'
import { HDInflater } from '../../../src/engine/hpack/index.ts'
import { Engine, Session } from '../../../src/engine/index.ts'
import { type ErrorWhere, HTTP2Server, type Server, serve } from '../../../src/index.ts'
import { MemoryRuntime } from '../../../src/runtime/memory/runtime.ts'
import type { Transport, TransportSink } from '../../../src/transport/transport.ts'
import { END_STREAM, framesOf, join, Type } from '../engine/frames.ts'
import { bytesOf } from '../engine/http1.ts'
import { behave, OnPurpose, turn } from './behaviours.ts'
import { BehavingHandler } from './handlers.ts'
import type { Controls } from './controls.ts'
import type { Act } from './wires.ts'

export type Api = 'fetch' | 'handler'

/** Bytes that a client reads. */
const mostReceived = 256 * 1024

/** Milliseconds within which a connection is over, or a request answered. */
const patience = 5000

/** Lets the loop turn until `isSo`, or for `patience`. */
async function until(isSo: () => boolean): Promise<boolean> {
  const deadline = performance.now() + patience
  while (!isSo() && performance.now() < deadline) await turn()
  return isSo()
}

export class Site {
  readonly engine: Engine = new Engine()
  readonly runtime: MemoryRuntime = new MemoryRuntime()
  readonly #servers: Record<Api, Server | HTTP2Server>
  /** What went wrong that is not the client's or the application's doing. */
  readonly #problems: string[] = []
  readonly #onUnhandled = (error: unknown): void => {
    this.#problems.push(`unhandled: ${String((error as Error)?.stack ?? error)}`)
  }
  #used = 0

  private constructor() {
    const { engine, runtime } = this
    const onError = (error: unknown, where: ErrorWhere): void => this.#onError(error, where)
    const options = {
      engine,
      runtime,
      onError,
      date: false,
      settings: { enableConnectProtocol: true },
    }
    this.#servers = {
      fetch: serve({ ...options, port: 1, fetch: behave, overrideGlobalObjects: false }),
      handler: new HTTP2Server({ port: 2 }, BehavingHandler, options),
    }
    process.on('unhandledRejection', this.#onUnhandled)
  }

  static async open(): Promise<Site> {
    const site = new Site()
    await (site.#servers.fetch as Server).ready()
    await (site.#servers.handler as HTTP2Server).listen()
    // The first connections make what stays.
    await site.askHonestly('fetch')
    await site.askHonestly('handler')
    await site.untilEmpty()
    site.#used = site.engine.memoryUsage().used
    return site
  }

  async close(): Promise<void> {
    process.off('unhandledRejection', this.#onUnhandled)
    await Promise.all([this.#servers.fetch.close(), this.#servers.handler.close()])
  }

  #onError(error: unknown, { source }: ErrorWhere): void {
    if (source === 'server') this.#problems.push(`server: ${String(error)}`)
    if (source === 'handler' && !(error instanceof OnPurpose)) {
      const { code, name } = (error ?? {}) as { code?: string; name?: string }
      this.reports.add(code ?? name ?? String(error))
    }
  }

  /** Codes or names of errors of the application's that it did not throw on purpose. */
  readonly reports: Set<string> = new Set()

  connect(api: Api, sink: TransportSink): Transport {
    return this.runtime.connect(() => sink, api === 'fetch' ? 1 : 2)
  }

  /** A client of HTTP/2 that sends 300 bytes, and gets the answer that it should. */
  async askHonestly(api: Api): Promise<void> {
    const client = new HonestClient(this, api)
    client.ask(300)
    await client.untilAnswered()
    client.transport.end()
  }

  /** All connections have ended. */
  async untilEmpty(): Promise<void> {
    const servers = Object.values(this.#servers)
    const isEmpty = (): boolean => servers.every((server) => server.stats().connectionsOpen === 0)
    if (!(await until(isEmpty))) throw new Error('a connection does not end')
  }

  /** Nothing is left of the connections, and nothing went wrong. */
  async expectClean(): Promise<void> {
    await this.untilEmpty()
    await turn()
    const { failure } = this.engine
    if (failure) throw new Error('the engine has failed', { cause: failure })
    if (this.#problems.length > 0) throw new Error(this.#problems.splice(0).join('\n'))
    const left = this.engine.memoryUsage().used - this.#used
    if (left !== 0) throw new Error(`${left} bytes of sessions are left`)
  }
}

/** A client whose bytes a test chooses. */
export class WireClient implements TransportSink {
  readonly transport: Transport
  readonly #received: Uint8Array[] = []
  #length = 0
  isClosed = false
  hasEnded = false

  constructor(site: Site, api: Api) {
    this.transport = site.connect(api, this)
  }

  get received(): Uint8Array {
    return join(...this.#received)
  }

  /** Sends the acts, cut into pieces that `controls` chooses. */
  async play(acts: readonly Act[], controls: Controls | undefined): Promise<void> {
    for (const act of acts) {
      if (act === null) {
        await turn()
        continue
      }
      const bytes = bytesOf(act)
      for (let at = 0; at < bytes.length;) {
        const size = controls ? controls.chunk(bytes.length - at) : bytes.length
        this.transport.write(bytes.subarray(at, at + size))
        at += size
        if (controls && controls.below(8) === 0) await turn()
      }
    }
  }

  /** Waits until nothing comes for a while: a transport in memory lets timers run now and then. */
  async untilQuiet(): Promise<void> {
    for (let before = -1; before !== this.#received.length && !this.isClosed;) {
      before = this.#received.length
      await new Promise((resolve) => setTimeout(resolve, 3))
    }
  }

  /** Reads no more once it has much: some responses have no end. */
  onData(chunk: Uint8Array): void {
    this.#received.push(chunk.slice())
    this.#length += chunk.length
    if (this.#length > mostReceived) this.transport.pause()
  }

  onDrain(): void {}

  onEnd(): void {
    this.hasEnded = true
  }

  onClose(): void {
    this.isClosed = true
  }
}

/** The responses in the bytes that a server of HTTP/2 sent, by stream: fields, bodies and the end. */
export function responsesIn(received: Uint8Array): Record<number, string> {
  using inflater = new HDInflater()
  const responses: Record<number, string> = {}
  for (const { type, flags, streamId, payload } of framesOf(received)) {
    let text: string | undefined
    if (type === Type.HEADERS) text = JSON.stringify(inflater.inflate(payload))
    else if (type === Type.DATA) text = String.fromCharCode(...payload)
    else if (type === Type.RST_STREAM || type === Type.GOAWAY) text = `${type} ${payload.join(' ')}`
    if (text === undefined) continue
    const end = type <= Type.HEADERS && (flags & END_STREAM) !== 0 ? ' end' : ''
    responses[streamId] = (responses[streamId] ?? '') + text + end
  }
  return responses
}

/** A client that keeps to the protocol, and expects the answer to its request. */
export class HonestClient implements TransportSink {
  readonly session: Session = Session.client()
  readonly transport: Transport
  readonly #answers = new Map<number, string>()
  readonly #ended = new Set<number>()
  #asked = new Map<number, number>()
  #lost: string | undefined

  constructor(site: Site, api: Api) {
    this.transport = site.connect(api, this)
    this.#flush()
  }

  /** Posts `length` bytes to the path that answers with their number; without a length, gets the path. */
  ask(length: number, path = '/honest'): number {
    const fields = { ':method': 'POST', ':scheme': 'http', ':authority': 'memory', ':path': path }
    const id = this.session.submitRequest(fields, { body: new Uint8Array(length) })
    if (path === '/honest') this.#asked.set(id, length)
    this.#flush()
    return id
  }

  reset(id: number): void {
    this.#asked.delete(id)
    this.session.submitRstStream(id)
    this.#flush()
  }

  /** All honest requests have the right answer; throws where one has not. */
  async untilAnswered(): Promise<void> {
    const isDone = (): boolean => [...this.#asked.keys()].every((id) => this.#ended.has(id))
    await until(() => isDone() || this.#lost !== undefined)
    for (const [id, length] of this.#asked) {
      const answer = this.#answers.get(id)
      if (answer === `honest ${length}`) continue
      throw new Error(
        `the honest request got ${answer ?? 'no answer'}; ${this.#lost ?? 'it is open'}`,
      )
    }
  }

  onData(chunk: Uint8Array): void {
    for (const event of this.session.receive(chunk)) {
      if (event.type === 'DataReceived') {
        const { streamId, data } = event
        this.session.consume(streamId, data.length)
        if (!this.#asked.has(streamId)) continue
        const text = String.fromCharCode(...data)
        this.#answers.set(streamId, (this.#answers.get(streamId) ?? '') + text)
      } else if (event.type === 'StreamClosed') {
        this.#ended.add(event.streamId)
      } else if (event.type === 'GoawayReceived' || event.type === 'SessionFailed') {
        this.#lost ??= event.type
      }
    }
    this.#flush()
  }

  onDrain(): void {}

  onEnd(): void {
    this.transport.end()
  }

  onClose(): void {
    this.#lost ??= 'it was closed'
    this.session.dispose()
  }

  #flush(): void {
    const bytes = this.session.bytesToSend()
    if (bytes.length > 0) this.transport.writev([bytes])
    this.session.events()
  }
}
