import type { Acceptor, Transport, TransportSink } from '../../src/transport/transport.ts'

/** A sink that records its calls, as text. */
export class Recorder implements TransportSink {
  readonly log: string[] = []
  readonly transport: Transport
  bytes = 0
  readonly closed: Promise<void>
  #resolveClosed: () => void = () => {}

  constructor(transport: Transport) {
    this.transport = transport
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve
    })
  }

  onData(chunk: Uint8Array): void {
    this.bytes += chunk.length
    this.log.push(chunk.length < 100 ? new TextDecoder().decode(chunk) : `${chunk.length} bytes`)
  }

  onDrain(): void {
    this.log.push('drain')
  }

  onEnd(): void {
    this.log.push('end')
  }

  onClose(error: Error | null): void {
    this.log.push(
      error ? `closed: ${(error as { code?: string }).code ?? error.message}` : 'closed',
    )
    this.#resolveClosed()
  }
}

/** Accepts with a recorder for each connection. */
export class RecordingAcceptor implements Acceptor {
  readonly accepted: Recorder[] = []
  readonly refused: Error[] = []
  readonly #make: (transport: Transport) => Recorder

  constructor(make: (transport: Transport) => Recorder = (transport) => new Recorder(transport)) {
    this.#make = make
  }

  onConnection(transport: Transport): TransportSink {
    const recorder = this.#make(transport)
    this.accepted.push(recorder)
    return recorder
  }

  onRefused(error: Error): void {
    this.refused.push(error)
  }
}
