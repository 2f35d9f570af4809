// HTTP/2 over TLS beside servers in C, in requests per second of the server's CPU time: of all of its threads and of its
// child processes. Each server has one worker. The handshakes of a round are in its CPU time.
import { h2load } from '../lib/h2load.mjs'
import { missingServers } from '../lib/native.mjs'
import { rateText, ratioText } from '../lib/report.mjs'
import { measure } from '../lib/rounds.mjs'
import { summary } from '../lib/statistics.mjs'
import { nativeScenarios } from '../scenarios.mjs'
import { native as targets } from '../targets.mjs'

export const names = ['native', ...nativeScenarios.map(({ name }) => name)]

const native = ['h2o', 'nghttpd', 'nginx']

export async function run(context) {
  const { isWanted, options, report } = context
  const missing = missingServers()
  const contenders = [
    ...options.runtimes.map((runtime) => ({ runtime, server: targets.ours })),
    ...(options.runtimes.includes('bun') ? [{ runtime: 'bun', server: 'bun-serve' }] : []),
    ...native.filter((server) => !missing[server]).map((server) => ({ runtime: 'native', server })),
  ]
  for (const scenario of nativeScenarios) {
    if (!isWanted('native') && !isWanted(scenario.name)) continue
    context.progress(`${scenario.name} on ${contenders.length} servers`)
    const entries = await measure(scenario, contenders, options, sampleOf)
    report.table(
      `${scenario.name}: ${scenario.title}`,
      ['on', 'server', 'requests/s of CPU', 'least', 'most', 'requests/s', 'CPU, µs a request'],
      [...entries.map(row), ...Object.entries(missing).map(skippedRow)],
      'CPU: user and system time of the server’s threads and child processes, TLS handshakes included.',
    )
    report.data(scenario.name, entries)
    for (const runtime of options.runtimes) judge(report, entries, scenario, runtime, missing)
  }
}

/**
 * `{ perCPU, rate }`: requests per second of CPU time, and requests per second. The load is a number of requests, because
 * a run by time has a warm-up, whose requests are not counted.
 */
async function sampleOf({ entry, url, load, options }) {
  const requests = Math.ceil(entry.warmUp.rate * options.seconds)
  const before = entry.process.cpuTime()
  const result = await h2load(url, { ...load, requests })
  const cpu = (entry.process.cpuTime() - before) / 1000
  return { perCPU: result.requests / cpu, rate: result.rate }
}

function row({ runtime, server, samples, error }) {
  if (error) return [runtime, server, `failed: ${firstLine(error)}`, '', '', '', '']
  const { median, least, most } = summary(samples.map(({ perCPU }) => perCPU))
  const rate = summary(samples.map((sample) => sample.rate)).median
  const texts = [median, least, most, rate].map((value) => rateText(value, 'requests'))
  return [runtime, server, ...texts, (1e6 / median).toFixed(2)]
}

function skippedRow([server, reason]) {
  return ['native', server, `skipped: ${reason}`, '', '', '', '']
}

function judge(report, entries, scenario, runtime, missing) {
  const find = (on, name) => entries.find((entry) => entry.runtime === on && entry.server === name)
  const mine = find(runtime, targets.ours)
  if (mine.error) report.failure(`${scenario.name}, ${mine.server} on ${runtime}: ${mine.error}`)
  for (const [peer, least] of Object.entries(targets[runtime])) {
    const theirs = find('native', peer) ?? { error: `skipped: ${missing[peer]}` }
    const error = mine.error ?? theirs.error
    const ratio = error ? null : ratioOf(mine, theirs)
    report.verdict({
      what: `${scenario.name}, ${targets.ours}, requests per CPU second`,
      runtime,
      target: `≥ ${least} × ${peer}`,
      measured: ratio ? ratioText(ratio) : firstLine(error),
      isMet: ratio ? ratio.median >= least : null,
    })
  }
}

function ratioOf(mine, theirs) {
  return summary(mine.samples.map(({ perCPU }, round) => perCPU / theirs.samples[round].perCPU))
}

function firstLine(text) {
  return text.split('\n')[0]
}
