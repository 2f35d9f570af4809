import { checkBytes, checkErrorCode } from '../common/arguments.ts'
import { ErrorCode } from '../common/errors.ts'
import { isThenable } from '../common/thenable.ts'
import type { Tunnel, TunnelReader } from '../http/tunnel.ts'
import type { BodyTarget, BodyWriter } from './body-writer.ts'

/** `onDrain` is called when no more than this many bytes wait. */
const lowWater = 64 * 1024
const settled = Promise.resolve()

/** The stream that is a tunnel. */
export interface TunnelTarget extends BodyTarget {
  readonly isClosed: boolean
  readonly isReset: boolean
  reset(errorCode?: number): void
  report(error: unknown): void
}

/** The server's end of a tunnel. */
export class ServerTunnel implements Tunnel, BodyWriter {
  readonly #stream: TunnelTarget
  #reader: TunnelReader | undefined
  /** Ends the wait for a reader: the reader is set, or the tunnel has closed. */
  #begin: (() => void) | undefined
  /** The client has ended its side while no reader was set. */
  #isReadEnd = false
  /** The code with which the tunnel closed while no reader was set. */
  #closedWith: number | undefined
  /** The server has ended its side. */
  #hasEnded = false
  /** More than `lowWater` waited since the last `onDrain`. */
  #wasFull = false

  constructor(stream: TunnelTarget) {
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
      // Timers and promises call `write` as well. When memory runs out, the stream ends, and nothing is thrown.
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

  // ---- called by the exchange ------------------------------------------------------------

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

  /** Waits for a reader; the stream passes on nothing more before this chunk is taken. */
  async #onceRead(chunk: Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => (this.#begin = resolve))
    this.#begin = undefined
    if (this.#closedWith === undefined) await this.#reader?.onData(chunk)
  }

  /** Calls the reader. An error that the reader throws, or rejects with, ends the stream, with one report. */
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

  // ---- called by the stream -------------------------------------------------------------------

  sent(buffered: number): boolean {
    return this.#wasFull && buffered <= lowWater
  }

  run(): void {
    // More bytes may have been written since then. `onDrain` is called when they have drained, too.
    this.#wasFull = this.bufferedAmount > lowWater
    if (!this.#wasFull) this.#tell('onDrain')
  }

  resume(): void {}

  cancel(): void {}

  closed(): void {}
}
