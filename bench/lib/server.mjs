// A server under measurement: a process on its core, its answers, and its CPU time and memory by /proc.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { bench, pinned, root, serverCore } from './paths.mjs'
import { nativeCommand, path } from './native.mjs'
import { certificate } from './prepare.mjs'
import { ProcessUsage } from './process-usage.mjs'

const program = (name) => join(root, 'node_modules', '.bin', name)
const profileOptions = (folder) => (folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [])

/** The command of each runtime. `exposesGc`: the program can run a garbage collection. */
const runtimes = {
  node: ({ profile, exposesGc }) => [
    process.execPath,
    ...(exposesGc ? ['--expose-gc'] : []),
    ...profileOptions(profile),
  ],
  deno: ({ profile, exposesGc }) => [
    program('deno'),
    'run',
    '-A',
    '--no-check',
    ...(exposesGc ? ['--v8-flags=--expose-gc'] : []),
    ...profileOptions(profile),
  ],
  bun: ({ profile }) => [program('bun'), 'run', ...profileOptions(profile)],
}

/** The command that runs a file of ours on a runtime. */
export function commandOf(runtime, file, options = {}) {
  return [...runtimes[runtime](options), join(bench, file)]
}

/** Servers that were started and have not ended: an interrupted run kills them. */
const running = new Set()
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

export class Server {
  #child
  #lines
  #port
  #isTls
  #usage

  /**
   * Starts `name` of bench/servers on a runtime, or a server of native.mjs on `native`.
   * `options`: `work`, `tls`, `isHTTP1`, `bytes`, `streams`, `profile` (a folder), `exposesGc`.
   */
  static async start(runtime, name, options) {
    const server = new Server()
    server.#isTls = options.tls === true
    if (runtime === 'native') await server.#startNative(name)
    else await server.#startProgram(runtime, name, options)
    return server
  }

  get pid() {
    return this.#child.pid
  }

  get port() {
    return this.#port
  }

  get origin() {
    return `${this.#isTls ? 'https' : 'http'}://127.0.0.1:${this.#port}`
  }

  /** See ProcessUsage. */
  cpuTime() {
    return this.#usage.cpuTime()
  }

  residentSize() {
    return this.#usage.residentSize()
  }

  peakSize() {
    return this.#usage.peakSize()
  }

  forgetPeak() {
    this.#usage.forgetPeak()
  }

  /** Collects garbage and gives `{ rss, heapUsed, linear }` of the program; a native server has `rss` only. */
  async memory() {
    if (!this.#lines) return { rss: this.residentSize(), heapUsed: null, linear: null }
    let seen
    // The second collection frees what finalizers of the first one released.
    for (let i = 0; i < 2; i++) {
      this.#child.stdin.write('memory\n')
      seen = JSON.parse(await this.#nextLine())
      await delay(200)
    }
    return { ...seen, rss: this.residentSize() }
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const isLate = await Promise.race([ended, delay(10_000, 'late', { ref: false })])
    if (isLate === 'late') this.#child.kill('SIGKILL')
    await ended
  }

  async #startProgram(runtime, name, options) {
    const args = ['--work', options.work]
    if (options.isHTTP1) args.push('--http1')
    if (options.tls) args.push('--cert', certificate.cert, '--key', certificate.key)
    if (options.bytes) args.push('--bytes', String(options.bytes))
    if (options.streams) args.push('--streams', String(options.streams))
    const command = commandOf(runtime, `servers/${name}.mjs`, options)
    this.#spawn([...command, ...args])
    const reader = createInterface({ input: this.#child.stdout })
    this.#lines = reader[Symbol.asyncIterator]()
    const line = await this.#nextLine()
    const [, port] = /^listening (\d+)$/.exec(line) ?? []
    if (!port) throw new Error(`${name} on ${runtime} did not start: ${line}`)
    this.#port = Number(port)
  }

  async #startNative(name) {
    this.#port = await freePort()
    this.#spawn(nativeCommand(name, this.#port, this.#isTls), 'pipe')
    this.#child.stdout.resume() // a full pipe would stop the server
    let errors = ''
    this.#child.stderr.on('data', (text) => (errors = `${errors}${text}`.slice(-1000)))
    for (let attempt = 0; attempt < 200; attempt++) {
      if (this.#child.exitCode !== null) break
      if (await accepts(this.#port)) return
      await delay(25)
    }
    throw new Error(`${name} did not start\n${errors}`)
  }

  #spawn(command, stderr = 'inherit') {
    const [file, ...args] = pinned(serverCore, command)
    const env = { ...process.env, PATH: path, NO_COLOR: '1' }
    this.#child = spawn(file, args, { cwd: root, env, stdio: ['pipe', 'pipe', stderr] })
    this.#usage = new ProcessUsage(this.#child.pid)
    running.add(this.#child)
    this.#child.once('exit', () => running.delete(this.#child))
    this.#child.stdin.on('error', () => {}) // the program has ended
  }

  async #nextLine() {
    const next = await Promise.race([this.#lines.next(), delay(30_000, undefined, { ref: false })])
    if (!next || next.done) throw new Error('the server ended, or said nothing for 30 s')
    return next.value
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
