// Common functions of the scripts: folders, lists of files, running a program.
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** The path of a program that npm installed. */
export const bin = (name) => join(root, 'node_modules', '.bin', name)

/** The files under `folder`, relative to the checkout and sorted; none when the folder is absent. */
export function filesUnder(folder, pattern = /./) {
  let entries
  try {
    entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
  return entries
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
}

/** Runs a program to its end in the checkout. Its output is returned, or shown when `show` is set. */
export function run(command, args, { show = false, env = {}, timeout } = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 1 << 28,
    stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    timeout,
  })
  // Not installed, or not done within `timeout` milliseconds.
  const problem = result.error ? `${command}: ${result.error.message}\n` : ''
  if (show) process.stderr.write(problem)
  const stdout = result.stdout ?? ''
  return { code: result.status ?? 1, stdout, output: stdout + (result.stderr ?? '') + problem }
}

/**
 * As `run`, without keeping this process from other work. With `show`, the output is shown as it comes; it is
 * returned in any case.
 */
export async function runBeside(command, args, { show = false, env = {}, timeout } = {}) {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
    killSignal: 'SIGKILL',
  })
  let stdout = ''
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => {
      if (show) process.stdout.write(text)
      if (stream === child.stdout) stdout += text
      output += text
    })
  }
  return new Promise((resolve) => {
    child.on('error', (error) => {
      resolve({ code: 1, stdout, output: `${output}${command}: ${error.message}\n` })
    })
    child.on('close', (code, signal) => {
      const problem = signal ? `${command} was ended by ${signal}\n` : ''
      resolve({ code: code ?? 1, stdout, output: output + problem })
    })
  })
}
