// CPU time and memory of a process, by /proc.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'

export class ProcessUsage {
  #pid
  /** Thread id → nanoseconds of CPU at the last call of `cpuTime`. */
  #threads = new Map()

  constructor(pid) {
    this.#pid = pid
  }

  /**
   * Milliseconds of CPU, user and system, that the process and its descendants have had since they began. Of a thread
   * that has ended, the time up to the previous call counts.
   */
  cpuTime() {
    this.#readThreads(this.#pid)
    let nanoseconds = 0
    for (const spent of this.#threads.values()) nanoseconds += spent
    return nanoseconds / 1e6
  }

  /** Resident bytes now. */
  residentSize() {
    return this.#status('VmRSS')
  }

  /** The most resident bytes there were since the start or `forgetPeak`. */
  peakSize() {
    return this.#status('VmHWM')
  }

  forgetPeak() {
    writeFileSync(`/proc/${this.#pid}/clear_refs`, '5')
  }

  /** Notes the CPU time of each thread of a process and of its descendants. */
  #readThreads(pid) {
    for (const thread of entriesOf(`/proc/${pid}/task`)) {
      const folder = `/proc/${pid}/task/${thread}`
      try {
        const statistics = readFileSync(`${folder}/schedstat`, 'utf8')
        this.#threads.set(thread, Number(statistics.split(' ')[0]))
        const children = readFileSync(`${folder}/children`, 'utf8').trim()
        if (children) for (const child of children.split(' ')) this.#readThreads(child)
      } catch {
        // The thread has ended since the folder was read.
      }
    }
  }

  #status(name) {
    const text = readFileSync(`/proc/${this.#pid}/status`, 'utf8')
    // A process that has just ended has no memory.
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024
  }
}

function entriesOf(folder) {
  try {
    return readdirSync(folder)
  } catch {
    return [] // the process has ended
  }
}
