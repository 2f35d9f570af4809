/** A connection of an attacker: it counts what it sends, and notes what comes and how it ends. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Attacker } from './attacker.ts'
import { type Ending, stillOpen } from './attack.ts'

/** Milliseconds without a byte after which a connection counts as open. */
const patience = 100

export abstract class Connection {
  readonly socket: Socket
  readonly attacker: Attacker
  /** Frames, requests, bytes: what the attack counts. */
  units = 0
  /** What the peer said last about the end, such as GOAWAY and its code. */
  protected farewell = ''
  readonly #begun = performance.now()
  #ending: Ending | undefined
  #resume = (): void => {}

  constructor(socket: Socket, attacker: Attacker) {
    this.socket = socket
    this.attacker = attacker
    socket.on('data', (chunk: Buffer) => {
      this.onData(chunk)
      this.#resume()
    })
    socket.on('drain', () => this.#resume())
    socket.on('end', () => this.#end('closed'))
    socket.on('error', () => {})
    socket.on('close', () => this.#end('reset'))
  }

  /** Our side stays open when the server ends its own. */
  static async dial(port: number): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true })
    await once(socket, 'connect')
    return socket
  }

  protected abstract onData(chunk: Buffer): void

  /** Counts something that came. */
  note(what: string): void {
    this.attacker.note(what)
  }

  /** Whether the attack goes on. */
  get isOpen(): boolean {
    return !this.#ending && !this.attacker.isOver
  }

  get ending(): Ending {
    return this.#ending ?? this.#endingOf(stillOpen)
  }

  /** Writes, and waits until the system has taken it, or the attack does not go on. */
  async send(bytes: Uint8Array, units = 1): Promise<void> {
    if (!this.isOpen) return
    this.units += units
    this.socket.write(bytes)
    // A turn at least, in which what came is read.
    await new Promise(setImmediate)
    await this.until(() => !this.socket.writableNeedDrain)
  }

  /** Waits until this is so after something has come or was sent, or the attack does not go on. */
  async until(isSo: () => boolean): Promise<void> {
    while (this.isOpen && !isSo()) await this.#news(Infinity)
  }

  /** Waits so long, or until the attack does not go on. */
  async sleep(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds
    for (let now = 0; this.isOpen && (now = performance.now()) < end;) await this.#news(end - now)
  }

  /** Waits until the attack does not go on. */
  async untilEnded(): Promise<void> {
    await this.until(() => false)
  }

  /** Reads what an attacker that did not read has left, so that the end is seen; then drops the connection. */
  async finish(): Promise<void> {
    if (this.socket.isPaused()) {
      this.socket.resume()
      for (let i = 0, seen = -1; i < 3 && !this.#ending && this.socket.bytesRead > seen; i++) {
        seen = this.socket.bytesRead
        await pause(patience)
      }
    }
    this.#ending ??= this.#endingOf(stillOpen)
    this.socket.destroy()
  }

  /** Has the script look whether the attack goes on. */
  wake(): void {
    this.#resume()
  }

  /** Waits until something has come, or was sent, or so many milliseconds have passed. */
  #news(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(milliseconds, this.attacker.remaining))
      this.#resume = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  #end(how: string): void {
    this.#ending ??= this.#endingOf(how)
    this.#resume()
  }

  #endingOf(how: string): Ending {
    const milliseconds = performance.now() - this.#begun
    const words = this.farewell === '' ? how : `${this.farewell}, ${how}`
    return { how: words, milliseconds, units: this.units }
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
