/** A server program to attack on each runtime (test/abuse/fixture), and the honest client that uses it meanwhile. */
import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { Client } from '../server-client.ts'
import { type Certificate, makeCertificate } from '../certificate.ts'
import { type RuntimeName, runtimeNames } from '../processes.ts'
import { ProgramServer } from '../program-server.ts'
import type { JsonOptions, Security } from '../server.ts'
import type { Told } from '../../abuse/fixture/watch.ts'

export type Api = 'handler' | 'fetch'
export const apis: readonly Api[] = ['handler', 'fetch']

export interface State extends Readonly<Told> {
  /** The longest time, in milliseconds of CPU, that the event loop did not turn. */
  readonly stall: number
  /** Milliseconds of CPU since the process began. */
  readonly cpu: number
  readonly stats: {
    readonly connectionsOpen: number
    readonly streamsOpen: number
    readonly bytesReceived: number
    readonly memory: { readonly used: number; readonly size: number }
  }
}

export interface Collected extends State {
  /** Bytes of memory the process has, after a collection. */
  readonly rss: number
}

export class Target extends ProgramServer {
  constructor(runtime: RuntimeName, security: Security, certificate: Certificate) {
    super('test/abuse/fixture/main.ts', runtime, security, certificate)
  }

  /** A new server in the program, on a port of its own; everything counted so far is forgotten. */
  async openFor(api: Api, options: JsonOptions = {}): Promise<Attacked> {
    await this.control('reset', {})
    const all = JSON.stringify({ tls: this.certificate, ...options })
    const port = await this.control('open', { api, options: all })
    return new Attacked(this, api, port as number)
  }

  async control(what: string, query: Readonly<Record<string, string>>): Promise<unknown> {
    const response = await fetch(
      `http://127.0.0.1:${this.port}/${what}?${new URLSearchParams(query)}`,
    )
    if (!response.ok) throw new Error(await response.text())
    return response.json()
  }
}

/** One server of the program. */
export class Attacked implements AsyncDisposable {
  readonly target: Target
  readonly api: Api
  readonly port: number

  constructor(target: Target, api: Api, port: number) {
    this.target = target
    this.api = api
    this.port = port
  }

  async state(): Promise<State> {
    return (await this.target.control('state', { port: String(this.port) })) as State
  }

  /** The state, after a garbage collection: it takes long. */
  async collected(): Promise<Collected> {
    return (await this.target.control('collected', { port: String(this.port) })) as Collected
  }

  /** Has the server read the bodies that are read late. */
  async openGate(): Promise<void> {
    await this.target.control('gate', {})
  }

  /** The state once this is true of it. */
  async until(isSo: (state: State) => boolean, milliseconds = 20_000): Promise<State> {
    const deadline = Date.now() + milliseconds
    for (;;) {
      const state = await this.state()
      if (isSo(state)) return state
      if (Date.now() > deadline) throw new Error(`not so: ${JSON.stringify(state).slice(0, 2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** The process lives, and no rejection or exception went unhandled. */
  async expectUnharmed(): Promise<State> {
    const state = await this.state()
    expect(state.unhandled).toEqual([])
    return state
  }

  connect(): Promise<Client> {
    return this.target.connect({ port: this.port })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.target.control('close', { port: String(this.port) })
  }
}

/** Sends requests repeatedly, on one connection and on new ones; each response must be right and in time. */
export class HonestClient implements AsyncDisposable {
  readonly #attacked: Attacked
  readonly #failures: string[] = []
  readonly #done: Promise<void>
  #answers = 0
  #isWanted = true

  constructor(attacked: Attacked) {
    this.#attacked = attacked
    this.#done = this.#run()
  }

  /** Stops asking. All requests were answered, and one more is. */
  async expectServed(): Promise<void> {
    await this[Symbol.asyncDispose]()
    const client = await this.#attacked.connect()
    await this.#ask(client)
    await client[Symbol.asyncDispose]()
    expect(this.#failures).toEqual([])
    expect(this.#answers).toBeGreaterThan(0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isWanted = false
    await this.#done
  }

  async #run(): Promise<void> {
    try {
      await this.#askOn()
    } catch (error) {
      this.#failures.push(String(error))
    }
  }

  async #askOn(): Promise<void> {
    const steady = await this.#attacked.connect()
    while (this.#isWanted) {
      await this.#ask(steady)
      const other = await this.#attacked.connect()
      await this.#ask(other)
      await other[Symbol.asyncDispose]()
      await new Promise((resolve) => setTimeout(resolve, 60))
    }
    await steady[Symbol.asyncDispose]()
  }

  async #ask(client: Client): Promise<void> {
    const body = 'x'.repeat(2000)
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, answerTime))
    const get = await Promise.race([client.get('/honest'), late])
    const path = '/honest?how=arrayBuffer'
    const post = await Promise.race([client.request(path, { body }), late])
    for (const answer of [get, post]) {
      if (!answer) this.#failures.push(`no answer within ${answerTime} ms`)
      else if (answer.status !== 200) this.#failures.push(`${answer.status} ${answer.error}`)
      else this.#answers++
    }
    if (get && get.text !== 'hello') this.#failures.push(`got ${get.text}`)
  }
}

/** Milliseconds that an honest client waits for an answer. */
const answerTime = 8000

const certificate = await makeCertificate()

/** A suite against the program on each runtime. */
export function describeTargets(
  name: string,
  suite: (target: Target) => void,
  security: Security = 'cleartext',
): void {
  describe.each(runtimeNames)(`${name}: %s, ${security}`, (runtime) => {
    const target = new Target(runtime, security, certificate)
    beforeAll(() => target.start())
    afterAll(() => target.stop())
    suite(target)
  })
}
