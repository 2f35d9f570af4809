/** A target as a process of its own. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { delimiter } from 'node:path'
import { ProcessUsage } from '../../bench/lib/process-usage.mjs'
import { type Program, start } from '../../test/support/processes.ts'
import type { Target } from '../targets.ts'
import type { Protocol } from './attack.ts'
import { pause } from './connection.ts'

/** Milliseconds after which a process that is left is killed. */
const timeout = 600_000
const serverCore = 0

/** How a target's process ended, and the number of requests that reached a handler, where it counts them. */
export interface TargetEnd {
  readonly handled: number | undefined
  /** The process ended by itself. */
  readonly hasCrashed: boolean
}

export class TargetProcess {
  readonly port: number
  readonly usage: ProcessUsage
  readonly #program: Program

  private constructor(program: Program, port: number) {
    this.#program = program
    this.port = port
    this.usage = new ProcessUsage(program.pid)
  }

  /** `undefined` where the target does not speak the protocol. */
  static async start(target: Target, protocol: Protocol): Promise<TargetProcess | undefined> {
    const free = await freePort()
    const command = target.command(protocol, free)
    if (!command) return undefined
    const env = { NO_COLOR: '1', PATH: `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin` }
    const args = ['-c', String(serverCore), ...command]
    const program = await start('taskset', args, { env, timeout })
    if (command[0] === 'nghttpd') {
      await accepts(free)
      return new TargetProcess(program, free)
    }
    const [, port] = await program.waitFor(/^listening (\d+)$/m)
    return new TargetProcess(program, Number(port))
  }

  get isAlive(): boolean {
    try {
      process.kill(this.#program.pid, 0)
      return true
    } catch {
      return false
    }
  }

  async stop(): Promise<TargetEnd> {
    const hasCrashed = !this.isAlive
    const { stdout } = await this.#program.stop()
    const handled = /^handled (\d+)$/m.exec(stdout)?.[1]
    return { handled: handled === undefined ? undefined : Number(handled), hasCrashed }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Waits until a program listens. */
async function accepts(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const socket = connect(port, '127.0.0.1')
    // Rejects at an error.
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    await pause(25)
  }
  throw new Error(`nothing listens on port ${port}`)
}
