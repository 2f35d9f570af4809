import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import type { RuntimeName } from './arguments.ts'

/**
 * Runs this program with the same arguments on another runtime, with the socket `--fd` names. Resolves to the exit
 * code.
 */
export async function runOn(
  runtime: RuntimeName,
  program: string,
  args: readonly string[],
  fd: number | undefined,
): Promise<number> {
  const command = find(runtime)
  if (command === undefined) {
    throw new Error(`${runtime} was not found, neither in node_modules nor on the PATH: install it`)
  }
  const before = runtime === 'deno' ? ['run', '--allow-all'] : []
  const all = [...before, program, ...(fd === undefined ? args : withDescriptor(args))]
  const child = spawn(command, all, {
    stdio: fd === undefined ? 'inherit' : ['inherit', 'inherit', 'inherit', fd],
  })
  // A terminal sends Ctrl-C to both. The child then ends gracefully, and this program after it.
  const forward = (signal: NodeJS.Signals): void => {
    // Not child.kill(): on Deno the exit code is wrong after it.
    if (child.pid !== undefined && child.exitCode === null) process.kill(child.pid, signal)
  }
  const ignore = (): void => {}
  process.on('SIGTERM', forward)
  process.on('SIGINT', process.stdin.isTTY ? ignore : forward)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 1))
  })
}

/** The arguments with the descriptor's number in the child: 3, the first after stderr. The last `--fd` counts. */
function withDescriptor(args: readonly string[]): string[] {
  const end = args.indexOf('--')
  const at = end < 0 ? args.length : end
  return [...args.slice(0, at), '--fd', '3', ...args.slice(at)]
}

/** The path of a program: in node_modules of this folder or of one above, else on the PATH. */
function find(name: string): string | undefined {
  const folders: string[] = []
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    folders.push(join(folder, 'node_modules', '.bin'))
    if (folder === dirname(folder)) break
  }
  folders.push(...(process.env.PATH ?? '').split(delimiter))
  const suffix = process.platform === 'win32' ? '.cmd' : ''
  return folders.map((folder) => join(folder, name + suffix)).find((path) => existsSync(path))
}
