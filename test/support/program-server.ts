/** A server program of a test's own, running on one of the runtimes, where TestServer runs that of test/server. */
import { mkdirSync } from 'node:fs'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe } from 'vitest'
import { type Certificate, makeCertificate } from './certificate.ts'
import { type Program, root, type RuntimeName, runtimeNames, startOn } from './processes.ts'
import { type JsonOptions, type Line, type Security, TestServer } from './server.ts'

/** The program prints `{"event":"listening","port":…}` and ends in order at SIGTERM. */
export class ProgramServer extends TestServer {
  readonly #source: string
  #running: Program | undefined

  /** `source`: the program's TypeScript, from the root of the checkout. */
  constructor(source: string, runtime: RuntimeName, security: Security, certificate: Certificate) {
    super(runtime, security, certificate)
    this.#source = source
  }

  override get program(): Program {
    if (!this.#running) throw new Error('the server has not been started')
    return this.#running
  }

  override async start(options: JsonOptions = {}): Promise<void> {
    const all = JSON.stringify({ tls: this.certificate, ...options })
    const file = await bundleProgram(this.#source)
    this.#running = await startOn(this.runtime, file, [all], { timeout: 600_000 })
    this.port = Number((await this.line('listening')).port)
  }

  override async stop(): Promise<void> {
    await this.#running?.stop()
  }

  /** What `onError` was told, but the resets of connections that earlier tests have left. */
  reports(): Line[] {
    const isReset = ({ source, message, code }: Line): boolean =>
      source === 'connection' && /ECONNRESET|reset by peer/.test(`${message} ${code}`)
    return this.lines().filter((line) => line.event === 'report' && !isReset(line))
  }
}

/** A suite against a program on each runtime, cleartext and TLS, or one of both. */
export function describeProgram(
  source: string,
  name: string,
  suite: (server: ProgramServer) => void,
  securities: readonly Security[] = ['cleartext'],
): void {
  const cases = runtimeNames.flatMap((runtime) =>
    securities.map((security) => ({ runtime, security })),
  )
  describe.each(cases)(`${name}: $runtime, $security`, ({ runtime, security }) => {
    const server = new ProgramServer(source, runtime, security, certificate)
    beforeAll(() => server.start())
    afterAll(() => server.stop())
    suite(server)
  })
}

const certificate = await makeCertificate()
const bundles = new Map<string, Promise<string>>()

/** The program as one file of JavaScript, which all runtimes take; made once a test file. */
export function bundleProgram(source: string): Promise<string> {
  let bundle = bundles.get(source)
  if (!bundle) bundles.set(source, (bundle = bundled(source)))
  return bundle
}

async function bundled(source: string): Promise<string> {
  const name = source.replaceAll(/[^a-z]+/g, '-').replace(/-ts$/, '')
  mkdirSync(`${root}build/programs`, { recursive: true })
  const outfile = `build/programs/${name}-${process.pid}.mjs`
  await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    // As installed: some have an entry for each runtime.
    packages: 'external',
    alias: {
      'nghttp2-wasm': './src/index.ts',
      'nghttp2-wasm/engine': './src/engine/index.ts',
      'nghttp2-wasm/globals': './src/globals.ts',
      'nghttp2-wasm/memory': './src/runtime/memory/runtime.ts',
    },
    logLevel: 'warning',
  })
  return outfile
}
