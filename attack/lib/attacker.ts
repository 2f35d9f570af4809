/** Runs the script of an attack on connections, one after the other, until its time is over. */
import type { Ending, Spoils } from './attack.ts'
import { type Connection, pause } from './connection.ts'
import { Http1Connection } from './http1-connection.ts'
import { Http2Connection, type Settings } from './http2-connection.ts'
import { WebSocketConnection } from './websocket-connection.ts'

export interface AttackerOptions {
  readonly port: number
  readonly milliseconds: number
  /** Whether a connection that the server has ended is followed by another one. */
  readonly repeats: boolean
  /** The attack is over once something has come that matches. */
  readonly enough?: RegExp | undefined
}

/** Milliseconds between two connections of one script. */
const breath = 20

export class Attacker {
  readonly port: number
  readonly #repeats: boolean
  readonly #enough: RegExp | undefined
  readonly #open = new Set<Connection>()
  readonly #got = new Map<string, number>()
  #deadline: number
  #connections = 0
  #units = 0
  #first: Ending | undefined

  constructor({ port, milliseconds, repeats, enough }: AttackerOptions) {
    this.port = port
    this.#repeats = repeats
    this.#enough = enough
    this.#deadline = performance.now() + milliseconds
  }

  /** Milliseconds. */
  get remaining(): number {
    return Math.max(0, this.#deadline - performance.now())
  }

  get isOver(): boolean {
    return this.remaining === 0
  }

  note(what: string): void {
    this.#got.set(what, (this.#got.get(what) ?? 0) + 1)
    if (!this.#enough?.test(what) || this.isOver) return
    this.#deadline = 0
    for (const connection of this.#open) connection.wake()
  }

  /** On `count` connections at once. */
  async http2(
    script: (connection: Http2Connection) => Promise<void>,
    { settings = [], count = 1 }: { readonly settings?: Settings; readonly count?: number } = {},
  ): Promise<void> {
    const open = (): Promise<Http2Connection> => Http2Connection.open(this, settings)
    await this.#runAll(count, open, script)
  }

  async http1(script: (connection: Http1Connection) => Promise<void>, count = 1): Promise<void> {
    await this.#runAll(count, () => Http1Connection.open(this), script)
  }

  async webSocket(script: (connection: WebSocketConnection) => Promise<void>): Promise<void> {
    await this.#runAll(1, () => WebSocketConnection.open(this), script)
  }

  spoils(): Spoils {
    return {
      connections: this.#connections,
      units: this.#units,
      first: this.#first ?? { how: 'no connection', milliseconds: 0, units: 0 },
      got: Object.fromEntries(this.#got),
    }
  }

  async #runAll<C extends Connection>(
    count: number,
    open: () => Promise<C>,
    script: (connection: C) => Promise<void>,
  ): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#run(open, script)))
  }

  async #run<C extends Connection>(
    open: () => Promise<C>,
    script: (connection: C) => Promise<void>,
  ): Promise<void> {
    do {
      const connection = await open().catch((error: unknown) => this.#refused(error))
      if (connection) {
        this.#connections++
        this.#open.add(connection)
        await script(connection)
        await connection.finish()
        this.#open.delete(connection)
        this.#units += connection.units
        this.#first ??= connection.ending
      }
      await pause(Math.min(breath, this.remaining))
    } while (this.#repeats && !this.isOver)
  }

  #refused(error: unknown): undefined {
    this.note(`no connection: ${(error as { code?: string }).code ?? String(error)}`)
  }
}
