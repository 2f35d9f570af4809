import type { SessionEvent } from '../../src/engine/http2/events.ts'
import type { HeaderList } from '../../src/common/fields.ts'
import { Session } from '../../src/engine/http2/session.ts'
import type { MemoryRuntime } from '../../src/runtime/memory/runtime.ts'
import type { Transport, TransportSink } from '../../src/transport/transport.ts'

/** A client session on a transport in memory; `events` has its events. */
export class MemoryClient implements TransportSink {
  readonly session: Session = Session.client({ settings: { enablePush: true } })
  readonly events: SessionEvent[] = []
  readonly transport: Transport
  isClosed = false

  constructor(runtime: MemoryRuntime) {
    this.transport = runtime.connect(() => this)
    this.flush()
  }

  request(headers: HeaderList, body?: Uint8Array): number {
    const streamId = this.session.submitRequest(headers, body ? { body } : {})
    this.flush()
    return streamId
  }

  get(path: string): number {
    return this.request([
      [':method', 'GET'],
      [':scheme', 'http'],
      [':authority', 'memory'],
      [':path', path],
    ])
  }

  flush(): void {
    this.transport.writev([this.session.bytesToSend()])
    this.events.push(...this.session.events())
  }

  /** The bytes of a response so far. */
  text(streamId: number): string {
    const chunks = this.events.flatMap((event) =>
      event.type === 'DataReceived' && event.streamId === streamId ? [event.data] : [],
    )
    return Buffer.concat(chunks).toString()
  }

  /** Resolves once the stream has closed; with its error code. */
  async closed(streamId: number): Promise<number> {
    for (;;) {
      for (const event of this.events) {
        if (event.type === 'StreamClosed' && event.streamId === streamId) return event.errorCode
      }
      if (this.isClosed) throw new Error('the connection was closed before the stream')
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }

  onData(chunk: Uint8Array): void {
    for (const event of this.session.receive(chunk)) {
      this.events.push(event)
      if (event.type === 'DataReceived') this.session.consume(event.streamId, event.data.length)
    }
    this.flush()
  }

  onDrain(): void {}

  onEnd(): void {
    this.transport.end()
  }

  onClose(): void {
    this.isClosed = true
    this.session.dispose()
  }
}
