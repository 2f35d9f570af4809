// A load client of load/: a process on the load's core.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { bench, loadCore, pinned } from './paths.mjs'

const running = new Set()
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')))

export class Load {
  #child
  #lines

  /** Starts `load/<name>.mjs` and waits until it prints how much it has open; throws when that is not `expected`. */
  static async start(name, args, expected) {
    const load = new Load()
    const command = [process.execPath, join(bench, 'load', `${name}.mjs`), ...args.map(String)]
    const [file, ...rest] = pinned(loadCore, command)
    const child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
    load.#child = child
    running.add(child)
    child.once('exit', () => running.delete(child))
    child.stdin.on('error', () => {}) // the client has ended
    load.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    try {
      const { open } = await load.#next()
      if (open !== expected) throw new Error(`${name}: ${open} are open, not ${expected}`)
    } catch (error) {
      await load.stop()
      throw error
    }
    return load
  }

  /** The client's counters. */
  async ask() {
    this.#child.stdin.write('?\n')
    return this.#next()
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }

  async #next() {
    const next = await Promise.race([this.#lines.next(), delay(120_000, undefined, { ref: false })])
    if (!next || next.done) throw new Error('the load client ended, or said nothing for 120 s')
    return JSON.parse(next.value)
  }
}
