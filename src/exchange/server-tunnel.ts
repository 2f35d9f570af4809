import { checkBytes, checkErrorCode } from '../common/arguments.ts'
import { ErrorCode } from '../common/errors.ts'
import { isThenable } from '../common/thenable.ts'
import type { Tunnel, TunnelReader } from '../http/tunnel.ts'
import type { BodySender } from './body-writer.ts'
import type { ServerStream } from './server-stream.ts'

/** `onDrain` comes when no more than this waits, in bytes. */
const lowWater = 64 * 1024
const settled = Promise.resolve()

/** The server's end of a tunnel. */
export class ServerTunnel implements Tunnel, BodySender {
  readonly #stream: ServerStream
  #reader: TunnelReader | undefined
  /** Somebody begins to read, or nobody will. */
  #begin: (() => void) | undefined
  /** What nobody has been told yet. */
  #isReadEnd = false
  #closedWith: number | undefined
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
    const bytes = checkBytes('chunk', chunk)
    try {
      this.#stream.write(bytes)
    } catch (error) {
      // Timers and promises write as well: where memory ran out, the stream ends, and nothing is thrown.
      this.#stream.fail(error)
      return
    }
    this.#wasFull ||= this.bufferedAmount > lowWater
  }

  end(): void {
    if (this.#hasEnded || this.#stream.isClosed) return
    this.#hasEnded = true
    this.#stream.endBody()
  }

  reset(errorCode: number = ErrorCode.CANCEL): void {
    this.#stream.reset(checkErrorCode(errorCode))
  }

  read(reader: TunnelReader): void {
    this.#reader = reader
    this.#begin?.()
    if (!this.#isReadEnd && this.#closedWith === undefined) return
    void settled.then(() => {
      if (this.#isReadEnd) this.#tell('onEnd')
      if (this.#closedWith !== undefined) this.#tell('onClose', this.#closedWith)
    })
  }

  // ---- what the exchange passes on ------------------------------------------------------------

  onData(chunk: Uint8Array): void | Promise<void> {
    return this.#reader ? this.#reader.onData(chunk) : this.#onceRead(chunk)
  }

  onEnd(): void {
    if (this.#reader) this.#tell('onEnd')
    else this.#isReadEnd = true
  }

  onClose(errorCode: number): void {
    if (this.#reader) this.#tell('onClose', errorCode)
    else this.#closedWith = errorCode
    this.#begin?.()
  }

  /** Nothing more comes before this chunk is taken in. */
  async #onceRead(chunk: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => (this.#begin = resolve))
    this.#begin = undefined
    if (this.#closedWith === undefined) await this.#reader?.onData(chunk)
  }

  /** Calls the reader. What it throws, now or later, ends its stream, with one report. */
  #tell(method: 'onEnd' | 'onDrain' | 'onClose', errorCode: number = ErrorCode.NO_ERROR): void {
    try {
      const result: unknown = this.#reader?.[method](errorCode)
      if (isThenable(result)) Promise.resolve(result).catch((error) => this.#readerFailed(error))
    } catch (error) {
      this.#readerFailed(error)
    }
  }

  #readerFailed(error: unknown): void {
    // A stream that has ended already is not failed again.
    if (this.#stream.isClosed || this.#stream.isReset) this.#stream.report(error)
    else this.#stream.fail(error)
  }

  // ---- what the stream asks -------------------------------------------------------------------

  sent(buffered: number): boolean {
    return this.#wasFull && buffered <= lowWater
  }

  run(): void {
    // More may have been written since there was room: that drains, too.
    this.#wasFull = this.bufferedAmount > lowWater
    if (!this.#wasFull) this.#tell('onDrain')
  }

  resume(): void {}

  cancel(): void {}

  closed(): void {}
}
