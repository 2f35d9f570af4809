#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { ServeOptions } from '../server/fetch/serve-options.ts'
import { type Command, parseCommand, usage, UsageError } from './arguments.ts'
import { currentRuntime } from './current-runtime.ts'
import { loadApplication, LoadError } from './load.ts'
import { runOn } from './run-on.ts'

const args = process.argv.slice(2)

async function main(): Promise<void> {
  const command = parseCommand(args)
  if (command === 'help') {
    console.log(usage)
  } else if (command === 'version') {
    console.log(version())
  } else if (command.runtime !== undefined && command.runtime !== currentRuntime()) {
    const program = fileURLToPath(import.meta.url)
    process.exit(await runOn(command.runtime, program, args, command.fd))
  } else {
    await serveModule(command)
  }
}

async function serveModule(command: Command): Promise<void> {
  const options = optionsOf(command)
  const { servable, api } = await loadApplication(command.module)
  const server = api.serveModule(servable, options)
  await server.ready()
  console.log(`Listening on ${server.url} (${server.runtime})`)
  await server.closed
  // Timers of the module may still run.
  process.exit(0)
}

function optionsOf(command: Command): Omit<ServeOptions, 'fetch'> {
  const { hostname, port, fd, cert, key, graceful, reusePort } = command
  return {
    hostname,
    port,
    ...(fd === undefined ? {} : { fd }),
    reusePort,
    tls: cert && key ? { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') } : null,
    gracefulShutdown: true,
    // The server takes 0 for no limit; the command takes it for no delay.
    timeouts: { shutdown: graceful || 1 },
    ...(command.log ? { log } : {}),
  }
}

const log: NonNullable<ServeOptions['log']> = ({ remoteAddress, method, path, status }) => {
  console.log(`${remoteAddress.host} ${method} ${path} ${status}`)
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** The text printed for an error: its message; for an error of the application, its stack too. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return `nghttp2-wasm: ${String(error)}`
  if (error instanceof UsageError) {
    return `nghttp2-wasm: ${error.message}\nnghttp2-wasm --help says what there is`
  }
  if (error instanceof LoadError) return `nghttp2-wasm: ${error.message}${reasonOf(error.cause)}`
  const { code } = error as { code?: unknown }
  if (typeof code === 'string') {
    return `nghttp2-wasm: ${error.message}${error.message.includes(code) ? '' : ` (${code})`}`
  }
  return `nghttp2-wasm: ${error.constructor === Error ? error.message : (error.stack ?? error.message)}`
}

/** Why a module cannot be loaded: the stack without the frames of this package. */
function reasonOf(cause: unknown): string {
  if (isShownByRuntime(cause)) return ''
  if (!(cause instanceof Error) || isNotFound(cause)) {
    return `: ${cause instanceof Error ? cause.message : String(cause)}`
  }
  const lines = (cause.stack ?? cause.message).split('\n')
  const ours = lines.findIndex((line) => / at async load(Application)? \(/.test(line))
  return `\n${lines.slice(0, ours < 0 ? undefined : ours).join('\n')}`
}

/**
 * Whether the runtime prints the source line of an uncaught error. Node and Bun do; Deno prints a line of this file.
 * Some errors have the source line in their stack already.
 */
function isShownByRuntime(cause: unknown): boolean {
  if (currentRuntime() === 'deno' || !(cause instanceof Error)) return false
  return !isNotFound(cause) && !/^.+:\d+\n/.test(cause.stack ?? '')
}

/** Whether a package or file is missing; the error's message then names it and the module that imports it. */
function isNotFound(cause: Error): boolean {
  return (
    (cause as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND' && currentRuntime() !== 'deno'
  )
}

try {
  await main()
} catch (error) {
  console.error(describe(error))
  if (error instanceof LoadError && isShownByRuntime(error.cause)) throw error.cause
  process.exit(error instanceof UsageError ? 2 : 1)
}
