/** The results as Markdown: a section for each attack, with a row for each target. */
import type { Machine } from '../../bench/lib/machine.mjs'
import { markdownTable } from '../../bench/lib/markdown.mjs'
import { type Attack, breachesOf, hasEnded } from './attack.ts'
import type { Measured } from './measure.ts'

const columns = [
  'target',
  'the attacker gets',
  'after',
  'sent',
  'connections',
  'handled',
  'memory, peak',
  'CPU',
  'honest: failed',
  'p50',
  'p99',
]

export function sectionOf(attack: Attack, results: readonly Measured[]): string {
  const { name, cve, protocol, does, promised } = attack
  const title = `## ${name}: ${protocol}${cve && `, ${cve}`}`
  const text = `The client: ${does}.${promised && ` Promised: ${promised}.`}`
  return [title, text, markdownTable(columns, results.map(rowOf))].join('\n\n')
}

/** Whether the attacker's connection ended, and the honest client's p99, for each attack and target. */
export function overviewOf(attacks: readonly Attack[], results: readonly Measured[]): string {
  const names = [...new Set(results.map(({ target }) => target))]
  const rows = attacks.map(({ name }) => {
    const ofAttack = results.filter(({ attack }) => attack === name)
    return [name, ...names.map((target) => outcome(ofAttack.find((one) => one.target === target)))]
  })
  return ['## Overview', markdownTable(['attack', ...names], rows)].join('\n\n')
}

function outcome(result: Measured | undefined): string {
  if (!result) return ''
  const { spoils, honest, hasCrashed } = result
  if (hasCrashed) return '**the process ended**'
  const words = [hasEnded(spoils.first) ? 'ended' : 'open', duration(honest.p99)]
  if (spoils.connections === 0) words.shift()
  if (honest.failures > 0) words.push(`**${honest.failures} failed**`)
  return words.join(', ')
}

export function introductionOf({ date, cpu, cores, memory, kernel, versions }: Machine): string {
  const programs = Object.entries(versions).map(([program, version]) => `${program} ${version}`)
  return [
    '# Under attack',
    `Written by \`npm run attack -- --write\` on ${date.slice(0, 10)}: ${cpu}, ${cores} cores, ${memory} GiB, Linux ${kernel};
${programs.join(', ')}, and nghttpd of the same package as h2load.`,
    `Each target runs with its default options, in cleartext, on a core of its own; attacker and honest client share the other one,
where the honest client goes first. It asks a hundred times a second, without waiting for the answers before. A twentieth of
its requests are on new connections, a quarter are uploads of 2 kB.

- *The attacker gets*: how its first connection ended, with what the server said last, and after how long; in brackets what
  else came on all of them. A connection that the server ends is followed by another one.
- *Sent*: frames or requests, or what else the attack consists of, as far as the system took them.
- *Handled*: requests that reached a handler, those of the honest client with them. nghttpd does not count.
- *Memory*: the most that was resident, and by how much that is more than before the attack.
- *Taken*, of smuggled messages: the message was answered with a 2xx, or the connection went on behind it.

The overview says whether the attacker's first connection was ended, and the p99 of the honest client.`,
  ].join('\n\n')
}

/** What our server did not do as promised, a line each. */
export function failuresOf(attack: Attack, results: readonly Measured[]): string[] {
  return results.flatMap(({ target, spoils, honest, hasCrashed }) => {
    const failures = breachesOf(attack, spoils)
    if (honest.failures > 0) failures.push(`${honest.failures} honest requests failed`)
    if (honest.p99 > (attack.mostP99 ?? Infinity)) failures.push(`p99 ${duration(honest.p99)}`)
    if (hasCrashed) failures.push('the process ended')
    return failures.map((failure) => `${attack.name}, ${target}: ${failure}`)
  })
}

function rowOf(result: Measured): string[] {
  const { target, spoils, handled, memory, cpuSeconds, seconds, honest, hasCrashed } = result
  const { first } = spoils
  const also = Object.entries(spoils.got).map(([what, count]) => `${count} × ${what}`)
  const got = also.length > 0 ? `${first.how} (${also.join('; ')})` : first.how
  const [peak, more] = [memory.peak, Math.max(0, memory.peak - memory.before)].map(mebibytes)
  return [
    target,
    hasCrashed ? `**the process ended**; ${got}` : got,
    spoils.connections === 0 || !hasEnded(first) ? '' : duration(first.milliseconds),
    String(spoils.units),
    String(spoils.connections),
    handled === null ? '' : String(handled),
    hasCrashed ? '' : `${peak} MiB (+${more})`,
    `${cpuSeconds.toFixed(1)} of ${seconds.toFixed(1)} s`,
    honest.failures > 0 ? `**${honest.failures} of ${honest.asked}**` : `0 of ${honest.asked}`,
    duration(honest.p50),
    duration(honest.p99),
  ]
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0)
}

function duration(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`
  return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`
}
