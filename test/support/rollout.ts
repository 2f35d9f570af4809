/** Two servers behind a proxy, each restarted on another runtime under a load of all kinds. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { makeCertificate } from './certificate.ts'
import { until } from './fetch-suite.ts'
import { Load } from './load.ts'
import { type Program, root, type RuntimeName, startOn } from './processes.ts'
import { bundleProgram } from './program-server.ts'
import { freePort, type Proxy } from './proxy.ts'
import type { Line } from './server.ts'

/** A server that is started again and again on the same ports. */
class Backend {
  readonly port: number
  readonly tlsPort: number
  readonly #options: object
  /** The last one is the one that runs. */
  readonly #programs: Program[] = []
  /** Of the process that runs now. */
  name = ''

  constructor(port: number, tlsPort: number, options: object) {
    this.port = port
    this.tlsPort = tlsPort
    this.#options = options
  }

  async start(runtime: RuntimeName): Promise<void> {
    this.name = `${runtime}-${this.port}-${this.#programs.length + 1}`
    const { name, port, tlsPort } = this
    const options = JSON.stringify({ name, port, tlsPort, ...this.#options })
    const file = await bundleProgram('test/interop/fixture/backend.ts')
    const program = await startOn(runtime, file, [options])
    this.#programs.push(program)
    await program.waitFor(/"listening"/)
  }

  /** Ends in order. */
  async drain(): Promise<void> {
    const program = this.#programs.at(-1)!
    program.kill('SIGTERM')
    const exit = await program.exited
    expect({ server: this.name, ...exit }).toMatchObject({ code: 0, stderr: '' })
  }

  /** What all of its processes have reported. */
  lines(event: string): Line[] {
    return this.#programs
      .flatMap((program) => program.stdout().split('\n'))
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line)
      .filter((line) => line.event === event)
  }

  async stop(): Promise<void> {
    await this.#programs.at(-1)?.stop()
  }
}

/** What a rollout was like. */
export interface Rollout {
  readonly requests: number
  readonly failures: readonly string[]
  /** What servers were asked on `/health`, and by which protocol. */
  readonly checks: readonly string[]
  /** What the servers reported; not what is wrong with a connection, such as one that the proxy has left. */
  readonly errors: readonly Line[]
}

/** Resolves once the proxy has said that it is so. */
export type Noticed = (
  server: { readonly port: number; readonly tlsPort: number; readonly position: number },
  is: 'away' | 'back',
) => Promise<unknown>

/** The configuration as docs/BEHIND-PROXIES.md has it. */
export function configurationOf(section: string): string {
  const text = readFileSync(join(root, 'docs/BEHIND-PROXIES.md'), 'utf8')
  const part = text.split(/^## /m).find((other) => other.startsWith(`${section}\n`)) ?? ''
  const blocks = [...part.matchAll(/^```\w*\n([^]*?)^```$/gm)].map(([, block]) => block)
  if (blocks.length === 0) throw new Error(`docs/BEHIND-PROXIES.md says nothing of ${section}`)
  return blocks.join('\n')
}

/** Two servers. `await using` stops them. */
export class Backends implements AsyncDisposable {
  readonly #folder: string
  readonly #all: readonly Backend[]

  private constructor(folder: string, all: readonly Backend[]) {
    this.#folder = folder
    this.#all = all
  }

  /** `leave`: milliseconds in which a server fails health checks before it drains. */
  static async start(runtimes: readonly RuntimeName[], leave = 0): Promise<Backends> {
    const folder = await mkdtemp(join(tmpdir(), 'rollout-'))
    const tls = await makeCertificate()
    await writeFile(join(folder, 'ca.pem'), tls.cert)
    const all: Backend[] = []
    for (const _ of runtimes) {
      all.push(new Backend(await freePort(), await freePort(), { tls, leave }))
    }
    const backends = new Backends(folder, all)
    await Promise.all(all.map((backend, i) => backend.start(runtimes[i]!)))
    return backends
  }

  /** A configuration of the documentation, with the addresses of these servers. */
  addressed(configuration: string): string {
    const [one, two] = this.#all as [Backend, Backend]
    return configuration
      .replaceAll(/10\.0\.0\.1([:,])8080/g, `127.0.0.1$1${one.port}`)
      .replaceAll(/10\.0\.0\.2([:,])8080/g, `127.0.0.1$1${two.port}`)
      .replaceAll(/10\.0\.0\.1([:,])8443/g, `127.0.0.1$1${one.tlsPort}`)
      .replaceAll(/10\.0\.0\.2([:,])8443/g, `127.0.0.1$1${two.tlsPort}`)
      .replaceAll('/etc/ssl/app-ca.pem', join(this.#folder, 'ca.pem'))
      .replaceAll('app.internal', 'localhost')
  }

  /**
   * Restarts the servers in turn, each on the runtime that is named, while a load runs. While one is away the other one
   * answers, and the proxy turns to the one that is back by itself. `ways`: the first segments of paths. `noticed` looks at
   * what the proxy says.
   */
  async rollOut(
    proxy: Proxy,
    ways: readonly string[],
    runtimes: readonly RuntimeName[],
    noticed: Noticed = async () => {},
  ): Promise<Rollout> {
    const load = new Load(proxy, ways)
    try {
      await until(() => this.#all.every(({ name }) => hasAnswered(load, ways, name)))
      for (const [i, runtime] of runtimes.entries()) {
        await this.#restart(load, ways, i % 2, runtime, noticed)
      }
    } catch (error) {
      throw new Error(`${load.failures.slice(0, 10).join('\n')}\n${proxy.program.stderr()}`, {
        cause: error,
      })
    } finally {
      await load.stop()
    }
    const lines = (event: string): Line[] => this.#all.flatMap((backend) => backend.lines(event))
    return {
      requests: load.requests,
      failures: load.failures,
      checks: [...new Set(lines('health').map(({ check }) => String(check)))],
      errors: lines('error').filter(({ source }) => source !== 'connection'),
    }
  }

  async #restart(
    load: Load,
    ways: readonly string[],
    position: number,
    runtime: RuntimeName,
    noticed: Noticed,
  ): Promise<void> {
    const backend = this.#all[position]!
    const other = this.#all[1 - position]!
    const { port, tlsPort } = backend
    load.phase = `while ${backend.name} drains`
    await backend.drain()
    load.phase = `while ${backend.name} is away`
    const before = ways.map((way) => load.answers(way, other.name))
    await until(() => ways.every((way, i) => load.answers(way, other.name) > before[i]! + 5))
    await noticed({ port, tlsPort, position }, 'away')
    await backend.start(runtime)
    load.phase = `once ${backend.name} is there`
    await until(() => hasAnswered(load, ways, backend.name))
    await noticed({ port, tlsPort, position }, 'back')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((backend) => backend.stop()))
    await rm(this.#folder, { recursive: true })
  }
}

/** Whether a server has answered a few requests of each way. */
function hasAnswered(load: Load, ways: readonly string[], name: string): boolean {
  return ways.every((way) => load.answers(way, name) > 2)
}
