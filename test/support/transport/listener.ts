import { build } from 'esbuild'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import type { Address, ListenOptions } from '../../../src/transport/transport.ts'
import type { Certificate } from '../certificate.ts'
import {
  type Program,
  root,
  type RuntimeName,
  runtimeCommand,
  start,
  withListeningSocket,
} from '../processes.ts'

/** A line that the fixture printed. */
export interface Line {
  readonly event: string
  readonly [name: string]: unknown
}

/** The fixture, running on one of the runtimes. */
export class Listener implements AsyncDisposable {
  readonly program: Program
  readonly certificate: Certificate | null
  address: Address = { host: '', port: 0 }
  readonly #tcp = new WeakMap<Socket, Socket>()

  constructor(program: Program, certificate: Certificate | null) {
    this.program = program
    this.certificate = certificate
  }

  /** Starts the fixture and waits until it listens, or could not. `fd: 3` is a socket that it is started with. */
  static async start(
    runtime: RuntimeName,
    certificate: Certificate | null,
    options: Partial<ListenOptions> = {},
  ): Promise<Listener> {
    const all = { host: '127.0.0.1', port: 0, tls: certificate, ...options }
    const file = runtime === 'node' ? await bundled() : 'test/transport/fixture/main.ts'
    const { command, args } = runtimeCommand(runtime, file, [runtime, JSON.stringify(all)])
    const program = await (options.fd === 3
      ? start(...withListeningSocket(command, args), { timeout: 240_000 })
      : start(command, args, { timeout: 240_000 }))
    const listener = new Listener(program, certificate)
    const { host, port } = await listener.line('(?:listening|failed)')
    listener.address = { host: String(host), port: Number(port) }
    return listener
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

  /** The first line of this event, with this text somewhere in it; waits for it. */
  async line(event: string, text = ''): Promise<Line> {
    const match = await this.program.waitFor(
      new RegExp(`^\\{"event":"${event}"(?=.*${text}).*\\}$`, 'm'),
      30_000,
    )
    return JSON.parse(match[0]) as Line
  }

  /** A client; `end()` of one side leaves the other open. */
  async connect(options: ConnectionOptions = {}): Promise<Socket> {
    const { host, port } = this.address
    const tcp = connectTcp({ host, port, allowHalfOpen: true })
    const socket = this.certificate
      ? connectTls({
          socket: tcp,
          ca: this.certificate.cert,
          servername: 'localhost',
          ALPNProtocols: ['h2'],
          allowHalfOpen: true,
          ...options,
        } as ConnectionOptions)
      : tcp
    this.#tcp.set(socket, tcp)
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.once(this.certificate ? 'secureConnect' : 'connect', () => {
        socket.off('error', reject)
        resolve()
      })
    })
    return socket
  }

  /** Resets the TCP connection below, without a word of TLS. */
  reset(socket: Socket): void {
    socket.on('error', () => {})
    this.#tcp.get(socket)?.resetAndDestroy()
  }

  /** Bytes on the TCP connection below, past TLS. */
  writeTcp(socket: Socket, bytes: string): void {
    this.#tcp.get(socket)?.write(bytes)
  }

  /** FIN on the TCP connection below, without close_notify. */
  endTcp(socket: Socket): void {
    this.#tcp.get(socket)?.end()
  }

  /** A client that sends this line and reads to the end. */
  async ask(line: string): Promise<string> {
    const socket = await this.connect()
    socket.end(`${line}\n`)
    return (await readAll(socket)).toString()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program.stop()
  }
}

/** Until FIN; the client's own side stays as it is. Rejects when the connection is reset. */
export function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('end', () => resolve(Buffer.concat(chunks)))
    socket.once('close', () => reject(new Error('The connection was closed without FIN.')))
  })
}

/** Ends the client's side when the peer has ended its own, and resolves once the socket is closed. */
export function closed(socket: Socket): Promise<Error | null> {
  let error: Error | null = null
  socket.on('error', (thrown) => {
    error = thrown
  })
  socket.once('end', () => socket.end())
  socket.resume()
  return new Promise((resolve) => {
    if (socket.closed) resolve(error)
    else socket.once('close', () => resolve(error))
  })
}

let bundle: Promise<string> | null = null

/** Node 20 takes JavaScript only. */
function bundled(): Promise<string> {
  bundle ??= bundleFixture()
  return bundle
}

async function bundleFixture(): Promise<string> {
  // Test files run in processes of their own.
  const outfile = `build/transport/fixture-${process.pid}.mjs`
  await build({
    absWorkingDir: root,
    entryPoints: ['test/transport/fixture/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  })
  return outfile
}
