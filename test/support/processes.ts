/**
 * Programs for tests: start, read what they print, stop. A test ends what it started, by process id;
 * whatever is left when the test process exits is killed then.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export type RuntimeName = 'node' | 'deno' | 'bun'

/** Runtimes of the suites: all, or those of the variable TEST_RUNTIMES, with commas between. */
export const runtimeNames: readonly RuntimeName[] = (
  process.env['TEST_RUNTIMES'] ?? 'node,deno,bun'
).split(',') as RuntimeName[]

/** The checkout, with a slash at its end. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url))

export interface SpawnOptions {
  readonly cwd?: string
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Standard input of the program; default: empty. */
  readonly input?: string | Uint8Array
  /** Milliseconds until the program is killed. Default 60,000. */
  readonly timeout?: number
}

/** How a program ended: `code` is `null` when a signal ended it. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly stdoutBytes: Uint8Array
}

/** A program that was started. `await using` stops it. */
export interface Program extends AsyncDisposable {
  readonly pid: number
  /** What it has printed so far. */
  readonly stdout: () => string
  readonly stderr: () => string
  /** The first match on stdout, now or later. Rejects when the program ends or `timeout` ms pass first. */
  waitFor(pattern: RegExp, timeout?: number): Promise<RegExpMatchArray>
  kill(signal?: NodeJS.Signals): void
  /** SIGTERM, and SIGKILL if it is still there after 5 seconds. Resolves once it is gone. */
  stop(): Promise<Exit>
  readonly exited: Promise<Exit>
}

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a program. Rejects when it cannot be started, for example because it is not installed. */
export async function start(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Program> {
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  // A program may end without reading its input.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
  await once(child, 'spawn')
  running.add(child)

  const killer = setTimeout(() => child.kill('SIGKILL'), options.timeout ?? 60_000)
  const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString()
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(killer)
      running.delete(child)
      const stdoutBytes = Buffer.concat(stdout)
      resolve({ code, signal, stdout: text(stdout), stderr: text(stderr), stdoutBytes })
    })
  })

  async function waitFor(pattern: RegExp, timeout = 15_000): Promise<RegExpMatchArray> {
    let timer: NodeJS.Timeout | undefined
    let look: (() => void) | undefined
    const found = new Promise<RegExpMatchArray>((resolve) => {
      look = () => {
        const match = pattern.exec(text(stdout))
        if (match) resolve(match)
      }
      child.stdout.on('data', look)
      look()
    })
    const late = new Promise<never>((_, reject) => {
      const fail = (why: string): void =>
        reject(
          new Error(
            `${command} ${args.join(' ')}: ${why} before ${pattern} was printed.\n${text(stdout)}${text(stderr)}`,
          ),
        )
      timer = setTimeout(() => fail(`${timeout} ms passed`), timeout)
      void exited.then(() => fail('it ended'))
    })
    try {
      return await Promise.race([found, late])
    } finally {
      clearTimeout(timer)
      if (look) child.stdout.off('data', look)
    }
  }

  async function stop(): Promise<Exit> {
    if (running.has(child)) {
      child.kill('SIGTERM')
      const force = setTimeout(() => child.kill('SIGKILL'), 5_000)
      await exited
      clearTimeout(force)
    }
    return exited
  }

  return {
    // `spawn` was emitted, so there is an id.
    pid: child.pid ?? 0,
    stdout: () => text(stdout),
    stderr: () => text(stderr),
    waitFor,
    kill: (signal = 'SIGTERM') => void child.kill(signal),
    stop,
    exited,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}

/** The command, run with a listening socket on 127.0.0.1 as file descriptor 3. */
export function withListeningSocket(command: string, args: readonly string[]): [string, string[]] {
  return ['perl', [`${root}test/support/listening-socket.pl`, command, ...args]]
}

/** Runs a program to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<Exit> {
  const program = await start(command, args, options)
  return program.exited
}

/** The program and arguments that run a module on a runtime. Node 20 takes JavaScript only. */
export function runtimeCommand(
  runtime: RuntimeName,
  file: string,
  args: readonly string[] = [],
): { command: string; args: string[] } {
  switch (runtime) {
    case 'node':
      return { command: nodePath(), args: [file, ...args] }
    case 'deno':
      return { command: bin('deno'), args: ['run', '-A', '--no-check', file, ...args] }
    case 'bun':
      return { command: bin('bun'), args: ['run', file, ...args] }
  }
}

/** Starts a module on a runtime; see `runtimeCommand`. */
export function startOn(
  runtime: RuntimeName,
  file: string,
  args: readonly string[] = [],
  options: SpawnOptions = {},
): Promise<Program> {
  const { command, args: all } = runtimeCommand(runtime, file, args)
  return start(command, all, options)
}

/** The path of a program that npm installed. */
export function bin(name: string): string {
  return `${root}node_modules/.bin/${name}`
}

/** Node itself, also when the test runs on another runtime. */
function nodePath(): string {
  return 'Deno' in globalThis || 'Bun' in globalThis ? 'node' : process.execPath
}
