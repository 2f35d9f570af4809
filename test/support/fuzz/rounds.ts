/**
 * How long a property is tried: a short round in the suite, and as long as `npm run fuzz` says, which sets FUZZ_SECONDS
 * for each test. FUZZ_SEED and FUZZ_PATH repeat one run.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc, { type IRawProperty } from 'fast-check'

const folder = fileURLToPath(new URL('../../../build/fuzz', import.meta.url))
const { FUZZ_SECONDS, FUZZ_SEED, FUZZ_PATH } = process.env
const seconds = Number(FUZZ_SECONDS ?? 0)

/** Characters of a counterexample that are shown. */
const mostText = 3000

/** Milliseconds that a test with a property may take. */
export const patience: number = seconds * 1000 + 60_000

/** Tries of one property, and the different outcomes they had, which stand in for coverage. */
export class Rounds {
  readonly #name: string
  readonly #file: string
  readonly #outcomes = new Map<string, number>()
  /** Numbers of the runs that had an outcome for the first time. */
  readonly #growth: number[] = []
  #runs = 0

  /** `name` is the title of the test, and `file` the name of its file without `.test.ts`. */
  constructor(file: string, name: string) {
    this.#file = file
    this.#name = name
  }

  /** Notes an outcome of the current run. */
  saw(outcome: string): void {
    const count = this.#outcomes.get(outcome) ?? 0
    if (count === 0) this.#growth.push(this.#runs)
    this.#outcomes.set(outcome, count + 1)
  }

  /** A run begins. */
  begin(): void {
    this.#runs++
  }

  /** Throws where the property fails, and writes the failure to build/fuzz. `numRuns` is for the suite. */
  async check<T>(property: IRawProperty<T>, numRuns: number): Promise<void> {
    const repeated = FUZZ_SEED === undefined ? {} : { seed: Number(FUZZ_SEED) }
    const path = FUZZ_PATH === undefined ? {} : { path: FUZZ_PATH }
    const details = await fc.check(property, {
      ...repeated,
      ...path,
      ...(seconds > 0
        ? {
            numRuns: 2 ** 31,
            interruptAfterTimeLimit: seconds * 1000,
            markInterruptAsFailure: false,
          }
        : { numRuns }),
    })
    this.#write()
    if (!details.failed) return
    const cause = details.errorInstance
    const reason = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    const message = `${fc.defaultReportMessage(details) ?? ''}`.slice(0, mostText)
    const command =
      `FUZZ_SEED=${details.seed} FUZZ_PATH=${details.counterexamplePath} ` +
      `npx vitest run test/fuzz/${this.#file}.test.ts -t '${this.#name}'`
    this.#save(`${this.#file}-${details.seed}.txt`, `${command}\n\n${message}\n\n${reason}\n`)
    throw new Error(`${message}\n\n${reason}`)
  }

  #write(): void {
    if (seconds === 0) return
    const { size } = this.#outcomes
    const half = this.#growth.filter((run) => run <= this.#runs / 2).length
    const line = { name: this.#name, runs: this.#runs, outcomes: size, atHalf: half }
    this.#save(`${this.#file}-${this.#name.replaceAll(/[^\w]+/g, '-')}.json`, JSON.stringify(line))
  }

  #save(name: string, text: string): void {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}
