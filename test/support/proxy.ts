/** Proxies before a server. They listen on a socket of the file system, as no port has to be found, where they can. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { Agent, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { type Program, start } from './processes.ts'

/** Debian's programs of servers are in a folder that is not in the path of users. */
const env = { PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin` }

/** What came through a proxy. */
export interface ProxiedAnswer {
  readonly response: IncomingMessage
  readonly body: Buffer
}

/** A proxy in a folder of its own. `await using` stops it. */
export class Proxy implements AsyncDisposable {
  readonly folder: string
  readonly program: Program
  readonly #agent: Agent = new Agent({ keepAlive: true })
  readonly #port: number | undefined

  private constructor(folder: string, program: Program, port?: number) {
    this.folder = folder
    this.program = program
    this.#port = port
  }

  static nginx(configuration: (folder: string) => string): Promise<Proxy> {
    return Proxy.#start(configuration, (file, folder) => {
      return start('nginx', ['-p', folder, '-e', 'stderr', '-c', file], { env })
    })
  }

  static haproxy(configuration: (folder: string) => string): Promise<Proxy> {
    return Proxy.#start(configuration, (file) => start('haproxy', ['-db', '-f', file], { env }))
  }

  /** Apache listens on ports only. */
  static async apache(configuration: (folder: string, port: number) => string): Promise<Proxy> {
    const port = await freePort()
    return Proxy.#start(
      (folder) => configuration(folder, port),
      (file) => start('apache2', ['-DFOREGROUND', '-f', file], { env }),
      port,
    )
  }

  static caddy(configuration: (folder: string) => string): Promise<Proxy> {
    return Proxy.#start(configuration, (file, folder) => {
      const args = ['run', '--config', file, '--adapter', 'caddyfile']
      // Where it keeps what it knows.
      return start('caddy', args, {
        env: { ...env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      })
    })
  }

  static nghttpx(configuration: (folder: string) => string): Promise<Proxy> {
    return Proxy.#start(configuration, (file) => start('nghttpx', [`--conf=${file}`], { env }))
  }

  static async #start(
    configuration: (folder: string) => string,
    run: (file: string, folder: string) => Promise<Program>,
    port?: number,
  ): Promise<Proxy> {
    const folder = await mkdtemp(join(tmpdir(), 'proxy-'))
    const file = join(folder, 'proxy.conf')
    await writeFile(file, configuration(folder))
    const proxy = new Proxy(folder, await run(file, folder), port)
    await proxy.#listening()
    return proxy
  }

  /** Where the proxy listens. */
  get socket(): string {
    return socketIn(this.folder)
  }

  async #listening(): Promise<void> {
    let hasEnded = false
    void this.program.exited.then(() => (hasEnded = true))
    const deadline = Date.now() + 10_000
    for (;;) {
      const socket = this.#port ? connect(this.#port, '127.0.0.1') : connect(this.socket)
      try {
        await once(socket, 'connect')
        return
      } catch (error) {
        if (hasEnded || Date.now() > deadline) {
          throw new Error(`the proxy does not listen: ${this.program.stderr()}`, { cause: error })
        }
        await sleep(10)
      } finally {
        socket.destroy()
      }
    }
  }

  /** Sends a request; resolves once the head of the response is there. */
  async open(
    path: string,
    options: RequestOptions & { body?: Uint8Array | string } = {},
  ): Promise<IncomingMessage> {
    const { body, ...init } = options
    const request = httpRequest({
      ...(this.#port ? { host: '127.0.0.1', port: this.#port } : { socketPath: this.socket }),
      agent: this.#agent,
      path,
      method: body === undefined ? 'GET' : 'POST',
      ...init,
    })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return response
  }

  async ask(
    path: string,
    options: RequestOptions & { body?: Uint8Array | string } = {},
  ): Promise<ProxiedAnswer> {
    const response = await this.open(path, options)
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    return { response, body: Buffer.concat(chunks) }
  }

  async webSocket(path: string, headers: Readonly<Record<string, string>>): Promise<WebSocket> {
    const socket = new WebSocket(`ws+unix://${this.socket}:${path}`, ['echo'], { headers })
    await once(socket, 'open')
    return socket
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy()
    await this.program.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** The socket that a proxy of this folder listens on. */
export function socketIn(folder: string): string {
  return join(folder, 'front.sock')
}

let portCount = 0

/**
 * A port that is free now, and stays so: the system gives none of this range to a client, as it might while a server is
 * restarted, and each process of tests has ports of its own.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer()
    const port = 10_000 + ((process.pid * 16 + portCount++) % 20_000)
    try {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return port
    } catch {
      // It is in use.
    } finally {
      server.close()
    }
  }
}
