/** The results as a table, as JSON, and as docs/SOAK.md, to which each soak adds its own part. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { describeMachine, type Machine } from '../../bench/lib/machine.mjs'
import { markdownTable } from '../../bench/lib/markdown.mjs'
import { median } from '../../bench/lib/statistics.mjs'
import { root, type RuntimeName } from '../../test/support/processes.ts'
import { breachesOf, memoryOf } from './judge.ts'
import { plot } from './plot.ts'
import type { SoakResult } from './soak.ts'

const folder = `${root}docs/soak`
const mebibyte = 1024 * 1024

/** What is kept of a soak. */
export interface Summary {
  readonly runtime: RuntimeName
  readonly machine: Machine
  readonly row: Readonly<Record<string, string>>
  readonly done: Readonly<Record<string, number>>
  readonly reports: Readonly<Record<string, number>>
  readonly breaches: readonly string[]
}

export function summaryOf(result: SoakResult): Summary {
  const { runtime, closed } = result
  return {
    runtime,
    machine: describeMachine(),
    row: rowOf(result),
    done: result.client.done,
    reports: closed?.reports ?? {},
    breaches: breachesOf(result),
  }
}

function rowOf(result: SoakResult): Record<string, string> {
  const { minutes, rate, client, drained, closed, exit, samples } = result
  const memory = memoryOf(result)
  const last = samples.at(-1)
  const actions = Object.values(client.done).reduce((sum, count) => sum + count, 0)
  const unjudged = 'not judged'
  return {
    minutes: String(minutes),
    'actions a second': `${(actions / minutes / 60).toFixed(0)} of ${rate}`,
    actions: String(actions),
    failed: String(client.failed),
    'with wrong bytes': String(client.wrong),
    requests: String(closed?.streamsTotal ?? ''),
    connections: String(closed?.connectionsTotal ?? ''),
    received: mebibytes(closed?.bytesReceived),
    sent: mebibytes(closed?.bytesSent),
    'CPU, of a core': `${(median(samples.map(({ cpu }) => cpu)) * 100).toFixed(0)} %`,
    'resident after 5 minutes': memory ? mebibytes(memory.settled) : unjudged,
    'resident at the end': mebibytes(memory ? memory.end : last?.resident),
    growth: memory ? `${(memory.growth * 100).toFixed(1)} %` : unjudged,
    'heap at the end': mebibytes(last?.heapUsed),
    'linear memory': mebibytes(last?.linear),
    'open without clients': String(
      (drained?.connectionsOpen ?? NaN) + (drained?.streamsOpen ?? NaN),
    ),
    'end of the process': exit.code === 0 ? 'by itself' : '**killed**',
  }
}

function mebibytes(bytes = NaN): string {
  return `${(bytes / mebibyte).toFixed(1)} MiB`
}

/** A column for each soak: with a row for each it would be too wide. */
export function tableOf(summaries: readonly Summary[]): string {
  const names = Object.keys(summaries[0]!.row)
  const rows = names.map((name) => [name].concat(summaries.map(({ row }) => row[name] ?? '')))
  return markdownTable(['', ...summaries.map(({ runtime }) => runtime)], rows)
}

/** Writes the parts of this soak, and the page of all. */
export function write(result: SoakResult): void {
  const summary = summaryOf(result)
  mkdirSync(folder, { recursive: true })
  writeFileSync(`${folder}/${result.runtime}.svg`, plot(result))
  // Several soaks may end at the same time: each file is whole, or as it was.
  replace(`${folder}/${result.runtime}.json`, `${JSON.stringify(summary, null, 2)}\n`)
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  const all = names.map((name) => JSON.parse(readFileSync(`${folder}/${name}`, 'utf8')) as Summary)
  replace(`${root}docs/SOAK.md`, `${pageOf(all)}\n`)
}

function replace(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`
  writeFileSync(temporary, text)
  renameSync(temporary, file)
}

function pageOf(summaries: readonly Summary[]): string {
  const { date, cpu, cores, memory, kernel, versions } = summaries[0]!.machine
  const programs = ['Node', 'Deno', 'Bun'].map((name) => `${name} ${versions[name]}`)
  const plots = summaries.map(({ runtime }) => `![The memory of ${runtime}](soak/${runtime}.svg)`)
  const breaches = summaries.flatMap(({ runtime, breaches: of }) =>
    of.map((one) => `- **${runtime}: ${one}**`),
  )
  return [
    '# Soak',
    `Written by \`npm run soak -- --minutes N --runtime R --write\` on ${date.slice(0, 10)}: ${cpu}, ${cores} cores, ${memory} GiB,
Linux ${kernel}; ${programs.join(', ')}.`,
    `A server process with default options, in cleartext and over TLS, and a process of clients that act so often a second, by both
protocols, on connections that last and on new ones. The bytes of every body and message are compared with those that it must have.
Resident memory is a median: of the two minutes around the fifth, and of the last three; it must not have grown by more than a tenth.
At the end the clients leave, the server closes in order, and its process must end by itself.`,
    tableOf(summaries),
    ...breaches,
    '## Memory',
    ...plots,
    '## Actions',
    actionsOf(summaries),
    '## Reports to `onError`',
    reportsOf(summaries),
  ].join('\n\n')
}

function actionsOf(summaries: readonly Summary[]): string {
  return countsOf(
    'action',
    summaries,
    summaries.map(({ done }) => done),
  )
}

function reportsOf(summaries: readonly Summary[]): string {
  return countsOf(
    'report',
    summaries,
    summaries.map(({ reports }) => reports),
  )
}

function countsOf(
  title: string,
  summaries: readonly Summary[],
  counts: readonly Readonly<Record<string, number>>[],
): string {
  const names = [...new Set(counts.flatMap((of) => Object.keys(of)))].sort()
  const rows = names.map((name) => [name].concat(counts.map((of) => String(of[name] ?? 0))))
  return markdownTable([title, ...summaries.map(({ runtime }) => runtime)], rows)
}
