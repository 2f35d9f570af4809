import { ErrorCode } from '../engine/errors.ts'
import type { Tunnel, TunnelReader } from '../http/tunnel.ts'
import type { BodySender } from './body-sender.ts'
import type { ServerStream } from './server-stream.ts'

/** `onDrain` comes when no more than this waits, in bytes. */
const lowWater = 64 * 1024

/** The server's end of a tunnel. */
export class ServerTunnel implements Tunnel, BodySender {
  readonly #stream: ServerStream
  #reader: TunnelReader | undefined
  #hasEnded = false
  #wasFull = false

  constructor(stream: ServerStream) {
    this.#stream = stream
  }

  get bufferedAmount(): number {
    return this.#stream.isClosed ? 0 : this.#stream.bufferedAmount
  }

  write(chunk: Uint8Array): void {
    if (this.#hasEnded || this.#stream.isClosed) return
    this.#stream.write(chunk)
    this.#wasFull ||= this.bufferedAmount > lowWater
  }

  end(): void {
    if (this.#hasEnded || this.#stream.isClosed) return
    this.#hasEnded = true
    this.#stream.endBody()
  }

  reset(errorCode: number = ErrorCode.CANCEL): void {
    this.#stream.reset(errorCode)
  }

  read(reader: TunnelReader): void {
    this.#reader = reader
  }

  // ---- what the exchange passes on ------------------------------------------------------------

  onData(chunk: Uint8Array): void | Promise<void> {
    return this.#reader?.onData(chunk)
  }

  onEnd(): void {
    this.#reader?.onEnd()
  }

  onClose(errorCode: number): void {
    this.#reader?.onClose(errorCode)
  }

  // ---- what the stream asks -------------------------------------------------------------------

  sent(buffered: number): boolean {
    return this.#wasFull && buffered <= lowWater
  }

  run(): void {
    this.#wasFull = false
    this.#reader?.onDrain()
  }

  resume(): void {}

  cancel(): void {}
}
