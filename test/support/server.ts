/** The server program of test/server/handler/fixture, running on one of the runtimes. */
import { build } from 'esbuild'
import { afterAll, beforeAll, describe } from 'vitest'
import { Client, type ClientOptions } from './server-client.ts'
import { type Certificate, makeCertificate } from './certificate.ts'
import { type Program, root, type RuntimeName, runtimeNames, startOn } from './processes.ts'

/** A line that the program printed. */
export interface Line {
  readonly event: string
  readonly [name: string]: unknown
}

export type Security = 'cleartext' | 'TLS'

/** Read as JSON by the program: options of the server without functions. */
export type JsonOptions = Readonly<Record<string, unknown>>

/** Starts in `beforeAll`, and is asked after that. */
export class TestServer {
  readonly runtime: RuntimeName
  readonly security: Security
  /** `null` on cleartext. */
  readonly certificate: Certificate | null
  port = 0
  #program: Program | undefined

  constructor(runtime: RuntimeName, security: Security, certificate: Certificate) {
    this.runtime = runtime
    this.security = security
    this.certificate = security === 'TLS' ? certificate : null
  }

  get program(): Program {
    if (!this.#program) throw new Error('the server has not been started')
    return this.#program
  }

  async start(options: JsonOptions = {}): Promise<void> {
    const all = { tls: this.certificate, ...options }
    this.#program = await startOn(this.runtime, await bundled(), [JSON.stringify(all)], {
      timeout: 600_000,
    })
    this.port = Number((await this.line('listening')).port)
  }

  async stop(): Promise<void> {
    await this.#program?.stop()
  }

  /** The address of a resource, for programs. */
  url(path: string, port: number = this.port): string {
    return `${this.certificate ? 'https' : 'http'}://127.0.0.1:${port}${path}`
  }

  connect(options: ClientOptions = {}): Promise<Client> {
    const ca = this.certificate ? { ca: this.certificate.cert } : {}
    return Client.connect(this.url('', options.port), { ...ca, ...options })
  }

  /** Opens another server in the process; its port. Options that are not given are those of the first server. */
  async open(options: JsonOptions): Promise<number> {
    await using client = await this.connect()
    const answer = await client.get(`/open?options=${encodeURIComponent(JSON.stringify(options))}`)
    const { port } = answer.json() as { port?: number }
    if (!port) throw new Error(`no other server: ${answer.text}`)
    return port
  }

  /** Closes a server that was opened so. Resolves, with how long it took, once it is closed. */
  async close(port: number, how: 'gracefully' | 'at once' = 'at once'): Promise<number> {
    await using client = await this.connect()
    const graceful = how === 'gracefully' ? '&graceful' : ''
    const answer = await client.get(`/close?port=${port}${graceful}`)
    return (answer.json() as { milliseconds: number }).milliseconds
  }

  /** Bytes of memory the process has. */
  async memory(): Promise<number> {
    await using client = await this.connect()
    return ((await client.get('/memory')).json() as { rss: number }).rss
  }

  /** The lines printed so far. */
  lines(): Line[] {
    const text = this.program.stdout()
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line)
  }

  /** The first line of this event with this text in it; waits for it. */
  async line(event: string, text = ''): Promise<Line> {
    const escaped = text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    const match = await this.program.waitFor(
      new RegExp(`^\\{"event":"${event}"(?=.*${escaped}).*\\}$`, 'm'),
      20_000,
    )
    return JSON.parse(match[0]) as Line
  }
}

const certificate = await makeCertificate()

/** A suite against each runtime, cleartext and TLS, or one of both; each gets a server of its own. */
export function describeServers(
  name: string,
  suite: (server: TestServer) => void,
  securities: readonly Security[] = ['cleartext', 'TLS'],
): void {
  const cases = runtimeNames.flatMap((runtime) =>
    securities.map((security) => ({ runtime, security })),
  )
  describe.each(cases)(`${name}: $runtime, $security`, ({ runtime, security }) => {
    const server = new TestServer(runtime, security, certificate)
    beforeAll(() => server.start())
    afterAll(() => server.stop())
    suite(server)
  })
}

let tagCount = 0

/** A tag by which a test recognizes its request. */
export function newTag(): string {
  tagCount += 1
  return `tag-${tagCount}-end`
}

let bundle: Promise<string> | undefined

/** Node 20 takes JavaScript only; so that all run the same, they get the same. */
function bundled(): Promise<string> {
  bundle ??= bundleProgram()
  return bundle
}

async function bundleProgram(): Promise<string> {
  // Test files run in processes of their own.
  const outfile = `build/server/main-${process.pid}.mjs`
  await build({
    absWorkingDir: root,
    entryPoints: ['test/server/handler/fixture/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    alias: { 'nghttp2-wasm': './src/index.ts' },
    logLevel: 'warning',
  })
  return outfile
}
