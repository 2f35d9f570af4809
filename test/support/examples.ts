/** Programs of examples/, run as their readers run them: against the built package. */
import { build } from 'esbuild'
import { type Program, root, run, type RuntimeName, startOn } from './processes.ts'

let built: Promise<void> | undefined

/** Builds dist/ where it is not up to date. */
export function buildPackage(): Promise<void> {
  built ??= buildOnce()
  return built
}

async function buildOnce(): Promise<void> {
  const { code, stdout, stderr } = await run('node', ['scripts/build.mjs'], { timeout: 300_000 })
  if (code !== 0) throw new Error(`the package was not built\n${stdout}${stderr}`)
}

/** The file of an example as a runtime takes it: Node 20 takes JavaScript only. */
export async function exampleFile(runtime: RuntimeName, name: string): Promise<string> {
  const source = `examples/${name}.ts`
  if (runtime !== 'node') return source
  const outfile = `build/examples/${name}-${process.pid}.js`
  await build({
    absWorkingDir: root,
    entryPoints: [source],
    outfile,
    format: 'esm',
    logLevel: 'warning',
  })
  return outfile
}

/** An example that listens. `await using` stops it. */
export interface RunningExample extends AsyncDisposable {
  /** Without a path. */
  readonly url: string
  readonly port: number
  readonly program: Program
}

/** Starts an example on a free port. */
export async function startExample(
  runtime: RuntimeName,
  name: string,
  args: readonly string[] = [],
): Promise<RunningExample> {
  await buildPackage()
  const file = await exampleFile(runtime, name)
  const program = await startOn(runtime, file, ['--port', '0', ...args], {
    env: { PORT: '0', INTERVAL: '50' },
  })
  const [, url] = await program.waitFor(/(https?:\/\/[^/\s]+)/)
  return {
    url: url!,
    port: Number(new URL(url!).port),
    program,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}
