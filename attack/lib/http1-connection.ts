/** HTTP/1.1 as an attacker speaks it: any text out; in, the statuses of the responses. */
import { StringDecoder } from 'node:string_decoder'
import type { Attacker } from './attacker.ts'
import { Connection } from './connection.ts'

const statusLine = /HTTP\/1\.[01] (\d{3})/g
/** The longest part of a status line that may have been cut off. */
const longest = 'HTTP/1.1 20'.length

export class Http1Connection extends Connection {
  /** The statuses that have come. */
  readonly statuses: string[] = []
  readonly #decoder = new StringDecoder('latin1')
  #rest = ''

  static async open(attacker: Attacker): Promise<Http1Connection> {
    return new Http1Connection(await Connection.dial(attacker.port), attacker)
  }

  /** A character a byte. */
  async sendText(text: string, units = 1): Promise<void> {
    await this.send(Buffer.from(text, 'latin1'), units)
  }

  protected override onData(chunk: Buffer): void {
    const text = this.#rest + this.#decoder.write(chunk)
    let end = 0
    for (const match of text.matchAll(statusLine)) {
      this.#onStatus(match[1]!)
      end = match.index + match[0].length
    }
    this.#rest = text.slice(Math.max(end, text.length - longest))
  }

  #onStatus(status: string): void {
    this.statuses.push(status)
    this.farewell = status
    this.note(`status ${status}`)
  }
}
