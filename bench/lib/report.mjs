// The report of a run: tables, targets, and the two files.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeMachine } from './machine.mjs'
import { markdownTable } from './markdown.mjs'
import { results } from './paths.mjs'

export class Report {
  #tables = []
  #verdicts = []
  #data = {}
  #failures = []
  #machine = describeMachine()
  #options

  constructor(options) {
    this.#options = options
  }

  /** A table; rows are arrays of text. `note`: a sentence beneath. */
  table(title, columns, rows, note) {
    this.#tables.push({ title, columns, rows, note })
  }

  /** Results of a section, for the JSON. */
  data(section, value) {
    this.#data[section] = value
  }

  /** A target and the measured value; `isMet` is `null` when it could not be measured. */
  verdict({ what, runtime, target, measured, isMet }) {
    this.#verdicts.push({ what, runtime, target, measured, isMet })
  }

  /** A failure of our server. */
  failure(text) {
    this.#failures.push(text)
  }

  get hasFailed() {
    return this.#failures.length > 0
  }

  toJSON() {
    return {
      machine: this.#machine,
      options: this.#options,
      verdicts: this.#verdicts,
      failures: this.#failures,
      data: this.#data,
    }
  }

  toMarkdown() {
    const { date, cpu, cores, memory, kernel, load, versions } = this.#machine
    const { seconds, rounds, quick } = this.#options
    const parts = [
      `# Benchmark, ${date}`,
      `${cpu}, ${cores} cores, ${memory} GiB, Linux ${kernel}; load average ${load} before the run.\n` +
        `${Object.entries(versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', ')}.\n` +
        `${quick ? 'A quick run: ' : ''}${rounds} rounds of ${seconds} s; medians, in brackets least and most.`,
    ]
    if (this.#verdicts.length > 0) {
      const rows = this.#verdicts.map(({ what, runtime, target, measured, isMet }) => [
        what,
        runtime,
        target,
        measured,
        isMet === null ? 'not measured' : isMet ? 'met' : '**missed**',
      ])
      parts.push('## Targets', markdownTable(['what', 'runtime', 'target', 'measured', ''], rows))
    }
    for (const { title, columns, rows, note } of this.#tables) {
      parts.push(`## ${title}`, markdownTable(columns, rows))
      if (note) parts.push(note)
    }
    if (this.#failures.length > 0) {
      parts.push('## Failures', this.#failures.map((text) => `- ${text}`).join('\n'))
    }
    return `${parts.join('\n\n')}\n`
  }

  /** Writes `<time>.json`, `<time>.md` and the same as `latest`; gives the path of the Markdown. */
  write() {
    const name = this.#machine.date.replaceAll(/[:.]/g, '-')
    const json = `${JSON.stringify(this, null, 2)}\n`
    const markdown = this.toMarkdown()
    for (const file of [name, 'latest']) {
      writeFileSync(join(results, `${file}.json`), json)
      writeFileSync(join(results, `${file}.md`), markdown)
    }
    return join(results, `${name}.md`)
  }
}

/** A number of requests or bytes a second, with its unit. */
export function rateText(value, unit) {
  if (unit === 'requests') return `${(value / 1000).toFixed(1)} k/s`
  return `${(value / 1e9).toFixed(2)} GB/s`
}

/** `4.71 × (4.6–4.9)` */
export function ratioText({ median, least, most }) {
  return `${median.toFixed(2)} × (${least.toFixed(2)}–${most.toFixed(2)})`
}

/** A number of bytes in KiB, or in MiB from 1 MiB on. */
export function bytesText(bytes) {
  const mebibyte = 1024 * 1024
  if (Math.abs(bytes) >= mebibyte) return `${(bytes / mebibyte).toFixed(1)} MiB`
  return `${(bytes / 1024).toFixed(1)} KiB`
}
