import { parseArgs } from 'node:util'

/** The command line, parsed. */
export interface Command {
  /** Path of the module to serve. */
  readonly module: string
  readonly hostname: string
  readonly port: number
  /** A listening socket to use instead of an address. */
  readonly fd: number | undefined
  /** Paths of PEM files. Without them the server speaks cleartext. */
  readonly cert: string | undefined
  readonly key: string | undefined
  /** Milliseconds that open streams have to end after the first SIGINT or SIGTERM. */
  readonly graceful: number
  readonly reusePort: boolean
  readonly log: boolean
  readonly runtime: RuntimeName | undefined
}

export type RuntimeName = 'node' | 'deno' | 'bun'

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

export const usage = `Usage: nghttp2-wasm serve <module> [options]

Serves what a module exports by default over HTTP/2: a function of a Request, an object with
such a function as \`fetch\`, or a class that extends BaseRequestHandler.

  --host <address>       where to listen; default 127.0.0.1
  --port <number>        0: a free one; default 8080
  --fd <number>          a listening socket this program was started with, instead of an address
  --cert <file>          certificate chain in PEM, for TLS
  --key <file>           its key in PEM
  --graceful <seconds>   what open streams may take after SIGINT or SIGTERM; default 10, 0: none
  --reuse-port           let other processes listen on the same port
  --log                  print a line for each response
  --runtime <name>       run on node, deno or bun instead of the runtime of this program
  --help, --version
`

const options = {
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8080' },
  fd: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  graceful: { type: 'string', default: '10' },
  'reuse-port': { type: 'boolean', default: false },
  log: { type: 'boolean', default: false },
  runtime: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', short: 'v', default: false },
} as const

/** Parses the arguments. Throws a `UsageError` for arguments that are not a valid command. */
export function parseCommand(args: readonly string[]): Command | 'help' | 'version' {
  const { values, positionals } = parse(args)
  if (values.help) return 'help'
  if (values.version) return 'version'
  const [verb, module, ...more] = positionals
  if (verb === undefined) throw new UsageError('say what to do: nghttp2-wasm serve <module>')
  if (verb !== 'serve') throw new UsageError(`there is no command ${verb}: it is serve`)
  if (module === undefined) throw new UsageError('say which module to serve')
  if (more.length > 0) throw new UsageError(`one module can be served, not ${more.length + 1}`)
  if ((values.cert === undefined) !== (values.key === undefined)) {
    throw new UsageError('--cert and --key belong together')
  }
  return {
    module,
    hostname: values.host,
    port: numberOf('--port', values.port, 65_535),
    fd: values.fd === undefined ? undefined : numberOf('--fd', values.fd, 0x7fff_ffff),
    cert: values.cert,
    key: values.key,
    graceful: 1000 * numberOf('--graceful', values.graceful, 86_400),
    reusePort: values['reuse-port'],
    log: values.log,
    runtime: runtimeOf(values.runtime),
  }
}

function parse(
  args: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function numberOf(option: string, text: string, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= most) return value
  throw new UsageError(`${option} ${text}: it is a number from 0 to ${most}`)
}

function runtimeOf(name: string | undefined): RuntimeName | undefined {
  if (name === undefined || name === 'node' || name === 'deno' || name === 'bun') return name
  throw new UsageError(`--runtime ${name}: it is node, deno or bun`)
}
