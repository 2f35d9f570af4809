import process from 'node:process'
import type { Transport, TransportSink } from '../../../src/transport/transport.ts'
import { report } from '../../transport/fixture/report.ts'

const newline = 10
const encoder = new TextEncoder()

/** Memory that a transport borrows; it is overwritten as soon as the call has returned. */
const borrowed = new Uint8Array(1 << 20)

/** The server's side of one connection: the first line selects its behaviour. */
export class Peer implements TransportSink {
  static reusesReadBuffer = false

  readonly #transport: Transport
  readonly #closeListener: () => Promise<void>
  readonly #started: number = performance.now()
  #line: string | null = null
  #received = 0
  /** Bytes still to send after `flood`. */
  #left = 0
  #paused = false
  #closed = false
  #inside = false

  constructor(transport: Transport, closeListener: () => Promise<void>) {
    this.#transport = transport
    this.#closeListener = closeListener
  }

  onData(chunk: Uint8Array): void {
    this.#check()
    if (this.#line !== null) {
      this.#body(chunk)
      return
    }
    const end = chunk.indexOf(newline)
    this.#line = new TextDecoder().decode(chunk.subarray(0, end))
    this.#begin(this.#line)
    if (end + 1 < chunk.length) this.#body(chunk.subarray(end + 1))
  }

  onDrain(): void {
    this.#check()
    if (this.#line === 'flood') this.#flood()
    if (this.#line?.startsWith('echo')) {
      this.#paused = false
      this.#transport.resume()
    }
  }

  onEnd(): void {
    this.#check()
    if (this.#line === 'count') this.#text(`received ${this.#received}\n`)
    if (this.#line === 'late') {
      setTimeout(() => {
        this.#text('late\n')
        this.#transport.end()
      }, 100)
      return
    }
    if (this.#line !== 'flood') this.#transport.end()
  }

  onClose(error: Error | null): void {
    this.#check()
    this.#closed = true
    const { code } = (error ?? {}) as { code?: string }
    report({
      event: 'close',
      line: this.#line,
      received: this.#received,
      error: error?.message ?? null,
      code: code ?? null,
      after: performance.now() - this.#started,
    })
  }

  #begin(line: string): void {
    const { remoteAddress, localAddress, tls } = this.#transport
    switch (line) {
      case 'info':
        this.#text(`${JSON.stringify({ remoteAddress, localAddress, tls })}\n`)
        break
      case 'rss':
        this.#text(`${process.memoryUsage().rss}\n`)
        break
      case 'lines':
        for (let i = 0; i < 20_000; i++) this.#text(`line ${i}\n`)
        this.#transport.end()
        break
      case 'pieces':
        this.#pieces(60)
        break
      case 'flood':
        this.#left = 64 << 20
        this.#flood()
        break
      case 'hold':
        this.#transport.pause()
        this.#text('paused\n')
        setTimeout(() => {
          report({ event: 'held', received: this.#received })
          this.#transport.resume()
        }, 300)
        break
      case 'changed':
        this.#sendAndTransfer()
        break
      case 'bye':
        this.#text('bye\n')
        this.#transport.end()
        break
      case 'last':
        // More than the kernel takes at once, then FIN: all of it arrives.
        borrowed.fill(0x6c)
        for (let i = 0; i < 8; i++) this.#transport.write(borrowed)
        borrowed.fill(0xee)
        this.#transport.end()
        this.#text('never sent')
        break
      case 'mixed':
        this.#mixed(0, [1, 300_000, 10, 2_000_000, 5, 70_000, 1_100_000, 1])
        break
      case 'destroy':
        this.#transport.destroy()
        this.#text('never sent')
        break
      case 'throw':
        throw new TypeError('the sink is broken')
      case 'close listener':
        void this.#closeListener()
        break
    }
  }

  /** Large and small writes in turn, of both kinds, then FIN. Each byte tells its position. */
  #mixed(at: number, [length, ...lengths]: readonly number[]): void {
    if (length === undefined) {
      this.#transport.end()
      const timer = setInterval(() => {
        this.#transport.write(borrowed.subarray(0, 10))
        if (this.#transport.unsent !== 0) return
        clearInterval(timer)
        report({ event: 'sent' })
      }, 10)
      return
    }
    const bytes = Uint8Array.from({ length }, (_, i) => (at + i) % 251)
    if (lengths.length % 3 === 0) {
      this.#transport.write(bytes)
      bytes.fill(0xff)
    } else {
      const half = length >> 1
      this.#transport.writev([bytes.subarray(0, half), bytes.subarray(half)])
    }
    this.#mixed(at + length, lengths)
  }

  /** One in 5 milliseconds. */
  #pieces(left: number): void {
    if (left === 0) {
      this.#transport.end()
      return
    }
    this.#text('a piece\n')
    setTimeout(() => this.#pieces(left - 1), 5)
  }

  #body(chunk: Uint8Array): void {
    if (this.#paused) {
      report({ event: 'bug', what: 'onData while paused' })
    }
    this.#received += chunk.length
    if (this.#line === 'echo') this.#echo(chunk)
    if (this.#line === 'echo by slices') this.#echoSlices(chunk)
  }

  #echo(chunk: Uint8Array): void {
    const view = borrowed.subarray(0, chunk.length)
    view.set(chunk)
    const goOn = this.#send(() => this.#transport.write(view))
    view.fill(0xee)
    if (!goOn) this.#wait()
  }

  #echoSlices(chunk: Uint8Array): void {
    const kept = Peer.reusesReadBuffer ? chunk.slice() : chunk
    const slices: Uint8Array[] = []
    for (let i = 0; i < kept.length; i += 20_000) slices.push(kept.subarray(i, i + 20_000))
    if (!this.#send(() => this.#transport.writev(slices))) this.#wait()
  }

  #wait(): void {
    this.#paused = true
    this.#transport.pause()
  }

  #flood(): void {
    while (this.#left > 0) {
      borrowed.fill(0x66)
      const length = Math.min(this.#left, borrowed.length)
      this.#left -= length
      const goOn = this.#send(() => this.#transport.write(borrowed.subarray(0, length)))
      borrowed.fill(0xee)
      if (!goOn) return
    }
    this.#transport.end()
  }

  /** Fills the transport with chunks, and transfers the memory of those that wait. */
  #sendAndTransfer(): void {
    const chunks: Uint8Array[] = []
    let goOn = true
    // The second refusal is of chunks that certainly wait behind others.
    for (let refused = 0; refused < 4; refused += goOn ? 0 : 1) {
      const more = Array.from({ length: 8 }, () => new Uint8Array(128 * 1024).fill(0x63))
      chunks.push(...more)
      goOn = this.#send(() => this.#transport.writev(more))
    }
    const waiting = chunks.slice(-8)
    for (const { buffer } of waiting) structuredClone(buffer, { transfer: [buffer as ArrayBuffer] })
    this.#text('more\n')
  }

  #text(text: string): void {
    const { written } = encoder.encodeInto(text, borrowed)
    this.#send(() => this.#transport.write(borrowed.subarray(0, written)))
    borrowed.fill(0xee, 0, written)
  }

  #send(write: () => boolean): boolean {
    this.#inside = true
    const goOn = write()
    this.#inside = false
    return goOn
  }

  /** The contract of a sink: nothing after `onClose`, nothing from inside a write. */
  #check(): void {
    if (this.#closed) report({ event: 'bug', what: 'called after onClose' })
    if (this.#inside) report({ event: 'bug', what: 'called from inside a write' })
  }
}
